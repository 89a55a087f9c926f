"""Translations into languages that the application never speaks leave the environment.

Django and packages on top of it bring compiled catalogues (``.mo``) in a hundred languages, 7 MB.
Without a middleware or a call that chooses a language for a request, it speaks the one of its
setting.

Source: docs.djangoproject.com, "How Django discovers language preference".

Safe: all source and all templates of the project are searched for what chooses a language, and for
the setting; a setting that is computed keeps everything, and so does a distribution on top that is
not known to choose none. English stays, and so do the language of the setting and the one that it
falls back to. Formats of dates and numbers stay, and translations of the application's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import grouped, removal
from jettison.removal.contents import OwnedFile
from jettison.rules.rule import Rule
from jettison.values import Evidence

NAME = "unspoken-languages"
_CATALOGUE = re.compile(r"(?:^|/)locale/([A-Za-z]{2,3}(?:_\w+)?)/LC_MESSAGES/[^/]+\.mo$")
_FOLDER = re.compile(r"/LC_MESSAGES/$")
_ENGLISH = "en"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find catalogues of languages that nothing chooses."""
    found: list[Finding] = []
    for entry in table("dead_weight")["languages"]:
        spoken = _spoken(plan, entry)
        if spoken:
            found += _removal(plan, entry, spoken)
    return tuple(found)


def _removal(plan: Plan, entry: Mapping[str, Any], spoken: frozenset[str]) -> tuple[Finding, ...]:
    owners = {entry["distribution"], *entry["users"]}

    def unspoken(file: OwnedFile) -> bool:
        language = _CATALOGUE.search(file.path) if file.distribution in owners else None
        return language is not None and not _speaks(spoken, language[1])

    what = "translations that are never spoken"
    groups = grouped(plan, NAME, what, unspoken, lambda one: bool(_FOLDER.search(one)))
    names = ", ".join(sorted(spoken))
    message = f"{entry['distribution']} speaks {names} alone ({entry['source']})"
    return removal(plan, NAME, what, groups, [Evidence(kind="catalogue", message=message)])


def _spoken(plan: Plan, entry: Mapping[str, Any]) -> frozenset[str]:
    """The languages of the setting; none when it cannot be told."""
    name = entry["distribution"]
    given = plan.usage.given.get(name, frozenset())
    unknown = set(_users(plan, name)) - set(entry["users"])
    return frozenset() if "" in given or unknown else given


def _users(plan: Plan, name: str) -> Iterator[str]:
    edges = plan.closure.graph.edges
    return (each for each in plan.distributions if name in edges.get(each, ()))


def _speaks(spoken: frozenset[str], folder: str) -> bool:
    language = folder.lower().replace("_", "-")
    if language.partition("-")[0] == _ENGLISH:
        return True
    return any(f"{each.lower()}-".startswith(f"{language}-") for each in spoken)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
