"""Dependency fields: ``a (>= 1), b | c [amd64], d:any`` (Debian Policy, chapter 7)."""

from __future__ import annotations

import re

from msgspec import Struct

from jettison.debian.version import OPERATORS, satisfies
from jettison.errors import InputSyntaxError

_RELATION = re.compile(
    r"""\s*(?P<name>[a-zA-Z0-9][a-zA-Z0-9+.\-_]*)
        (?::(?P<qualifier>[a-z0-9\-]+))?
        (?:\s*\(\s*(?P<operator><<|<=|>=|>>|=|<|>)\s*(?P<version>[\w.+:~\-]+)\s*\))?
        (?:\s*\[(?P<architectures>[^\]]*)\])?
        (?:\s*<[^>]*>)*\s*""",
    re.VERBOSE,
)


class Relation(Struct, frozen=True, kw_only=True):
    """One package name with an optional version bound.

    ``qualifier`` is what follows the name after a colon (``any``, ``native``, an architecture) or
    ``""``; ``architectures`` is empty when the relation holds on all of them, and its members may
    start with ``!``.
    """

    name: str
    operator: str = ""
    version: str = ""
    qualifier: str = ""
    architectures: tuple[str, ...] = ()

    def accepts(self, version: str) -> bool:
        """Tell whether a package of this name in ``version`` would do."""
        return not self.operator or satisfies(version, self.operator, self.version)

    def holds_on(self, architecture: str) -> bool:
        """Tell whether the relation counts on ``architecture``."""
        if not self.architectures:
            return True
        if self.architectures[0].startswith("!"):
            return f"!{architecture}" not in self.architectures
        return bool({architecture, "any", "linux-any"} & set(self.architectures))


# Alternatives, the preferred one first.
Alternatives = tuple[Relation, ...]


def parse_relations(text: str) -> tuple[Alternatives, ...]:
    """Parse a Depends-like field: all elements must hold, by one of their alternatives.

    Empty elements are ignored. Raises InputSyntaxError for anything that is not a relation.
    """
    return tuple(
        tuple(_relation(alternative) for alternative in element.split("|"))
        for element in text.split(",")
        if element.strip()
    )


def parse_provides(text: str) -> tuple[Relation, ...]:
    """Parse a Provides field; a versioned name has the operator ``=``."""
    return tuple(_relation(element) for element in text.split(",") if element.strip())


def _relation(text: str) -> Relation:
    match = _RELATION.fullmatch(text)
    operator = match["operator"] or "" if match else ""
    if match is None or (operator and operator not in OPERATORS):
        raise InputSyntaxError(f"not a package relation: {text.strip()!r}")
    return Relation(
        name=match["name"],
        operator=operator,
        version=match["version"] or "",
        qualifier=match["qualifier"] or "",
        architectures=tuple((match["architectures"] or "").split()),
    )
