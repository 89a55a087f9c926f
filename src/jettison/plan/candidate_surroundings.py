"""What a candidate base has around an application: locales, time zones, types of files, fonts."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.packaging import translated
from jettison.ecosystems.commands import compile_bytecode
from jettison.lift.action import ActionKind
from jettison.lift.build_context import obstacles
from jettison.lift.other_packages import named_locales
from jettison.lift.stages import origin_of_variable
from jettison.lift.usage import TYPES_READ
from jettison.plan.base import ImageFacts, Variant, Works, packages_of
from jettison.plan.candidate_libraries import FILE_TYPES, types_read
from jettison.plan.candidate_needs import BaseNeeds, Remark
from jettison.source.vocabulary import FONTS
from jettison.values import Evidence, Origin

# The distribution with the time zones of a system that has none, such as Windows.
_ZONES = "tzdata"


def surrounding_remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Compare a candidate with the present base where the distribution is another."""
    yield from _locales(needs, image)
    yield from _zones(needs, image)
    yield from _file_types(needs, image)
    yield from _fonts(needs, image)
    if image.variant is Variant.COMPOSED:
        yield from _run_steps(needs)
    elif image.release != needs.current.release:
        yield from _steps(needs, image)


def _locales(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    first = next(iter(named_locales(needs.stage, needs.usage)), None)
    if first is None:
        return
    if image.release == ALPINE:
        message = f"musl sorts and formats by C.UTF-8 alone: {first.message}"
        yield _written(Works.NO, message, first.origin)
    elif image.variant is Variant.COMPOSED:
        message = f"it has the locale C.UTF-8 alone: {first.message}"
        yield _written(Works.NO, message, first.origin)
    elif image.reference != needs.stage.base and "locales-all" not in needs.installed:
        yield _written(Works.YES, f"{first.message}: generated as today", first.origin)


def _zones(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    zone = needs.stage.environment.get("TZ")
    if zone:
        first = Evidence.of("zone", f"TZ is {zone}", origin_of_variable(needs.stage, "TZ"))
    elif needs.usage.zones:
        first = needs.usage.zones[0]
    elif reader := _reader_of_zones(needs):
        first = reader
    else:
        return
    if image.variant is Variant.COMPOSED:
        yield _written(Works.YES, f"{first.message}: tzdata is added", first.origin, adds="tzdata")
    elif image.variant is not Variant.OTHER:
        yield _written(Works.YES, f"{first.message}: the base has the time zones", first.origin)


def _file_types(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """The types of files that the present base has, where they decide what is served."""
    lost = FILE_TYPES in packages_of(needs.current) and FILE_TYPES not in packages_of(image)
    package = translated(FILE_TYPES, image.release) if lost and image.release else None
    if not package or image.variant is Variant.COMPOSED:
        return
    if first := types_read(needs.names, needs.usage) or _types_read_on_top(needs):
        message = f"{first.message}: {package} has the types of files, /etc/mime.types"
        yield _written(Works.YES, message, first.origin, adds=package)


def _fonts(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """The fonts that the present base has, where a text names the file of one."""
    lost = packages_of(needs.current) - packages_of(image)
    named = [word for word in needs.usage.words if word.endswith(FONTS)]
    for word in [each for each in named if each not in needs.provided][:1]:
        for package in sorted(each for each in lost if each.startswith("fonts-")):
            message = f"{word} is named, and may be of {package}"
            yield _written(Works.YES, message, needs.usage.words[word], adds=package)


def _types_read_on_top(needs: BaseNeeds) -> Evidence | None:
    """Give what may serve files with a framework that does not do so by itself."""
    known, edges = table(Calls).file_type_readers, needs.closure.graph.edges
    on_top = (name for name in needs.names if {*known.frameworks} & {*edges.get(name, ())})
    name = next((name for name in on_top if name not in known.silent), None)
    message = f"{name} may serve files, with types that are guessed by their names"
    return Evidence.of(TYPES_READ, message) if name else None


def _reader_of_zones(needs: BaseNeeds) -> Evidence | None:
    """Find a distribution that asks for time zones where the system has none, and only there.

    Some that read them ask for nothing; the catalogue knows them.
    """
    if _ZONES in needs.production:
        return None
    for name in needs.names:
        if name in table(Calls).zone_readers.distributions:
            return Evidence.of("zone", f"{name} reads the system's time zones", needs.origin(name))
        facts = needs.closure.facts.get(name)
        for requirement in facts.requires if facts else ():
            asked_for_extra = requirement.marker and "extra" in str(requirement.marker)
            if canonicalize_name(requirement.name) == _ZONES and not asked_for_extra:
                message = f"{name} reads the system's time zones: it requires {requirement}"
                return Evidence.of("zone", message, needs.origin(name))
    return None


def _steps(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Steps that were written for another distribution and that nobody can translate."""
    for evidence in obstacles(needs.stage, image.release or ""):
        yield Remark(works=Works.UNKNOWN, evidence=evidence)


def _run_steps(needs: BaseNeeds) -> Iterator[Remark]:
    """Steps that only an engine can run: nothing runs when an image is put together."""
    for action in needs.stage.of_kind(ActionKind.OTHER, ActionKind.APPLICATION):
        if compile_bytecode(action.command) is None:
            text = action.short
            yield _written(Works.UNKNOWN, f"a step has to be run: {text}", action.origin)


def _written(works: Works, message: str, origin: Origin | None, *, adds: str = "") -> Remark:
    return Remark.of(works, "surroundings", message, origin, adds)
