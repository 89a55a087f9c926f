"""Debian's control format, dependency fields and version order (Debian Policy 5 and 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from jettison.errors import InputSyntaxError

Paragraph = Mapping[str, str]


def paragraphs(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield each paragraph as field -> value, fields as written.

    Continuation lines keep their leading space and are joined with newlines. Comment lines
    (``#`` in the first column) are dropped. Raises InputSyntaxError for a line that is neither.
    """
    fields: dict[str, str] = {}
    last = ""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if not line.strip():
            if fields:
                yield fields
            fields, last = {}, ""
        elif line[0] in " \t" and last:
            fields[last] += "\n" + line
        elif line[0] != "#":
            last = _add_field(fields, line, number)
    if fields:
        yield fields


def installed(status: str) -> Iterator[Paragraph]:
    """Yield the paragraphs of dpkg's status of packages that are installed. As ``paragraphs``."""
    for fields in paragraphs(status.splitlines()):
        if fields.get("Package") and fields.get("Status", "").endswith(" installed"):
            yield fields


def _add_field(fields: dict[str, str], line: str, number: int) -> str:
    name, colon, value = line.partition(":")
    if not colon or not name or " " in name or name in fields:
        raise InputSyntaxError(
            f"line {number} is not a control field: {line[:60]!r}",
            why="a control paragraph is lines of 'Field: value', each field once",
        )
    fields[name] = value.strip()
    return name


def paragraph(text: str) -> dict[str, str]:
    """Return the only paragraph of ``text``; raises InputSyntaxError when there is not just one."""
    found = list(paragraphs(text.splitlines()))
    if len(found) != 1:
        raise InputSyntaxError(f"expected one control paragraph, found {len(found)}")
    return found[0]


def render(fields: Paragraph) -> str:
    """Write one paragraph, ending in a newline; the inverse of :func:`paragraph`."""
    return "".join(
        f"{name}:{value}\n" if value.startswith("\n") else f"{name}: {value}\n"
        for name, value in fields.items()
    )


Part = tuple[tuple[int, ...] | int, ...]
VersionKey = tuple[int, Part, Part]

_PIECES = re.compile(r"(\D*)(\d*)")

# "<" and ">" are the obsolete spellings of "<=" and ">=".
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"<<": lt, "<=": le, "=": eq, ">=": ge, ">>": gt, "<": le, ">": ge}
)


@lru_cache(maxsize=4096)
def version_key(version: str) -> VersionKey:
    """Return a key that sorts as ``dpkg --compare-versions`` does.

    ``version`` is ``[epoch:]upstream[-revision]``; a missing epoch or revision counts as 0. An
    epoch that is not a number counts as part of the upstream version.
    """
    epoch, colon, rest = version.strip().partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", version.strip()
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch), _part_key(upstream), _part_key(revision)


def _part_key(text: str) -> Part:
    """Return letters and number by turns, ended by one empty turn; no text counts as ``0``."""
    pairs = (
        ((*map(_order, letters), 0), int(digits or 0))
        for letters, digits in _PIECES.findall(text or "0")
    )
    return tuple(element for pair in pairs for element in pair)


def _order(character: str) -> int:
    """Tilde before the end (0), letters before everything else."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


def satisfies(version: str, operator: str, wanted: str) -> bool:
    """Tell whether ``version`` ``operator`` ``wanted`` holds; KeyError for an unknown operator."""
    return OPERATORS[operator](version_key(version), version_key(wanted))


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
        architectures=tuple((match["architectures"] or "").split()),
    )
