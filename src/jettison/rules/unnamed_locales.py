"""Data of languages that nothing chooses: of locales that functions load, and translations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, Language, Locales
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
from jettison.rules.rule import WATCHED, Rule
from jettison.values import Evidence, replace

WHAT = "data of unused locales"
# What tells a program the locale of its user (POSIX, "Internationalization Variables"); LANGUAGE
# is GNU gettext's.
_VARIABLES = re.compile(r"LANG|LANGUAGE|LC_\w+")
_ENGLISH = "en"
# what no locale is without
_ROOT = "root"
_TRANSLATION = re.compile(r"(?:^|/)locale/([A-Za-z]{2,3}(?:_\w+)?)/LC_MESSAGES/[^/]+\.mo$")


def unnamed_locales(plan: Plan) -> Iterator[Finding]:
    """Remove locale data that the application never names.

    Babel brings the calendars, names and number formats of a thousand locales (32 MB), Faker names,
    streets and banks of eighty (7 MB), spaCy rules and tables of eighty languages (3 MB, and 100 MB
    with spacy-lookups-data). An application writes dates for one or two of them.

    Source: the catalogue names for each distribution which of its functions take a locale, and
    where that was read.

    Safe: every call of these functions in the source is read. A locale that is computed or has no
    data of its name, a word that chooses one for each visitor, or another distribution that uses
    the library in a way the catalogue does not know keeps everything. At `-O3` an application that
    chooses one for each visitor keeps the languages that it has texts in or names anywhere. English
    is kept, and all locales of each language that the source or the variables of image and compose
    file name. The build checks again that no remaining module imports a removed one.
    """
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
            found += _removal_of_data(plan, entry, _wanted(plan, asked))
    yield from tuple(found)


def _doubt(plan: Plan, entry: Locales) -> Evidence | None:
    """Why the wanted languages are not known; None when they are."""
    name = entry.distribution
    given = plan.usage.given.get(name, Given())
    users = requiring(plan, name)
    others = (user for user in users if not any(fnmatchcase(user, form) for form in entry.users))
    computed = "one is computed, or chosen by other means"
    unnamed = not given.names and not entry.default
    # what chooses one for each visitor chooses one that it has texts in, or names anywhere
    if given.spoken and plan.level >= WATCHED:
        given = replace(given, computed=())
    if doubt := cannot_tell(plan, given, computed, others, unnamed=unnamed):
        return doubt
    # What has no data under its name may lead to any other.
    there = {_language(match[1]) for match in _data(plan, entry).values()}
    for one in sorted(map(_language, given.names)):
        if there.isdisjoint({one, *entry.related.get(one, ())}):
            return Evidence.of("call", f"there are none for {one}, which a call names")
    return None


def _removal_of_data(plan: Plan, entry: Locales, languages: frozenset[str]) -> Iterator[Finding]:
    files = _data(plan, entry)
    kept = {_language(files[file][1]) for file in files if file.path in plan.overrides.kept}
    gone = {f: m for f, m in files.items() if _language(m[1]) not in languages | kept}
    if sum(file.size for file in gone) < WORTHWHILE:
        return
    label = plan.contents.label(entry.distribution)
    one = group(f"{WHAT}, of {label}", sorted(gone, key=lambda file: file.path))
    lines = dict.fromkeys(entry.line.format(match[1]) for match in gone.values())
    there = languages & {_language(match[1]) for match in files.values()} - {_ROOT}
    evidence = [asked_alone(entry, "is called with", there)]
    yield from removal(
        plan, "unnamed-locales", WHAT, [replace(one, paths=tuple(sorted(lines)))], evidence
    )


def _wanted(plan: Plan, entry: Locales) -> frozenset[str]:
    """The languages that are wanted."""
    given = plan.usage.given.get(entry.distribution, Given())
    spoken = given.spoken if plan.level >= WATCHED else ()
    named = {_language(one) for one in (*given.names, *spoken, *_of_variables(plan))}
    also = (each for one in named for each in entry.related.get(one, ()))
    return frozenset({_ENGLISH, _ROOT, *entry.always, *named, *also})


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


UNNAMED_LOCALES = Rule.of("unnamed-locales", unnamed_locales, level=2)


def unspoken_languages(plan: Plan) -> Iterator[Finding]:
    """Remove translations into languages that the application never uses.

    Django and packages on top of it bring compiled catalogues (``.mo``) in a hundred languages, 7
    MB. Without a middleware or a call that chooses a language for a request, it speaks the one of
    its setting.

    Source: docs.djangoproject.com, "How Django discovers language preference".

    Safe: all source and all templates of the project are searched for what chooses a language, and
    for the setting; a setting that is computed keeps everything, and so does a distribution on top
    that is not known to choose none, unless it was read in the image and none of its modules has a
    function, a middleware or an address that chooses one. English stays, and so do the language of
    the setting and the one that it falls back to. Formats of dates and numbers stay, and
    translations of the application's own.
    """
    found: list[Finding] = []
    for entry in table(DeadWeight).languages:
        spoken = _spoken(plan, entry)
        if spoken:
            found += _removal_of_translations(plan, entry, spoken)
    yield from tuple(found)


def _removal_of_translations(
    plan: Plan, entry: Language, spoken: frozenset[str]
) -> Iterator[Finding]:
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
    return removal(plan, "unspoken-languages", what, found, [asked_alone(entry, "speaks", spoken)])


def _unspoken(plan: Plan, name: str, spoken: frozenset[str]) -> list[OwnedFile]:
    """The catalogues of a distribution in other languages; one that is kept in part stays whole."""
    kept = {found[1] for path in plan.overrides.kept if (found := _TRANSLATION.search(path))}
    return [
        file
        for file in remaining(plan).values()
        if file.distribution == name
        and (language := _TRANSLATION.search(file.path))
        and not _speaks(spoken, language[1])
        and language[1] not in kept
    ]


def _by_language(paths: Iterable[str]) -> tuple[str, ...]:
    """Write the catalogues of one language, which lie in many folders, as one line."""
    found = {
        f"{path.partition('/')[0]}/**/locale/{language[1]}/LC_MESSAGES/*.mo": None
        for path in sorted(paths)
        if (language := _TRANSLATION.search(path))
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


UNSPOKEN_LANGUAGES = Rule.of("unspoken-languages", unspoken_languages, level=2)
