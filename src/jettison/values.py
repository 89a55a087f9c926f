"""Values that every part shares: where a fact comes from, why it is believed, what it weighs."""

from __future__ import annotations

import ast
import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any, AnyStr, TypeVar, cast

from msgspec import Struct, convert

if TYPE_CHECKING:
    # The same, but its keywords are checked against the fields of the class.
    from dataclasses import replace
else:
    from msgspec.structs import replace

# Holds the lists and programs that steps of a build read.
OWN_FOLDER = ".jettison"
# Folders whose content is never read for a plan, only that they are there.
UNREAD_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox",
     ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".eggs", "site-packages",
     "__pypackages__", ".direnv", ".pixi"}
)  # fmt: skip

# msgspec reads the fields of a class at its first use, and crashes where two threads do so at once.
READING_TYPES = threading.RLock()
Converted = TypeVar("Converted")


def converted(
    found: object, kind: type[Converted], dec_hook: Callable[[type, Any], Any] | None = None
) -> Converted:
    """Read data as a value of a type. Raises ``msgspec.ValidationError`` for another shape."""
    with READING_TYPES:
        return convert(found, kind, dec_hook=dec_hook)


# Sums of numbers with so many digits fit into 64 bits.
_MOST_DIGITS = 15


def whole_number(text: str) -> int | None:
    """Read decimal digits of foreign text; None for other text and for more than 15 digits."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


# How settings and variables say yes and no.
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
LAST_PORT = 65_535

# A list has a text on each line, without blanks around it; # begins a comment.
_LISTED = re.compile(r"(?![\s#])[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+(?<!\s)")


def is_listable(text: str) -> bool:
    """Whether a text of an image stands for itself on a line of a list."""
    return _LISTED.fullmatch(text) is not None


class Origin(Struct, frozen=True, order=True, kw_only=True):
    """A place in a file of the project.

    ``file`` is relative to the project root with ``/`` separators; ``line`` counts from 1, and is
    None when the fact is about the whole file.
    """

    file: str
    line: int | None = None
    end_line: int | None = None

    @property
    def at(self) -> int:
        """The line, 0 for the whole file."""
        return self.line or 0

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Toward(StrEnum):
    """Which way a piece of evidence points when a scope is decided."""

    RUNTIME = "runtime"
    DEVELOPMENT = "development"
    UNUSED = "unused"
    NEUTRAL = "neutral"


class Evidence(Struct, frozen=True, kw_only=True):
    """One reason to believe something.

    ``kind`` is a short stable word (``import``, ``command``, ``comment``, ``search``, …);
    ``message`` is one sentence without a final full stop.
    """

    kind: str
    message: str
    origin: Origin | None = None
    toward: Toward = Toward.NEUTRAL

    @classmethod
    def of(cls, kind: str, message: str, origin: Origin | None = None) -> Evidence:
        """Give evidence that tells for nothing by itself."""
        return cls(kind=kind, message=message, origin=origin)

    def __str__(self) -> str:
        return f"{self.message} ({self.origin})" if self.origin else self.message


class Basis(StrEnum):
    """How a number of bytes is known."""

    MEASURED = "measured"
    CATALOGUED = "catalogued"
    ESTIMATED = "estimated"


class Size(Struct, frozen=True, kw_only=True):
    """Uncompressed bytes and how they are known: ``source`` is the measurement or the formula."""

    bytes: int
    basis: Basis
    source: str = ""


def line_numbers(text: AnyStr) -> Callable[[int], int]:
    """Return what gives the line, from 1, of a place in the text."""
    end = "\n" if isinstance(text, str) else b"\n"
    ends = [found.start() for found in re.finditer(end, text)]
    return lambda place: bisect_left(ends, place) + 1


def in_one_line(text: str, width: int) -> str:
    """Write a text in one line of at most so many characters, with a mark where more follows."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a number of things: ``1 file``, ``2 files``."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


class Skipped(Struct, frozen=True, kw_only=True):
    """Something that could not be determined, and why; reports show it."""

    what: str
    reason: str
    origin: Origin | None = None


KILOBYTE = 1000


def some(names: Sequence[str], most: int = 5) -> str:
    """List at most so many names, and tell how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def human(count: int) -> str:
    """Write bytes in decimal units, as ``docker images`` does: ``1.2 GB``, ``31 MB``."""
    value, sign = abs(float(count)), "-" if count < 0 else ""
    for unit in ("B", "kB", "MB", "GB"):
        if value < KILOBYTE or unit == "GB":
            break
        value /= KILOBYTE
    digits = 1 if value < 10 and unit not in ("B", "kB") else 0  # noqa: PLR2004  one digit below ten
    return f"{sign}{value:.{digits}f} {unit}"


def sized(size: Size | None) -> str:
    """Write a size with its basis when it was not measured; a dash when it is not known."""
    if size is None:
        return "-"
    return human(size.bytes) + ("" if size.basis is Basis.MEASURED else f" ({size.basis})")


Key = TypeVar("Key")
Value = TypeVar("Value")
Result = TypeVar("Result")


def by_key(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """Gather values by their keys, both in the order in which they come."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def is_within(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies below it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def outwards(name: str, mark: str = "/") -> Iterator[str]:
    """Give a path and the folders around it, or a dotted name and its packages, from inside."""
    while name:
        yield name
        name = name.rpartition(mark)[0]


def folders_above(paths: Iterable[str]) -> set[str]:
    """Give all folders that paths lie in, but for the root."""
    found: set[str] = set()
    for path in paths:
        for folder in outwards(path.rpartition("/")[0]):
            if folder in found:
                break
            found.add(folder)
    return found


def totals(pairs: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    """Add up numbers by their keys, in the order in which these come."""
    found: dict[Key, int] = {}
    for key, number in pairs:
        found[key] = found.get(key, 0) + number
    return found


def once_each(function: Callable[[Value], Result]) -> Callable[[Value], Result]:
    """Keep the result of ``function`` in the value that it was asked about.

    As ``functools.cached_property`` does, for functions of a layer above the value's own. The value
    must never change, nor anything else that the function reads; it must have a ``__dict__``.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def kept(value: Value) -> Result:
        known = vars(value)
        if name not in known:
            known[name] = function(value)
        return cast("Result", known[name])

    return kept


# What moves a terminal's cursor, changes its colours or title, or turns the order of what is read.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    r"\ud800-\udfff]|\r(?!\n)"
)

# Python's parser joins a dotted name again for each of its parts: one of 100 kB takes gigabytes.
_DOTTED = r"\b(?:import|from)\b(?:(?:[^.,\n'\"#();=\\]|\\\r?\n){0,99}\.){200}"
_LONG_NAMES: dict[type, re.Pattern[Any]] = {
    str: re.compile(_DOTTED),
    bytes: re.compile(_DOTTED.encode()),
}

# CPython before 3.11.8 and 3.12.2 counts the depth of a tree once for all threads (gh-106905).
_PARSING = threading.RLock()


def python_tree(source: str | bytes) -> ast.Module:
    """Parse a module in bounded time and memory.

    Raises what ``ast.parse`` raises for text that is not Python: SyntaxError, ValueError (also
    for a name that nobody writes), RecursionError or MemoryError.
    """
    if _LONG_NAMES[type(source)].search(source):
        raise ValueError("a dotted name has hundreds of parts")
    return cast("ast.Module", _parsed(source, "exec"))


def python_expression(text: str) -> ast.Expression:
    """Parse one expression. Raises as ``python_tree`` does."""
    return cast("ast.Expression", _parsed(text, "eval"))


def _parsed(source: str | bytes, mode: str) -> ast.AST:
    with _PARSING:
        try:
            return ast.parse(source, mode=mode)
        except SystemError:
            # What is collected meanwhile may parse as well; the second time nothing is left.
            return ast.parse(source, mode=mode)


_PASSWORD = re.compile(r"(://[^/:@]*):([^/]*)(?=@)")


def without_password(address: str) -> tuple[str, str]:
    """Give an address without the password that it holds, and the password as it is written."""
    found = _PASSWORD.search(address)
    return _PASSWORD.sub(r"\1", address, count=1), found[2] if found else ""


# Who somebody is in an address; as ``git`` it is everybody.
_CREDENTIALS = re.compile(r"(://)(?!git@)[^/\s\"'`<>]+@")


def without_credentials(text: str) -> str:
    """Return a text for people without the names and passwords in its addresses."""
    return _CREDENTIALS.sub(r"\1***@", text)


def printable(text: str) -> str:
    """Return a text with everything escaped that a terminal would obey instead of showing.

    File names, settings, and what registries and images say are other people's texts. Bytes of
    names that are no text are escaped as well. Passwords of addresses are left out.
    """
    return _UNPRINTABLE.sub(_escaped, without_credentials(text))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 — how Python reads bytes that are no text
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 — one byte
