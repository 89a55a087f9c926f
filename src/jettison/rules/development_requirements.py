"""Requirements for development leave production.

Test runners, formatters, type checkers and the libraries that only they need are often half of
what is installed. They move to a file (or group) of their own, from which the development image
is made.

Source: lnbits#2573, lute-v3#492, mvidarr#39 (users asking for it); measured for this project on
twenty web applications, see docs/explanation/scopes.md.

Safe: a requirement leaves production only when something says that it is for development (a
section comment, its place among known tools, imports from tests alone) and nothing says that
production uses it (imports along the entry points, commands, strings that name modules, what a
framework needs). Where a lock file would have to follow (`uv.lock`, `poetry.lock`, `Pipfile.lock`)
the move is left to you, with the command that makes the lock anew: a lock is not edited by hand.
What seems to be unused stays and is marked; with
``--remove-unused`` it moves too. An image that others are built on
(ONBUILD) keeps everything: what they use is not known.
"""

from __future__ import annotations

import posixpath

from jettison.changes import MarkUnused, MoveToDevelopment
from jettison.lift.declared import (
    Installed,
    installed_declarations,
    is_for_development,
    movable_files,
    shipped_names,
)
from jettison.lower.requirements import MARK
from jettison.plan.finding import Finding, Safety
from jettison.plan.leaving import leaving
from jettison.plan.parts import PlannedRequirement
from jettison.plan.plan import Plan
from jettison.project.declarations import Kind
from jettison.project.moves.move import MOVES
from jettison.rules.rule import Rule
from jettison.scopes.values import Scope
from jettison.values import Evidence, Size, counted

NAME = "development-requirements"
LOCKING = {
    "uv.lock": "uv lock",
    "poetry.lock": "poetry lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find requirements of the production files that are for development, or unused."""
    if plan.stage.triggers:
        return ()
    found = _by_name(plan)
    wanted = {scope: [r for r in plan.requirements if r.scope is scope] for scope in Scope}
    moving = [r for r in wanted[Scope.DEVELOPMENT] if r.name in found and not r.group]
    moving = [r for r in moving if not is_for_development(r.origin.file)]
    free = [r for r in moving if not _obstacle(found[r.name])]
    marked = {line.name: line for file in movable_files(plan.project) for line in file.requirements}
    unused = [r for r in wanted[Scope.UNUSED] if r.name in marked]
    unmarked = [r for r in unused if MARK not in marked[r.name].comment]
    absent = {r.name for r in plan.requirements} - shipped_names(plan.project)
    for_review = [r for r in moving if r not in free]
    return (
        *_leaving(free, _saved(plan, free, absent)),
        *_for_review(for_review, found, _saved(plan, for_review, absent)),
        *_unused(unmarked),
        *_unmarkable([r for r in wanted[Scope.UNUSED] if r.name in found and r.name not in marked]),
    )


def _by_name(plan: Plan) -> dict[str, Installed]:
    """What the image ships of the main lists, by name."""
    return {
        one.declaration.name: one
        for one in installed_declarations(plan.project)
        if one.shipped and one.declaration.kind is Kind.MAIN
    }


def _saved(plan: Plan, items: list[PlannedRequirement], absent: set[str]) -> Size | None:
    return leaving(plan.closure, [item.name for item in items], absent).size


def _obstacle(one: Installed) -> str:
    """Why a requirement is not moved by a rule, as the words that tell what to do."""
    file = one.declaration.origin.file
    name = posixpath.basename(file)
    if one.lock:
        command = LOCKING.get(posixpath.basename(one.lock), "make the lock anew")
        return f"move in {file}, then run `{command}`"
    if name not in MOVES and not name.endswith((".txt", ".in")):
        return f"{file} is a program: move by hand"
    return ""


def _leaving(found: list[PlannedRequirement], saving: Size | None) -> tuple[Finding, ...]:
    if not found:
        return ()
    names = tuple(item.name for item in found)
    return (
        Finding(
            rule=NAME,
            message=f"{counted(len(found), 'requirement leaves', 'requirements leave')} "
            f"production: {', '.join(names)}",
            evidence=tuple(_first(item) for item in found),
            saving=saving,
            changes=(MoveToDevelopment(names=names),),
        ),
    )


def _for_review(
    items: list[PlannedRequirement], found: dict[str, Installed], saving: Size | None
) -> tuple[Finding, ...]:
    if not items:
        return ()
    names = tuple(item.name for item in items)
    noun = "requirement is" if len(items) == 1 else "requirements are"
    todo = "; ".join(dict.fromkeys(_obstacle(found[name]) for name in names))
    return (
        Finding(
            rule=NAME,
            message=f"{len(items)} {noun} for development: {', '.join(names)}: {todo}",
            evidence=tuple(_first(item) for item in items),
            saving=saving,
            safety=Safety.REVIEW,
            changes=(MoveToDevelopment(names=names),),
        ),
    )


def _unmarkable(items: list[PlannedRequirement]) -> tuple[Finding, ...]:
    """What seems unused in a file where no comment is put."""
    if not items:
        return ()
    return (
        Finding(
            rule=NAME,
            message=f"no use found for {', '.join(item.name for item in items)}: kept",
            evidence=tuple(_first(item) for item in items),
            safety=Safety.REVIEW,
        ),
    )


def _unused(found: list[PlannedRequirement]) -> tuple[Finding, ...]:
    if not found:
        return ()
    names = tuple(item.name for item in found)
    return (
        Finding(
            rule=NAME,
            message=f"no use found for {', '.join(names)}: kept and marked "
            "(--remove-unused moves them)",
            evidence=tuple(_first(item) for item in found),
            safety=Safety.SAFE,
            changes=(MarkUnused(names=names),),
        ),
    )


def _first(item: PlannedRequirement) -> Evidence:
    first = item.evidence[0] if item.evidence else Evidence(kind="scope", message=item.scope.value)
    return Evidence(
        kind=first.kind, message=f"{item.name}: {first.message}", origin=first.origin or item.origin
    )


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
