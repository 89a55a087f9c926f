"""Which modules of the distributions the application reaches by its imports.

What is found are import statements anywhere in a module, and strings that name a module that
exists, as frameworks load their parts. A module that is missed is compiled by the interpreter when
it is imported, which costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jettison.builder.context import ContextPath, content_of
from jettison.builder.recipe import Pin
from jettison.builder.wheel import Placed, Scheme, Wheel, opened_wheels
from jettison.images.entry import Kind
from jettison.index.metadata import parse_entry_points
from jettison.plan.removal.remove_files import IMPORT, imported
from jettison.records import Records

_FORMAT = "1"
_NAME = re.compile(rb"""["']([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?::[\w.]+)?["']""")


def imported_modules(
    pins: Sequence[Pin],
    wheels: Mapping[str, Path],
    scheme: Scheme,
    roots: Iterable[str],
    records: Records,
) -> frozenset[str]:
    """Return the paths of modules that are reached; remembered by the wheels and the roots.

    ``roots`` are dotted names that the application imports or names, and names of programs that
    start it, whose entry points count.
    """
    wanted = sorted(set(roots))
    parts = (_FORMAT, repr(scheme), *wanted, "", *(pin.sha256 for pin in pins))
    words = ("imported modules", hashlib.sha256("\0".join(parts).encode()).hexdigest())
    known = records.get(frozenset[str], *words)
    if known is None:
        with opened_wheels(pins, wheels, scheme) as opened:
            known = frozenset(_reached(opened, scheme, wanted))
        records.put(known, *words)
    return known


def named_in(context: Mapping[str, ContextPath]) -> Iterator[str]:
    """Yield the dotted names that strings of the modules of a build context hold."""
    for path, each in context.items():
        if path.endswith(".py") and each.kind is Kind.FILE:
            yield from _names(content_of(each))


def _names(source: bytes) -> Iterator[str]:
    for match in _NAME.finditer(source):
        yield match[1].decode()


def _reached(wheels: Sequence[Wheel], scheme: Scheme, roots: Sequence[str]) -> Iterator[str]:
    modules = dict(_modules(wheels, scheme))
    waiting = [*roots, *_started(wheels, frozenset(roots))]
    seen: set[str] = set()
    while waiting:
        for name in _with_parents(waiting.pop()):
            if name in seen or name not in modules:
                continue
            seen.add(name)
            wheel, placed = modules[name]
            source = b"".join(wheel.chunks(placed))
            package = name.split(".")
            if not placed.path.endswith("/__init__.py"):
                package.pop()
            waiting += _named(source, package)
            yield placed.path


def _modules(wheels: Sequence[Wheel], scheme: Scheme) -> Iterator[tuple[str, tuple[Wheel, Placed]]]:
    inside = f"{scheme.packages}/"
    for wheel in wheels:
        for placed in wheel.files:
            if placed.path.endswith(".py") and placed.path.startswith(inside):
                path = placed.path.removeprefix(inside).removesuffix(".py")
                yield path.removesuffix("/__init__").replace("/", "."), (wheel, placed)


def _started(wheels: Sequence[Wheel], programs: frozenset[str]) -> Iterator[str]:
    """Yield the modules of the entry points among the programs."""
    for wheel in wheels:
        for point in parse_entry_points(wheel.text("entry_points.txt")):
            if point.group == "console_scripts" and point.name in programs:
                yield point.value.partition(":")[0].strip()


def _with_parents(name: str) -> Iterator[str]:
    """Yield a name and the packages it is in: importing it imports them."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _named(source: bytes, package: list[str]) -> Iterator[str]:
    for match in IMPORT.finditer(source):
        yield from imported(match, package)
    yield from _names(source)
