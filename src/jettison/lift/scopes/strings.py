"""Signals from URLs, settings and variables that choose a driver."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from packaging.utils import canonicalize_name

from jettison.catalogue.applications import Drivers
from jettison.catalogue.reader import table
from jettison.lift.scopes.context import Context, is_setting, toward_development, toward_runtime
from jettison.lift.scopes.tools import category_of
from jettison.lift.scopes.values import Signal, Weight
from jettison.source.facts import Text
from jettison.values import Origin

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
        chosen = [name for name in context.names if name in _chosen(text.value)]
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
    name = value.lower()
    while name:
        family = table(Drivers).modules.get(name)
        if family:
            return frozenset(table(Drivers).families[family].implicit)
        name = name.rpartition(".")[0]
    return frozenset()


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
                if text.target.isupper():
                    yield text.target, text.origin
    for name in context.inputs.commands.environment:
        yield name, None


def _candidates(
    context: Context, variable: str, families: Iterable[str], origin: Origin | None
) -> Iterator[Signal]:
    for family in families:
        for name in table(Drivers).families[family].implicit:
            if name in context.names:
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
        # Words like "coverage.xml" and "py.test" name a tool without loading it.
        loads = not category_of(name) or is_setting(text)
        yield _names(name, text, Weight.STRONG if loads else Weight.FAINT, "")
    unreached = _first(context, _in_unreached(context))
    for name, text in unreached.items():
        if name not in reached:
            note = ", though no entry point leads there"
            yield _names(name, text, context.weight_of_unreached(), note)
    for name, text in _first(context, context.inputs.reach.left_out_texts).items():
        if name not in reached and name not in unreached and text.circumstance.condition:
            yield _switched_off(name, text)


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


def _switched_off(name: str, text: Text) -> Signal:
    condition = text.circumstance.condition
    message = f'"{text.value}" of {text.file} counts only if {condition}, which is off'
    return toward_development(name, Weight.FAIR, "condition", message, text.origin)
