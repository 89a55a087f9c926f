"""Locales, time zones, certificates and steps: what else a candidate may do differently."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.candidates.needs import BaseNeeds, Remark
from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.reader import table
from jettison.lift.action import ActionKind
from jettison.lift.distribution import obstacles
from jettison.lift.other_packages import named_locales
from jettison.lift.variables import origin_of_variable
from jettison.plan.base import ImageFacts, Variant, Works
from jettison.project.commands import compile_bytecode
from jettison.values import Evidence, Origin

# The distribution with the time zones of a system that has none, such as Windows.
_ZONES = "tzdata"


def surrounding_remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Compare a candidate with the present base where the distribution is another."""
    yield from _locales(needs, image)
    yield from _zones(needs, image)
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
        yield _said(Works.NO, message, first.origin)
    elif image.variant is Variant.COMPOSED:
        message = f"it has the locale C.UTF-8 alone: {first.message}"
        yield _said(Works.NO, message, first.origin)
    elif image.reference != needs.stage.base and "locales-all" not in needs.installed:
        yield _said(Works.YES, f"{first.message}: generated as today", first.origin)


def _zones(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    zone = needs.stage.environment.get("TZ")
    if zone:
        first = Evidence(
            kind="zone", message=f"TZ is {zone}", origin=origin_of_variable(needs.stage, "TZ")
        )
    elif needs.usage.zones:
        first = needs.usage.zones[0]
    elif reader := _reader_of_zones(needs):
        first = reader
    else:
        return
    if image.variant is Variant.COMPOSED:
        yield _said(Works.YES, f"{first.message}: tzdata is added", first.origin, adds="tzdata")
    elif image.variant is not Variant.OTHER:
        yield _said(Works.YES, f"{first.message}: the base has the time zones", first.origin)


def _reader_of_zones(needs: BaseNeeds) -> Evidence | None:
    """Find a distribution that asks for time zones where the system has none, and only there.

    Some that read them ask for nothing; the catalogue knows them.
    """
    if _ZONES in needs.production:
        return None
    for name in needs.names:
        if name in table("calls")["zone_readers"]["distributions"]:
            message = f"{name} reads the system's time zones"
            return Evidence(kind="zone", message=message, origin=needs.origin(name))
        facts = needs.closure.facts.get(name)
        for requirement in facts.requires if facts else ():
            asked_for_extra = requirement.marker and "extra" in str(requirement.marker)
            if canonicalize_name(requirement.name) == _ZONES and not asked_for_extra:
                message = f"{name} reads the system's time zones: it requires {requirement}"
                return Evidence(kind="zone", message=message, origin=needs.origin(name))
    return None


def _steps(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Steps that were written for another distribution and that nobody can translate."""
    for evidence in obstacles(needs.stage, image.release or ""):
        yield Remark(works=Works.UNKNOWN, evidence=evidence)


def _run_steps(needs: BaseNeeds) -> Iterator[Remark]:
    """Steps that only an engine can run: nothing runs when an image is put together."""
    for action in needs.stage.of_kind(ActionKind.OTHER, ActionKind.APPLICATION):
        if compile_bytecode(action.command) is None:
            text = " ".join(action.text.split())[:60]
            yield _said(Works.UNKNOWN, f"a step has to be run: {text}", action.origin)


def _said(works: Works, message: str, origin: Origin | None, *, adds: str = "") -> Remark:
    evidence = Evidence(kind="surroundings", message=message, origin=origin)
    return Remark(works=works, evidence=evidence, adds=(adds,) if adds else ())
