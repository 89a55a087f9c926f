"""Remove what the settings list under `remove`.

A line of ``remove`` in ``jettison.toml`` or ``[tool.jettison]`` names a distribution, a module or a
pattern of paths below site-packages. A declared requirement that it names moves to development.

Source: the settings of the project; the report shows the line.

Safe: as far as the person who wrote the line knows. The build still keeps what a remaining module
imports, and reports it.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.formats.own_settings import Ask
from jettison.plan import Finding, Plan
from jettison.plan.removal import WILD, Group
from jettison.plan.removing import any_version, group, present, remaining, removal
from jettison.rules.rule import Rule
from jettison.values import Evidence, replace

NAME = "requested-removals"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find what lines of the settings mean."""
    groups = tuple(_groups(plan))
    evidence = [
        Evidence(kind="setting", message=override.shown, origin=override.origin)
        for override in plan.overrides.of(Ask.REMOVE)
        if plan.overrides.files[override]
    ]
    return removal(plan, NAME, "files that the settings name", groups, evidence)


def _groups(plan: Plan) -> Iterator[Group]:
    here = present(plan)
    for override in plan.overrides.of(Ask.REMOVE):
        meant = [file for file in plan.overrides.files[override] if file.path in here]
        for name in dict.fromkeys(file.distribution for file in meant):
            files = [file for file in meant if file.distribution == name]
            reason = f"{plan.contents.label(name)}, {override.shown}"
            found = group(reason, files, every=remaining(plan), whole=lambda _: True)
            own = (override.text,) if WILD.search(override.text) else map(any_version, found.paths)
            yield replace(found, paths=tuple(own), together=True)


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
