"""Choose the engine; optimize an image without a Dockerfile, or a project without an engine."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from platform import machine

from msgspec import Struct

from jettison.assessment import Figures
from jettison.assessment.judging import CheckedImage, Outcome, said
from jettison.assessment.reading import amounts_of_built, image_name
from jettison.builder import BaseWanted
from jettison.builder.builder import Builder
from jettison.builder.composed_base import request_of
from jettison.builder.execution import base_wanted
from jettison.builder.finishing import Lost, finished
from jettison.builder.foundation import BuildOptions
from jettison.contents.found import installed_in
from jettison.contents.image_files import ImageFiles
from jettison.contents.measurement import ImageMeasurement
from jettison.contents.started import python_of, started_words
from jettison.engines import Engine, ImageID
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.finding import EMBEDDED, find_engine
from jettison.engines.limits import Limits
from jettison.engines.measuring import measure, read_image_files
from jettison.errors import EngineError, NoEngineError, UnsupportedError
from jettison.images import is_remote, locate, nearest
from jettison.images.descriptor import Platform
from jettison.images.reference import Reference, last_name
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.cache import blob_cache, cache_directory
from jettison.images.stores.unpack import working_folder
from jettison.images.stream import Compressor
from jettison.lift.stages import Said, configured, variables_said
from jettison.plan import Plan
from jettison.plan.base import COMPOSED
from jettison.plan.changes import IgnorePaths, LeaveGroupsOut, MoveToDevelopment, RemoveFiles
from jettison.plan.minimal_base import predicted_size
from jettison.plan.prediction_parts import Prediction, Predictions
from jettison.progress import Progress, step
from jettison.report.result_text import Result
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.delivery import Delivery, written
from jettison.tasks.loading import Planned, project_request
from jettison.tasks.optimizing import optimize
from jettison.tasks.staging import Workshop
from jettison.tasks.unrun import compare_unrun, refused_in_chroot
from jettison.values import Basis
from jettison.verify.differential import compare

SOURCE = "jettison-source:latest"
AFTER = "jettison-after:latest"


def optimize_image(
    reference: str,
    engine: Engine,
    delivery: Delivery,
    plan: Callable[[Path], Planned],
    progress: Progress,
) -> tuple[Result, tuple[str, ...]]:
    """Optimize an image as the project of one line, and write the result to each output.

    Gives a line for each place that it was written to; nothing is written of an image that does not
    behave the same. Raises what stores and the engine raise.
    """
    cache = blob_cache()
    named = Path(_folder_name(reference))
    delivery.files(named)
    places = delivery.places(named, cache)
    with project_of_image(reference, engine, cache, progress) as root:
        found = plan(root)
        shop = Workshop(root=found.loaded.root, engine=engine, progress=progress)
        result = optimize(shop, found.start, found.plan, ablation=False)
        if not result.verdict.equivalent or not places:
            return result, ()
        made = locate(f"{_program(engine)}:{AFTER}", cache)
        image = made.store.read(made.reference, Platform.parse(machine()))
        return result, tuple(written(image, places))


@contextmanager
def project_of_image(
    reference: str, engine: Engine, cache: BlobDirectory, progress: Progress
) -> Iterator[Path]:
    """Give a folder with a Dockerfile for an image, and with the application that is in it.

    The image may be in the engine, in a registry, a layout or an archive; the engine has it
    afterwards. Raises ImageError and EngineError when there is no such image.
    """
    with step(progress, f"Reading {reference}"):
        name = _in_engine(reference, engine, cache)
        image = read_image_files(engine, name)
    with working_folder() as folder:
        root = folder / _folder_name(reference)
        root.mkdir()
        (root / "Dockerfile").write_text(_dockerfile(name, image), encoding="utf-8")
        for path, content in _application(image):
            if path.partition("/")[0] == "Dockerfile":
                continue  # the application has brought the one that it was built with
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield root


def _in_engine(reference: str, engine: Engine, cache: BlobDirectory) -> str:
    """Give the name under which the engine has an image, after bringing it there."""
    program = _program(engine)
    place = nearest(reference, cache)
    if str(place.store) == program and place.reference:
        return place.reference.familiar
    architecture = Platform.parse(machine())
    image = place.store.read(place.reference, architecture)
    locate(f"{program}:{SOURCE}", cache).store.write(image, Reference.parse(SOURCE))
    return SOURCE


def _program(engine: Engine) -> str:
    return engine.name.partition(" ")[0]


def _folder_name(reference: str) -> str:
    """The last part of an image's name, which the project is called by."""
    bare = reference if is_remote(reference) else reference.partition(":")[2]
    name = last_name(bare)
    return name if name.strip(".") else "image"


def _dockerfile(name: str, image: ImageFiles) -> str:
    config = image.config
    variables = variables_said(config.env.items()) if config.env else ""
    return f"FROM {name}\n{variables}{''.join(configured(config, Said()))}"


def _application(image: ImageFiles) -> Iterator[tuple[str, bytes]]:
    """The texts of the application, by their paths below its folder."""
    config = image.config
    python = python_of(image, started_words(config))
    folder = config.working_directory.rstrip("/")
    for path, content in installed_in(image, python, folder).application.items():
        yield posixpath.relpath(path, folder), content


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
    request = project_request(shop.root, plan, before.id, after.id, before.id)
    if refused:
        verdict = compare_unrun(request, shop.engine, (before, after), refused)
    else:
        verdict = compare(request, shop.engine, shop.progress)
        if why := refused_in_chroot(shop.engine.isolation, verdict):
            verdict = compare_unrun(request, shop.engine, (before, after), why)
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


def _predicted(plan: Plan, base: BaseWanted) -> Prediction:
    """The image on the base that it is built on, which need not be the one of its Dockerfile."""
    found = plan.prediction.after
    if base.kind != COMPOSED:
        return found
    size = predicted_size(request_of(base, Platform.parse(os.uname().machine).architecture))
    return found.on(size) if size else Prediction(parts=())


def _with_everything(found: Planned) -> Plan:
    """Plan again without the rules that took something out."""
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


def optimize_with(
    engine: str | None,
    found: Planned,
    limits: Limits,
    progress: Progress,
    *,
    ablation: bool = False,
) -> Result:
    """Build and compare with an engine, or without one where there is none.

    EngineError when the named one is not there, NoEngineError when none is and nothing can be done
    without.
    """
    if engine == EMBEDDED:
        return _without_programs(found, limits, progress)
    try:
        chosen = find_engine(engine, limits)
    except EngineError as missing:
        if engine is not None:
            raise
        try:
            return _without_programs(found, limits, progress)
        except (EngineError, UnsupportedError) as refused:
            raise NoEngineError(missing.what, why=str(refused), hint=missing.hint) from refused
    with chosen:
        shop = Workshop(root=found.loaded.root, engine=chosen, progress=progress)
        return optimize(shop, found.start, found.plan, ablation=ablation)


def _without_programs(found: Planned, limits: Limits, progress: Progress) -> Result:
    """Build and run with nothing but the kernel."""
    # Late: what this needs, an engine's user does not.
    from jettison.engines.embedded.engine import EmbeddedEngine  # noqa: PLC0415

    with EmbeddedEngine(limits) as engine:
        shop = EmbeddedWorkshop(
            root=found.loaded.root, engine=engine, progress=progress, folder=cache_directory()
        )
        return optimize_embedded(shop, found)


def exceeded(result: Result) -> tuple[str, ...]:
    """Say of each budget that the image after exceeds how far; what was not measured is passed."""
    plan, subject = result.plan, result.verdict.after
    amounts = amounts_of_built(result.after, subject.memory, subject.startup_seconds)
    name = image_name(plan)
    image = CheckedImage(
        figures=Figures(image=name, basis=Basis.MEASURED, amounts=amounts),
        budgets=plan.settings.budgets_of(plan.original.dockerfile_path, name),
    )
    return tuple(said(check) for check in image.checks if check.outcome is Outcome.OVER)
