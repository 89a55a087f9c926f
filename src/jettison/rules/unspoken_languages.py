"""Remove translations into languages that the application never uses.

Django and packages on top of it bring compiled catalogues (``.mo``) in a hundred languages, 7 MB.
Without a middleware or a call that chooses a language for a request, it speaks the one of its
setting.

Source: docs.djangoproject.com, "How Django discovers language preference".

Safe: all source and all templates of the project are searched for what chooses a language, and for
the setting; a setting that is computed keeps everything, and so does a distribution on top that is
not known to choose none, unless it was read in the image and none of its modules has a function, a
middleware or an address that chooses one. English stays, and so do the language of the setting and
the one that it falls back to. Formats of dates and numbers stay, and translations of the
application's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, Language
from jettison.lift.usage import Given
from jettison.plan import Finding, Plan
from jettison.plan.removal import OwnedFile
from jettison.plan.removing import WORTHWHILE, asked_alone, group, remaining, removal, requiring
from jettison.rules.rule import Rule
from jettison.values import replace

NAME = "unspoken-languages"
_CATALOGUE = re.compile(r"(?:^|/)locale/([A-Za-z]{2,3}(?:_\w+)?)/LC_MESSAGES/[^/]+\.mo$")
_ENGLISH = "en"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find catalogues of languages that nothing chooses."""
    found: list[Finding] = []
    for entry in table(DeadWeight).languages:
        spoken = _spoken(plan, entry)
        if spoken:
            found += _removal(plan, entry, spoken)
    yield from tuple(found)


def _removal(plan: Plan, entry: Language, spoken: frozenset[str]) -> Iterator[Finding]:
    what = "translations that are never spoken"
    on_top = sorted(requiring(plan, entry.distribution))
    groups = [
        replace(
            group(f"{what} of {plan.contents.label(name)}", files),
            paths=_by_language(file.path for file in files),
        )
        for name in dict.fromkeys((entry.distribution, *entry.users, *on_top))
        if (files := _unspoken(plan, name, spoken))
    ]
    found = [one for one in groups if one.bytes >= WORTHWHILE]
    return removal(plan, NAME, what, found, [asked_alone(entry, "speaks", spoken)])


def _unspoken(plan: Plan, name: str, spoken: frozenset[str]) -> list[OwnedFile]:
    """The catalogues of a distribution in other languages; one that is kept in part stays whole."""
    kept = {found[1] for path in plan.overrides.kept if (found := _CATALOGUE.search(path))}
    return [
        file
        for file in remaining(plan).values()
        if file.distribution == name
        and (language := _CATALOGUE.search(file.path))
        and not _speaks(spoken, language[1])
        and language[1] not in kept
    ]


def _by_language(paths: Iterable[str]) -> tuple[str, ...]:
    """Write the catalogues of one language, which lie in many folders, as one line."""
    found = {
        f"{path.partition('/')[0]}/**/locale/{language[1]}/LC_MESSAGES/*.mo": None
        for path in sorted(paths)
        if (language := _CATALOGUE.search(path))
    }
    return tuple(found)


def _spoken(plan: Plan, entry: Language) -> frozenset[str]:
    """The languages of the setting; none when it is not known."""
    name = entry.distribution
    given = plan.usage.given.get(name, Given())
    others = (user for user in requiring(plan, name) if user not in entry.users)
    chosen = given.computed or any(_may_choose(plan, user, entry.chooses) for user in others)
    return frozenset() if chosen else given.names


def _may_choose(plan: Plan, name: str, chooses: str) -> bool:
    """Whether a distribution's modules choose a language, or were not read."""
    if plan.observed is None:
        return True
    installed = plan.observed.installed
    own = [path for path, owner in installed.owners.items() if owner == name]
    sources = [installed.sources[path] for path in own if path in installed.sources]
    form = re.compile(chooses.encode())
    return not sources or any(form.search(source) for source in sources)


def _speaks(spoken: frozenset[str], folder: str) -> bool:
    language = folder.lower().replace("_", "-")
    return language == _ENGLISH or any(
        f"{each.lower()}-".startswith(f"{language}-") for each in spoken
    )


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
