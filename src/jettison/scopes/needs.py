"""Signals from features: what a framework imports when a program uses them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jettison.catalogue.reader import table
from jettison.project.source.facts import ModuleFacts
from jettison.project.source.literals import HOLE
from jettison.scopes.context import (
    Context,
    toward_development,
    toward_runtime,
)
from jettison.scopes.values import Signal, Weight
from jettison.values import Origin

PYTHON = "python"


def collect(context: Context) -> Iterator[Signal]:
    """Judge each declared helper of a host by the features that the source uses."""
    hosts = _hosts(context)
    declared = frozenset(context.names)
    for need in table("needs")["need"]:
        if need["host"] not in hosts:
            continue
        for name in need["distributions"]:
            if name in declared and name != need["host"]:
                yield from _judge(context, name, need)


def _hosts(context: Context) -> frozenset[str]:
    """Python itself, and every distribution that is declared, or that a declared one brings."""
    graph = context.inputs.graph
    return frozenset((PYTHON, *context.names)) | (frozenset(graph.edges) if graph else frozenset())


def _judge(context: Context, name: str, need: Mapping[str, Any]) -> Iterator[Signal]:
    conditions = [*need.get("names", ()), *need.get("schemes", ()), *need.get("variables", ())]
    host = need["host"]
    if not conditions:
        message = f"{host} imports it for some of its features"
        yield toward_runtime(name, Weight.FAIR, "feature", message, None)
        return
    place = _use(context, need, development=False)
    if place is not None:
        what, origin = place
        message = f"{host} needs it for {what}"
        yield toward_runtime(name, Weight.STRONG, "feature", message, origin)
        return
    place = _use(context, need, development=True)
    if place is not None:
        what, origin = place
        message = f"{host} needs it for {what}, which only development files use"
        yield toward_development(name, Weight.FAIR, "feature", message, origin)


def _use(
    context: Context, need: Mapping[str, Any], *, development: bool
) -> tuple[str, Origin] | None:
    for facts in context.inputs.index.modules.values():
        in_development = not context.is_reached(facts.file) and context.serves_development(
            facts.file
        )
        if in_development is development:
            found = _use_in(facts, need)
            if found is not None:
                return found
    return None


def _use_in(facts: ModuleFacts, need: Mapping[str, Any]) -> tuple[str, Origin] | None:
    names, variables = need.get("names", ()), need.get("variables", ())
    texts = ((text.value, text.origin) for text in facts.texts)
    for used, origin in (*facts.names_used(), *texts):
        if _matches(used, names):
            return used, origin
    for read in facts.environment:
        if read.name in variables:
            return read.name, read.origin
    schemes = frozenset(need.get("schemes", ()))
    for scheme, origin in _schemes(facts) if schemes else ():
        if scheme is None:
            return "schemes that are computed", origin
        if scheme in schemes:
            return f"the scheme {scheme}", origin
    return None


def _schemes(facts: ModuleFacts) -> Iterator[tuple[str | None, Origin]]:
    """Hash schemes of passlib contexts; None for one that is computed."""
    for call in facts.calls:
        if call.callee == "passlib.context.CryptContext":
            given = call.keyword("schemes") or (call.arguments[0] if call.arguments else None)
            for word in given if isinstance(given, tuple) else (given,):
                known = word if isinstance(word, str) and HOLE not in word else None
                yield known, call.origin


def _matches(used: str, names: Iterable[str]) -> bool:
    return any(
        used == name or (name.endswith(".*") and used.startswith(name.removesuffix("*")))
        for name in names
    )
