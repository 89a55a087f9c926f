"""Remove distributions that serve only unused parts of another one.

Some distributions require what only a part of them uses: pymupdf requires its layout analysis with
four neural networks, onnxruntime and networkx, for two methods that few applications call. Such a
requirement would have been an extra.

Source: the catalogue names for each one where it was read that everything else works without, and
by which names the part is reached.

Safe: a distribution is removed only when the source of the project contains none of those names, no
other distribution requires it, and the application does not import it. The build checks again that
no remaining module depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, Optional
from jettison.lift.scopes import Scope
from jettison.plan import Finding, Plan
from jettison.plan.removal import Group
from jettison.plan.removing import (
    any_version,
    group,
    is_unused,
    part_of,
    present,
    remaining,
    removal,
)
from jettison.rules.rule import Rule
from jettison.values import Evidence, replace

NAME = "optional-distributions"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find distributions that nothing needs once unused parts are not counted."""
    unused = [entry for entry in table(DeadWeight).optional if _is_unused(plan, entry)]
    if not unused:
        return
    names = _unneeded(plan, unused)
    owners = plan.contents.versions.keys() - set(names)
    parts = (
        one
        for entry in unused
        for reason in [f"{entry.reason}, in {plan.contents.label(entry.distribution)}"]
        for one in part_of(plan, entry, reason, owners)
    )
    groups = (*parts, *_groups(plan, names))
    what = f"{', '.join(names)}, which only unused parts of others need,"
    yield from removal(plan, NAME, what, groups, [_evidence(entry) for entry in unused])


def _is_unused(plan: Plan, entry: Optional) -> bool:
    """Whether the part is there, nobody else asks for its owner, and none of its names is used."""
    edges = plan.closure.graph.edges
    users = {name for name in plan.distributions if entry.distribution in edges.get(name, ())}
    return is_unused(plan, entry) and users <= set(entry.parts)


def _unneeded(plan: Plan, unused: Iterable[Optional]) -> tuple[str, ...]:
    """Production distributions that no requirement reaches without the edges of unused parts."""
    left_out = {(entry.distribution, name) for entry in unused for name in entry.requires}
    edges = plan.closure.graph.edges
    waiting = [one.name for one in plan.requirements if one.scope is not Scope.DEVELOPMENT]
    waiting += [name for name in plan.distributions if _is_imported(plan, name)]
    waiting += {plan.contents.files[path].distribution for path in plan.overrides.kept}
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [one for one in edges.get(name, ()) if (name, one) not in left_out]
    return tuple(sorted(plan.distributions.keys() - needed))


def _is_imported(plan: Plan, name: str) -> bool:
    roots = plan.distributions[name].import_names
    return bool(set(roots) & plan.usage.words.keys()) or any(
        f"{used}.".startswith(f"{root}.") for used in plan.usage.imports for root in roots
    )


def _groups(plan: Plan, names: Iterable[str]) -> Iterator[Group]:
    """All that a distribution has installed, its metadata whatever version it is of."""
    here, every = present(plan), remaining(plan)
    for name in names:
        files = [file for file in here.values() if file.distribution == name]
        if files:
            label = plan.contents.label(name)
            found = group(f"all of {label}", files, every=every, whole=lambda _: True)
            programs = (f"/bin/{one}" for one in plan.distributions[name].console_scripts)
            paths = dict.fromkeys([*map(any_version, found.paths), *programs])
            yield replace(found, paths=tuple(paths), together=True)


def _evidence(entry: Optional) -> Evidence:
    message = (
        f"{entry.distribution} needs {', '.join(entry.parts)} only for {entry.reason}, "
        f"and none of {', '.join(entry.words)} is written ({entry.source})"
    )
    return Evidence(kind="catalogue", message=message)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
