"""Remove locale data that the application never names.

Babel brings the calendars, names and number formats of a thousand locales (32 MB), Faker names,
streets and banks of eighty (7 MB), spaCy rules and tables of eighty languages (3 MB, and 100 MB
with spacy-lookups-data). An application writes dates for one or two of them.

Source: the catalogue names for each distribution which of its functions take a locale, and where
that was read.

Safe: every call of these functions in the source is read. A locale that is computed or has no data
of its name, a word that chooses one for each visitor, or another distribution that uses the library
in a way the catalogue does not know keeps everything. At `-O3` an application that chooses one for
each visitor keeps the languages that it has texts in or names anywhere. English is kept, and all
locales of each language that the source or the variables of image and compose file name. The build
checks again that no remaining module imports a removed one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, Locales
from jettison.lift.stages import service_of
from jettison.lift.usage import Given
from jettison.plan import Finding, Plan
from jettison.plan.removal import OwnedFile
from jettison.plan.removing import (
    WORTHWHILE,
    asked_alone,
    cannot_tell,
    group,
    remaining,
    removal,
    requiring,
    staying,
)
from jettison.rules.rule import Rule
from jettison.values import Evidence, replace

NAME = "unnamed-locales"
WHAT = "data of unused locales"
# What tells a program the locale of its user (POSIX, "Internationalization Variables"); LANGUAGE
# is GNU gettext's.
_VARIABLES = re.compile(r"LANG|LANGUAGE|LC_\w+")
_ALWAYS = frozenset({"en", "root"})
# The level from which on an application that chooses a language for each visitor is taken to choose
# one of its own: one that it has texts in, or names anywhere.
WATCHED = 3


def detect(plan: Plan) -> Iterator[Finding]:
    """Find libraries with data of locales, all of whose users say which they want."""
    found: list[Finding] = []
    entries = table(DeadWeight).locales
    known = {entry.distribution: entry for entry in entries}
    for entry in entries:
        asked = known[entry.of or entry.distribution]
        if entry.distribution not in plan.distributions:
            continue
        if doubt := _doubt(plan, asked):
            what = f"data of locales, of {plan.contents.label(entry.distribution)},"
            found += staying(what, _data(plan, entry), doubt)
        else:
            found += _removal(plan, entry, _languages(plan, asked))
    yield from tuple(found)


def _doubt(plan: Plan, entry: Locales) -> Evidence | None:
    """Why the wanted languages are not known; None when they are."""
    name = entry.distribution
    given = plan.usage.given.get(name, Given())
    users = requiring(plan, name)
    others = (user for user in users if not any(fnmatchcase(user, form) for form in entry.users))
    computed = "one is computed, or chosen by other means"
    unnamed = not given.names and not entry.default
    if given.spoken and plan.level >= WATCHED:
        given = replace(given, computed=())
    if doubt := cannot_tell(plan, given, computed, others, unnamed=unnamed):
        return doubt
    # What has no data under its name may lead to any other.
    there = {_language(match[1]) for match in _data(plan, entry).values()}
    for one in sorted(map(_language, given.names)):
        if there.isdisjoint({one, *entry.related.get(one, ())}):
            return Evidence(kind="call", message=f"there are none for {one}, which a call names")
    return None


def _removal(plan: Plan, entry: Locales, languages: frozenset[str]) -> Iterator[Finding]:
    files = _data(plan, entry)
    kept = {_language(files[file][1]) for file in files if file.path in plan.overrides.kept}
    gone = {f: m for f, m in files.items() if _language(m[1]) not in languages | kept}
    if sum(file.size for file in gone) < WORTHWHILE:
        return
    label = plan.contents.label(entry.distribution)
    one = group(f"{WHAT}, of {label}", sorted(gone, key=lambda file: file.path))
    lines = dict.fromkeys(entry.line.format(match[1]) for match in gone.values())
    there = languages & {_language(match[1]) for match in files.values()} - {"root"}
    evidence = [asked_alone(entry, "is called with", there)]
    yield from removal(plan, NAME, WHAT, [replace(one, paths=tuple(sorted(lines)))], evidence)


def _languages(plan: Plan, entry: Locales) -> frozenset[str]:
    """The languages that are wanted."""
    given = plan.usage.given.get(entry.distribution, Given())
    spoken = given.spoken if plan.level >= WATCHED else ()
    named = {_language(one) for one in (*given.names, *spoken, *_of_variables(plan))}
    also = (each for one in named for each in entry.related.get(one, ()))
    return frozenset({*_ALWAYS, *entry.always, *named, *also})


def _data(plan: Plan, entry: Locales) -> Mapping[OwnedFile, re.Match[str]]:
    """The files of a distribution that belong to one locale, each with the match of its name."""
    form = re.compile(entry.data)
    return {
        file: match
        for path, file in remaining(plan).items()
        if file.distribution == entry.distribution and (match := form.match(path))
    }


def _of_variables(plan: Plan) -> Iterator[str]:
    """The locales that variables set; ``C`` and ``POSIX`` are none."""
    service = service_of(plan.original)
    sets = [(one.name, str(one.value or "")) for one in (service.environment if service else ())]
    for variable, value in (*plan.original_stage.environment.items(), *sets):
        if _VARIABLES.fullmatch(variable):
            found = (re.split(r"[.@]", one)[0] for one in value.split(":"))
            yield from (one for one in found if one not in {"", "C", "POSIX"})


def _language(locale: str) -> str:
    return re.split(r"[-_]", locale, maxsplit=1)[0].lower()


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
