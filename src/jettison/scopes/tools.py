"""Signals from what a distribution is: a tool, a stub, an extension of a tool."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from packaging.utils import canonicalize_name

from jettison.catalogue.reader import table
from jettison.distributions.facts import DistributionFacts
from jettison.project.operations.names import fits
from jettison.scopes.context import Context, toward_development
from jettison.scopes.values import Signal, Weight

_TYPES = frozenset({"stubs", "types", "typing", "typeshed"})
_CATEGORIES = ("testing", "linting", "documentation", "releasing", "debugging")


def collect(context: Context) -> Iterator[Signal]:
    """Name the declared distributions that are made for development."""
    for name in context.names:
        category = category_of(name)
        if category:
            message = f"{name} is a tool for {category}"
            # What helps to debug may serve the application too: then its imports decide.
            weight = Weight.FAIR if category == "debugging" else Weight.STRONG
            yield toward_development(name, weight, "tool", message, None)
            continue
        facts = context.facts(name)
        host = _host(facts) if facts else ""
        if facts and host:
            message = f"{name} builds on {host}, a tool for {category_of(host)}"
            weight = Weight.STRONG if _registers(facts, host) else Weight.FAIR
            yield toward_development(name, weight, "tool", message, None)
        elif facts and _holds_stubs_alone(facts):
            message = f"{name} holds type stubs alone"
            yield toward_development(name, Weight.STRONG, "tool", message, None)


@cache
def category_of(name: str) -> str:
    """Return what a catalogued tool is for; empty for anything else."""
    catalogue = table("development_tools")
    if name in catalogue["except"]:
        return ""
    for category in _CATEGORIES:
        if name in catalogue[category]["names"]:
            return category
    matched = any(fits(name, pattern) for pattern in catalogue["patterns"])
    return "development" if matched else ""


def _holds_stubs_alone(facts: DistributionFacts) -> bool:
    """Whether it is named after types and has nothing that Python can import or run."""
    empty = not (facts.import_names or facts.entry_points or facts.sdist_only or facts.requires)
    return empty and not _TYPES.isdisjoint(facts.name.split("-"))


def _host(facts: DistributionFacts) -> str:
    """Find a tool with extensions that a distribution requires in any case."""
    groups = table("development_tools")["hosts"]["groups"]
    for requirement in facts.requires:
        host = canonicalize_name(requirement.name)
        if host in groups and "extra" not in str(requirement.marker or ""):
            return host
    return ""


def _registers(facts: DistributionFacts, host: str) -> bool:
    """Whether a distribution is named after the tool, or enters one of its groups."""
    group = table("development_tools")["hosts"]["groups"][host]
    return host in facts.name or any(
        point.group.partition(".")[0] == group for point in facts.entry_points
    )
