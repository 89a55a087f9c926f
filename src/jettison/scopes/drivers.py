"""Signals from URLs, settings and variables that choose a driver."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from packaging.utils import canonicalize_name

from jettison.catalogue.reader import table
from jettison.project.source.facts import Text
from jettison.scopes.context import Context, toward_runtime
from jettison.scopes.values import Signal, Weight
from jettison.values import Origin

_URL = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?:\+([A-Za-z0-9_]+))?(?:://|\Z)")

_TESTING = re.compile(r"(^|_)TEST(S|ING)?(_|$)", re.IGNORECASE)


def collect(context: Context) -> Iterator[Signal]:
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
        family = table("drivers")["modules"].get(name)
        if family:
            return frozenset(_families()[family]["implicit"])
        name = name.rpartition(".")[0]
    return frozenset()


def _of_dialect(driver: str) -> frozenset[str]:
    listed = table("drivers")["dialects"].get(driver)
    return frozenset(listed) if listed is not None else frozenset({canonicalize_name(driver)})


def _of_scheme(scheme: str) -> frozenset[str]:
    return frozenset(
        name
        for family in _families().values()
        if scheme in family["schemes"]
        for name in family["implicit"]
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
        for name in _families()[family]["implicit"]:
            if name in context.names:
                message = f"the value of {variable} may choose this driver"
                yield toward_runtime(name, Weight.FAIR, "url", message, origin)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    variables = table("drivers")["variables"]
    return tuple(
        (re.compile(pattern, re.IGNORECASE), tuple(families))
        for pattern, families in variables.items()
    )


@cache
def _families() -> Mapping[str, Any]:
    families: Mapping[str, Any] = table("drivers")["families"]
    return families


def _short(url: str) -> str:
    """Leave out what may be a password."""
    return url.partition("://")[0] + "://" if "://" in url else url
