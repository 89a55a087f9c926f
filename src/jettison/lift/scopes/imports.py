"""Signals from imports, URLs, settings and variables that choose a driver."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import cache

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.applications import Drivers
from jettison.lift.scopes import Signal, Weight
from jettison.lift.scopes.context import Context, is_setting, toward_development, toward_runtime
from jettison.lift.scopes.remarks import collect_remarks
from jettison.lift.scopes.tools import category_of, only_checks, registers_for_others
from jettison.source import Import, Text
from jettison.values import Origin, Toward, outwards


class _Place(Enum):
    """Where an import stands, as seen from production."""

    REACHED = auto()
    UNREACHED = auto()
    SWITCHED_OFF = auto()
    DEVELOPMENT = auto()


_Found = dict[_Place, list[Import]]


def collect_imports(context: Context) -> Iterator[Signal]:
    """Judge every import of a declared distribution by the file that makes it."""
    found: dict[str, _Found] = {}
    for facts in context.inputs.index.modules.values():
        for imported in facts.imports:
            if context.is_external(imported):
                for name in context.owners.of_import(imported.module, imported.names):
                    place = _place(context, imported)
                    found.setdefault(name, {}).setdefault(place, []).append(imported)
                yield from _integrations(context, imported)
            else:
                yield from _namesakes(context, imported)
    # Where a person wrote that it is for development, a script that nothing calls says less, and of
    # a tool for development any module that nothing imports. A script that runs checks says less
    # in any case.
    told = {s.name for s in collect_remarks(context) if s.evidence.toward is Toward.DEVELOPMENT}
    for name, places in found.items():
        if registers_for_others(context, name):
            places.pop(_Place.DEVELOPMENT, None)
        unreached = places.get(_Place.UNREACHED, ())
        scripts = all(map(context.is_script, unreached))
        less = name in told and (scripts or bool(category_of(name)))
        weight = context.weight_of_unreached() if less else Weight.STRONG
        if scripts and only_checks(name) and context.inputs.reach.entries:
            weight = min(weight, Weight.FAIR)
        yield from _signals(name, places, weight)


def _namesakes(context: Context, imported: Import) -> Iterator[Signal]:
    """A distribution that is called like a folder of the project: the image may have it alone.

    Repositories of several services declare their shared package by its name in each of them.
    """
    if imported.level or _place(context, imported) in (_Place.SWITCHED_OFF, _Place.DEVELOPMENT):
        return
    top = imported.module.partition(".")[0]
    inside = f"/{top}/" in f"/{imported.file}"
    for name in () if inside else context.owners.of_import(imported.module, imported.names):
        message = f"{imported.file} imports {imported.module}, which the project has as well"
        yield toward_runtime(name, Weight.FAIR, "import", message, imported.origin)


def _integrations(context: Context, imported: Import) -> Iterator[Signal]:
    """What another package's part for it is named after: ``apispec.ext.marshmallow``."""
    if _place(context, imported) not in (_Place.REACHED, _Place.UNREACHED):
        return
    own = context.owners.of_import(imported.module, imported.names)
    parts = (*imported.module.split(".")[1:], *imported.names)
    for part in filter(str.islower, parts):  # a class such as Q is no module
        for name in context.owners.of_module(part):
            if name not in own:
                message = f"{imported.file} imports {imported.module}, a part for {part}"
                yield toward_runtime(name, Weight.FAIR, "feature", message, imported.origin)


def _place(context: Context, imported: Import) -> _Place:
    if context.is_reached(imported.file):
        return _Place.SWITCHED_OFF if imported in context.left_out else _Place.REACHED
    if context.serves_development(imported.file):
        return _Place.DEVELOPMENT
    return _Place.UNREACHED if context.may_run(imported.circumstance) else _Place.SWITCHED_OFF


def _signals(name: str, places: _Found, unreached: Weight) -> Iterator[Signal]:
    if _Place.REACHED in places:
        yield _reached(name, places[_Place.REACHED])
    if _Place.UNREACHED in places:
        first = places[_Place.UNREACHED][0]
        message = f"{first.file} imports {first.module}, though no entry point leads there"
        yield toward_runtime(name, unreached, "import", message, first.origin)
    if _Place.REACHED in places or _Place.UNREACHED in places:
        return
    if _Place.SWITCHED_OFF in places:
        yield from _switched_off(name, places[_Place.SWITCHED_OFF][0])
    for_development = [i for i in places.get(_Place.DEVELOPMENT, ()) if not _builds(i.file)]
    if for_development:
        yield _development(name, for_development)


def _builds(file: str) -> bool:
    """Whether a file makes the project's own distribution, which an image may do too."""
    return file.rpartition("/")[2] == "setup.py"


def _reached(name: str, imports: list[Import]) -> Signal:
    first = min(imports, key=lambda each: each.circumstance.optional)
    optional = ", and goes on without it" if first.circumstance.optional else ""
    message = f"{first.file} imports {first.module}{optional}"
    kind = "optional-import" if optional else "import"
    return toward_runtime(name, Weight.STRONG, kind, message, first.origin)


def _switched_off(name: str, first: Import) -> Iterator[Signal]:
    circumstance = first.circumstance
    what = f"{first.file} imports {first.module}"
    if circumstance.typing_only:
        message = f"{what} for type checkers alone"
        yield toward_development(name, Weight.FAIR, "typing", message, first.origin)
    elif circumstance.condition:
        message = f"{what} only if {circumstance.condition}, which does not hold in production"
        yield toward_development(name, Weight.FAIR, "condition", message, first.origin)
    elif circumstance.main_guard:
        message = f"{what} when it is run as a script"
        yield toward_runtime(name, Weight.FAINT, "import", message, first.origin)


def _development(name: str, imports: list[Import]) -> Signal:
    first = imports[0]
    others = len({imported.file for imported in imports}) - 1
    more = f" and {others} more such files import" if others else " imports"
    message = f"only {first.file}{more} {first.module}, and production does not load it"
    return toward_development(name, Weight.FAIR, "tests", message, first.origin)


_URL = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?:\+([A-Za-z0-9_]+))?(?:://|\Z)")

_TESTING = re.compile(r"(^|_)TEST(S|ING)?(_|$)", re.IGNORECASE)


def collect_drivers(context: Context) -> Iterator[Signal]:
    """Keep every declared driver that a URL, a setting or a variable may choose."""
    seen: set[tuple[str, Weight]] = set()
    for signal in (*_from_texts(context), *_from_variables(context)):
        if (signal.name, signal.weight) not in seen:
            seen.add((signal.name, signal.weight))
            yield signal


def _from_texts(context: Context) -> Iterator[Signal]:
    texts: list[tuple[Text, Weight]] = [
        (text, Weight.STRONG)
        for text in (*context.inputs.reach.texts, *context.inputs.commands.texts)
    ]
    for facts in context.inputs.index.modules.values():
        if not context.is_reached(facts.file) and not context.serves_development(facts.file):
            texts.extend((text, context.weight_of_unreached()) for text in facts.texts)
    for text, weight in texts:
        wanted = _chosen(text.value)
        chosen = [name for name in context.names if name in wanted] if wanted else []
        # Where several could serve, which one does is not sure, and each stays.
        kind, verb = ("url", "chooses") if len(chosen) == 1 else ("drivers", "may choose")
        for name in chosen:
            message = f'"{_short(text.value)}" of {text.file} {verb} this driver'
            yield toward_runtime(name, weight, kind, message, text.origin)


def _chosen(value: str) -> frozenset[str]:
    """Distributions that a URL, a dialect or a dotted setting asks for."""
    match = _URL.match(value)
    if match and ("://" in value or "+" in value):
        scheme, driver = match[1].lower(), (match[2] or "").lower()
        if driver:
            return _of_dialect(driver) | (_of_scheme(f"{scheme}+{driver}"))
        return _of_scheme(scheme)
    family = next(filter(None, map(table(Drivers).modules.get, outwards(value.lower(), "."))), "")
    return frozenset(table(Drivers).families[family].implicit if family else ())


def _of_dialect(driver: str) -> frozenset[str]:
    listed = table(Drivers).dialects.get(driver)
    return frozenset(listed) if listed is not None else frozenset({canonicalize_name(driver)})


def _of_scheme(scheme: str) -> frozenset[str]:
    return frozenset(
        name
        for family in table(Drivers).families.values()
        if scheme in family.schemes
        for name in family.implicit
    )


def _from_variables(context: Context) -> Iterator[Signal]:
    for variable, origin in _variables(context):
        if _TESTING.search(variable):
            continue
        for pattern, families in _patterns():
            if pattern.fullmatch(variable):
                yield from _candidates(context, variable, families, origin)


def _variables(context: Context) -> Iterator[tuple[str, Origin | None]]:
    for facts in context.inputs.index.modules.values():
        if context.is_reached(facts.file) or not context.serves_development(facts.file):
            for read in facts.environment:
                yield read.name, read.origin
            for text in facts.texts:
                # A function of the project may read the variable of this name.
                for name in (text.target, text.value):
                    if name.isupper():
                        yield name, text.origin
    for name in context.inputs.commands.environment:
        yield name, None


def _candidates(
    context: Context, variable: str, families: Iterable[str], origin: Origin | None
) -> Iterator[Signal]:
    for family in families:
        for name in table(Drivers).families[family].implicit:
            if name in context.declared:
                message = f"the value of {variable} may choose this driver"
                yield toward_runtime(name, Weight.FAIR, "url", message, origin)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    variables = table(Drivers).variables
    return tuple(
        (re.compile(pattern, re.IGNORECASE), tuple(families))
        for pattern, families in variables.items()
    )


def _short(url: str) -> str:
    """Leave out what may be a password."""
    return url.partition("://")[0] + "://" if "://" in url else url


def collect_texts(context: Context) -> Iterator[Signal]:
    """Judge every string that names a declared distribution by the file that holds it."""
    reached = _first(context, (*context.inputs.reach.texts, *context.inputs.commands.texts))
    for name, text in reached.items():
        yield _names(name, text, _weight(name, text, Weight.STRONG), "")
    unreached = _first(context, _in_unreached(context))
    for name, text in unreached.items():
        if name not in reached:
            note = ", though no entry point leads there"
            # A setting loads it as an import of the application does, wherever either stands.
            loads = _is_loaded(text) and context.is_of_package(text.file)
            weight = Weight.STRONG if loads else context.weight_of_unreached()
            yield _names(name, text, _weight(name, text, weight), note)
    for name, text in _first(context, context.inputs.reach.left_out_texts).items():
        if name not in reached and name not in unreached and text.circumstance.condition:
            yield _driver_switched_off(name, text)


def _weight(name: str, text: Text, weight: Weight) -> Weight:
    """Words like "coverage.xml" and "py.test" name a tool without loading it."""
    return Weight.FAINT if category_of(name) and not _is_loaded(text) else weight


def _is_loaded(text: Text) -> bool:
    """Whether a framework imports what a string names, as ``include("silk.urls")`` of Django."""
    return is_setting(text) or (text.target == "urlpatterns" and "." in text.value)


def _first(context: Context, texts: Iterable[Text]) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for text in texts:
        if text.target != "TEST_RUNNER":  # Django's setting for who runs the tests
            for name in context.names_package(text):
                found.setdefault(name, text)
    return found


def _in_unreached(context: Context) -> Iterator[Text]:
    for facts in context.inputs.index.modules.values():
        if not context.is_reached(facts.file) and not context.serves_development(facts.file):
            yield from (t for t in facts.texts if context.may_run(t.circumstance))


def _names(name: str, text: Text, weight: Weight, note: str) -> Signal:
    place = text.target or text.role
    where = f" in {place}" if place else ""
    message = f'"{text.value}"{where} of {text.file} names it{note}'
    return toward_runtime(name, weight, "string", message, text.origin)


def _driver_switched_off(name: str, text: Text) -> Signal:
    condition = text.circumstance.condition
    message = f'"{text.value}" of {text.file} counts only if {condition}, which is off'
    return toward_development(name, Weight.FAIR, "condition", message, text.origin)
