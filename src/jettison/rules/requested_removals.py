"""What the project's own settings ask to remove leaves the environment.

A line of ``remove`` in ``jettison.toml`` or ``[tool.jettison]`` names a distribution, a module or a
pattern of paths below site-packages. A declared requirement that it names moves to development.

Source: the settings of the project; the report shows the line.

Safe: as far as the person who wrote the line knows. The build still keeps what a module that stays
imports, and says so. Lines that mean nothing (any more) are told, those of ``keep`` too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from msgspec.structs import replace
from packaging.utils import canonicalize_name

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding, Safety
from jettison.plan.plan import Plan
from jettison.plan.removing import any_version, group, present, remaining, removal
from jettison.removal.group import Group
from jettison.removal.match import WILD
from jettison.rules.rule import Rule
from jettison.settings import Ask, Wish
from jettison.values import Evidence

NAME = "requested-removals"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find what lines of the settings mean, and lines that mean nothing."""
    groups = tuple(_groups(plan))
    evidence = [
        Evidence(kind="setting", message=f'remove = "{wish.text}"', origin=wish.origin)
        for wish in plan.wishes.of(Ask.REMOVE)
        if plan.wishes.files[wish]
    ]
    found = removal(plan, NAME, "files that the settings name", groups, evidence)
    return (*found, *_idle(plan))


def _groups(plan: Plan) -> Iterator[Group]:
    here = present(plan)
    for wish in plan.wishes.of(Ask.REMOVE):
        meant = [file for file in plan.wishes.files[wish] if file.path in here]
        for name in dict.fromkeys(file.distribution for file in meant):
            files = [file for file in meant if file.distribution == name]
            reason = f'{plan.contents.label(name)}, remove = "{wish.text}"'
            found = group(NAME, reason, files, every=remaining(plan), whole=lambda _: True)
            own = (wish.text,) if WILD.search(wish.text) else map(any_version, found.paths)
            yield replace(found, paths=tuple(own), together=True)


def _idle(plan: Plan) -> Iterator[Finding]:
    """Lines without an effect; a list of files that is not known cannot tell."""
    declared = {item.name for item in plan.requirements}
    declared |= table("dead_weight")["installers"].keys() | sys.stdlib_module_names
    if plan.observed and plan.observed.system:
        declared |= plan.observed.system.packages.keys()
    for wish, files in plan.wishes.files.items():
        # A composed base keeps a module of the standard library for such a line.
        known = wish.text.partition(".")[0] in sys.stdlib_module_names
        if files or known or not plan.contents.files:
            continue
        if canonicalize_name(wish.text) not in declared:
            yield Finding(
                rule=NAME,
                message=f'{wish.ask.value} = "{wish.text}" means nothing: no distribution, module '
                "or path has this name",
                evidence=(_written(wish),),
                safety=Safety.REVIEW,
            )


def _written(wish: Wish) -> Evidence:
    return Evidence(kind="setting", message="the line of the settings", origin=wish.origin)


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
