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
from jettison.builder.execution import base_wanted
from jettison.builder.finishing import Lost, finished
from jettison.builder.foundation import BuildOptions
from jettison.builder.recipe import BaseWanted
from jettison.contents.measurement import ImageMeasurement
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.engine import ImageID
from jettison.engines.measuring import measure
from jettison.errors import EngineError
from jettison.images.descriptor import Platform
from jettison.images.stream import Compressor
from jettison.plan.candidates.image import COMPOSED
from jettison.plan.changes import IgnorePaths, LeaveGroupsOut, MoveToDevelopment, RemoveFiles
from jettison.plan.minimal_base import predicted_size
from jettison.plan.plan import Plan
from jettison.plan.prediction_parts import Prediction, Predictions
from jettison.progress import Progress, step
from jettison.report.result_text import Result
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading.plan import Planned, project_request
from jettison.verify.differential import compare
from jettison.verify.verdict import CheckResult, ImportResult, Outcome, Subject, Verdict

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

    Where the kernel lets nobody run containers, as inside of a plain container, both are built all
    the same, and the verdict says what could be compared without running them. Raises
    UnsupportedError when the plan holds a step that needs an engine, and the errors of
    ``Builder.foundation``.
    """
    refused = _refusal(shop.engine)
    found = found.for_builder()
    plan = found.plan
    base = base_wanted(plan)
    after = _built(shop, plan, "after")
    everything = _with_everything(found)
    before = _built(shop, everything, REFERENCE)
    if refused:
        verdict = _unrun(before, after, found.imports, refused)
    else:
        request = project_request(shop.root, plan, before.id, after.id, before.id)
        verdict = compare(request, shop.engine, shop.progress)
    return Result(
        plan=plan,
        engine=verdict.engine,
        before=before,
        after=after,
        development=None,
        verdict=verdict,
        reference=REFERENCE,
        base=base.location or base.kind,
        predictions=Predictions(before=_predicted(everything, base), after=_predicted(plan, base)),
    )


def _refusal(engine: EmbeddedEngine) -> str:
    """Say why the kernel runs no container; empty when it does."""
    try:
        engine.check()
    except EngineError as error:
        return error.why or error.what
    return ""


def _unrun(
    before: ImageMeasurement, after: ImageMeasurement, imports: ImportResult | None, why: str
) -> Verdict:
    """Compare what can be compared of two images that nothing can run."""
    unrun = f"no container can run here: {why}"
    had = {one.name: one.version for one in before.distributions}
    other = [
        f"{one.name}: {had[one.name]} became {one.version}"
        for one in after.distributions
        if one.name in had and had[one.name] != one.version
    ]
    kept = len(after.distributions) - len(other)
    checks = [
        CheckResult(name="routes", outcome=Outcome.SKIPPED, message=unrun),
        CheckResult(
            name="distributions",
            outcome=Outcome.DIFFERENT if other else Outcome.SAME,
            message=f"{kept} distributions in the same versions",
            details=tuple(other),
        ),
    ]
    if imports is not None and imports.imported:
        outcome = Outcome.SAME if imports.equivalent else Outcome.DIFFERENT
        message = f"{imports.imported} modules of the application import with what stays installed"
        checks.append(CheckResult(name="imports", outcome=outcome, message=message))
    return Verdict(
        engine="the embedded builder; no container was run",
        before=Subject(image=before.id, startup_seconds=None, memory=None),
        after=Subject(image=after.id, startup_seconds=None, memory=None),
        checks=tuple(checks),
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
