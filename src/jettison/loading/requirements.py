"""From what the image is installed from to requirements with scopes, and what goes with some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from jettison.distributions.facts import Source
from jettison.distributions.graph import Closure, weight
from jettison.distributions.index import exact_pin
from jettison.distributions.resolving import Resolution
from jettison.lift.declared import Installed
from jettison.plan.parts import PlannedRequirement
from jettison.project.declarations import Declaration
from jettison.project.declarations.specifiers import standard_specifier
from jettison.project.requirements import RequirementLine
from jettison.scopes.values import RequirementScope
from jettison.values import Evidence, Skipped


def roots(found: Iterable[Installed], *, resolved: bool = False) -> list[Requirement]:
    """What the distributions are looked up by; a requirement that cannot be read is left out.

    With ``resolved`` what is left is what an installer asks the index for, to resolve it.
    """
    asked = [one for one in found if not resolved or (one.shipped and not one.declaration.url)]
    return [r for one in asked if (r := _requirement(one.declaration)) is not None]


def bounds(lines: Iterable[RequirementLine]) -> dict[str, SpecifierSet]:
    """Join what lines say about versions, by the normalized names of distributions."""
    found: dict[str, SpecifierSet] = {}
    for line in lines:
        if line.name and not line.url:
            found[line.name] = found.get(line.name, SpecifierSet()) & _specifier(line.specifier)
    return found


def approximate(
    brought: Closure, shipped: Iterable[str], resolution: Resolution
) -> Iterator[Skipped]:
    """What of an image's versions is the newest that fits, and not what an installer answered."""
    for name in sorted(brought.graph.reached(shipped)):
        facts = brought.facts.get(name)
        why = resolution.why_approximate(name)
        if (
            why
            and facts is not None
            and facts.source in {Source.INDEX, Source.CACHE, Source.SDIST_GUESS}
            and exact_pin(brought.graph.specifiers[name]) is None
        ):
            yield Skipped(what=f"the exact version of {name}", reason=why)


def _requirement(one: Declaration) -> Requirement | None:
    extras = f"[{','.join(one.extras)}]" if one.extras else ""
    for marker in (f"; {one.marker}" if one.marker else "", ""):
        try:
            requirement = Requirement(f"{one.name}{extras}{marker}")
        except InvalidRequirement:
            continue
        requirement.specifier = _specifier(one.specifier)
        return requirement
    return None


def _specifier(written: str) -> SpecifierSet:
    try:
        return SpecifierSet(written)
    except InvalidSpecifier:
        return standard_specifier(written)


def planned(
    found: Iterable[Installed], verdicts: Iterable[RequirementScope], brought: Closure
) -> Iterator[PlannedRequirement]:
    """Join each declaration with its verdict and its weight in the requirement graph."""
    for one, verdict in zip(found, verdicts, strict=True):
        share = weight(brought.graph, brought.facts, one.declaration.name)
        yield PlannedRequirement(
            name=one.declaration.name,
            specifier=one.declaration.specifier,
            origin=one.declaration.origin,
            scope=verdict.scope,
            evidence=verdict.evidence,
            size=share.together if len(share.unknown) <= len(share.brings) else None,
            group=one.declaration.group,
            shipped=one.shipped,
            misplaced=verdict.misplaced,
            chain=tuple(
                Evidence(kind="chain", message=f"{link.why} loads {link.file}", origin=link.origin)
                for link in verdict.chain
            ),
        )
