"""From what the image is installed from to requirements with scopes, and what goes with some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from jettison.distributions.facts import DistributionFacts
from jettison.distributions.graph import Closure, gone_without, total_size, weight
from jettison.lift.declared import Installed
from jettison.plan.parts import PlannedRequirement
from jettison.plan.plan import Leaving
from jettison.project.declarations import Declaration, Kind
from jettison.project.declarations.specifiers import standard_specifier
from jettison.scopes.values import RequirementScope, Scope
from jettison.values import Evidence


def roots(found: Iterable[Installed]) -> list[Requirement]:
    """What the distributions are looked up by; a requirement that cannot be read is left out."""
    return [r for one in found if (r := _requirement(one.declaration)) is not None]


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


def leaving(
    found: Iterable[Installed], verdicts: Iterable[RequirementScope], brought: Closure
) -> Leaving:
    """What goes with the development requirements of the main list, beside what is not there."""
    listed = list(found)
    scopes = {verdict.name: verdict.scope for verdict in verdicts}
    absent = {one.declaration.name for one in listed if not one.shipped}
    names = {
        one.declaration.name
        for one in listed
        if one.declaration.kind is Kind.MAIN
        and scopes[one.declaration.name] is Scope.DEVELOPMENT
        and one.shipped
    }
    return without(brought, names, absent)


def without(brought: Closure, names: set[str], absent: set[str]) -> Leaving:
    """What goes when requirements leave; what only those ``absent`` bring is not there before."""
    if not names:
        return Leaving(names=frozenset(), size=None)
    graph = brought.graph
    gone = frozenset(gone_without(graph, names | absent)) - frozenset(gone_without(graph, absent))
    facts: list[DistributionFacts] = [brought.facts[n] for n in gone if n in brought.facts]
    sizes = [each.installed_size for each in facts if each.installed_size]
    size = total_size(sizes, source="files of the wheels that go") if sizes else None
    return Leaving(names=gone, size=size)
