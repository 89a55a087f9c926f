"""Parts of distributions that an application does not use leave the environment.

Some wheels hold more than one thing: a second copy of a library for C programs, tools that convert
models, a compiler's front end. The catalogue knows such parts, and what would use them.

Source: each entry of the catalogue names where it was read, and when.

Safe: a part leaves only when none of the names that lead to it is written in the source of the
project, and no distribution that is known to use it is installed. The build checks again that no
module that stays imports it, and that no library that stays names one that leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import group, present, removal
from jettison.removal.group import Group
from jettison.removal.match import Matcher
from jettison.rules.rule import Rule
from jettison.values import Evidence

NAME = "unused-parts"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find parts of the catalogue whose names are not used."""
    found = [
        (entry, one)
        for entry in table("dead_weight")["parts"]
        if _is_unused(plan, entry)
        for one in _groups(plan, entry)
    ]
    evidence = [_evidence(entry) for entry, _ in found]
    what = "parts of distributions that nothing uses"
    return removal(plan, NAME, what, [one for _, one in found], evidence)


def _is_unused(plan: Plan, entry: Mapping[str, Any]) -> bool:
    return (
        entry["distribution"] in plan.distributions
        and not set(entry.get("used_by", ())) & plan.distributions.keys()
        and not set(entry["words"]) & plan.usage.words.keys()
    )


def _groups(plan: Plan, entry: Mapping[str, Any]) -> Iterator[Group]:
    meant = Matcher.of((path, True) for path in entry["paths"])
    files = [
        file
        for path, file in present(plan).items()
        if file.distribution == entry["distribution"] and meant.find(path)
    ]
    if files:
        reason = f"{entry['reason']}, part of {plan.contents.label(entry['distribution'])}"
        counted = tuple(entry.get("not_counting", ()))
        found = group(NAME, reason, files, not_counting=counted)
        yield replace(found, paths=tuple(entry["paths"]), together=True)


def _evidence(entry: Mapping[str, Any]) -> Evidence:
    message = (
        f"{entry['reason']}: none of {', '.join(entry['words'])} is written ({entry['source']}, "
        f"{entry['date']})"
    )
    return Evidence(kind="catalogue", message=message)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
