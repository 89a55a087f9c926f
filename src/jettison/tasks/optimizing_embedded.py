"""Builds, runs and compares without an engine.

The image before cannot be built then: its Dockerfile runs programs. The image after is compared
with the same image from which nothing was taken: all requirements, every file of them, and the
whole build context. So what is proved is that nothing which left is missed.
"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from jettison.builder.builder import Builder
from jettison.builder.composed_base import request_of
from jettison.builder.finishing import Lost, finished
from jettison.builder.foundation import BuildOptions
from jettison.builder.reading import base_wanted
from jettison.builder.recipe import BaseWanted
from jettison.contents.measurement import ImageMeasurement
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.engine import ImageID
from jettison.engines.measuring import measure
from jettison.images.descriptor import Platform
from jettison.images.stream import Compressor
from jettison.plan.candidates.image import COMPOSED
from jettison.plan.changes import IgnorePaths, LeaveGroupsOut, MoveToDevelopment, RemoveFiles
from jettison.plan.minimal_base import predicted_size
from jettison.plan.plan import Plan
from jettison.plan.prediction.values import Prediction, Predictions
from jettison.progress import Progress, step
from jettison.report.result import Result
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading.plan import Planned, project_request
from jettison.verify.differential import compare

REFERENCE = "with everything"
_TAKING = (MoveToDevelopment, LeaveGroupsOut, RemoveFiles, IgnorePaths)


class EmbeddedWorkshop(Struct, frozen=True, kw_only=True):
    """Where images are made and run without an engine; ``folder`` is the cache."""

    root: Path
    engine: EmbeddedEngine
    progress: Progress
    folder: Path


def optimize_embedded(shop: EmbeddedWorkshop, found: Planned) -> Result:
    """Build the image after and its reference, run and compare both.

    Raises UnsupportedError when the plan holds a step that needs an engine, and the errors of
    ``Builder.foundation``.
    """
    found = found.for_builder()
    plan = found.plan
    base = base_wanted(plan)
    after = _built(shop, plan, "after")
    everything = _with_everything(found)
    before = _built(shop, everything, REFERENCE)
    request = project_request(shop.root, plan, before.id, after.id, before.id)
    verdict = compare(request, shop.engine, shop.progress)
    return Result(
        plan=plan,
        engine=shop.engine.name,
        before=before,
        after=after,
        development=None,
        verdict=verdict,
        reference=REFERENCE,
        base=base.location or base.kind,
        predictions=Predictions(before=_predicted(everything, base), after=_predicted(plan, base)),
    )


def _predicted(plan: Plan, base: BaseWanted) -> Prediction:
    """The image on the base that it is built on, which need not be the one of its Dockerfile."""
    found = plan.prediction.after
    if base.kind != COMPOSED:
        return found
    size = predicted_size(request_of(base, Platform.parse(os.uname().machine).architecture))
    return found.on(size) if size else Prediction(parts=())


def _with_everything(found: Planned) -> Plan:
    """Plan anew without the rules that took something out."""
    taking = {
        finding.rule
        for finding in found.plan.findings
        if any(isinstance(change, _TAKING) for change in finding.changes)
    }
    return optimized(found.start, RULES, without=frozenset(taking) | found.plan.settings.without)


def _built(shop: EmbeddedWorkshop, plan: Plan, name: str) -> ImageMeasurement:
    builder = Builder(
        plan=plan,
        root=shop.root,
        options=BuildOptions(
            platform=Platform.parse(os.uname().machine), compressor=Compressor.default()
        ),
        progress=shop.progress,
        folder=shop.folder,
    )
    foundation = builder.foundation()
    with step(shop.progress, f"build {name}"):
        image = finished(foundation, shop.root, builder.cache, shop.folder / "bytecode")
    if isinstance(image, Lost):
        raise image.error
    identifier: ImageID = shop.engine.add(image)
    with step(shop.progress, f"measure {name}"):
        return measure(identifier, shop.engine)
