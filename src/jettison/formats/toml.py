"""TOML with places: values by the standard library, positions by a scanner."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.values import Origin, line_numbers

Table = Mapping[str, Any]
_DEEP_KEY = re.compile(r"(?<![\w.\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){32}")
_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


# each rule reads the files of a project again
@lru_cache(maxsize=16)
def read_toml(text: str, file: str) -> Table:
    """Return the document's root table; raises InputSyntaxError with the line."""
    deep = InputSyntaxError(
        "the file is nested too deeply", hint="Flatten it.", origin=Origin(file=file)
    )
    if _DEEP_KEY.search(text):  # each part of a key takes as long as all before it
        raise deep
    try:
        return _loaded(text.removeprefix("\ufeff"), lock=file.endswith(("lock", "pylock.toml")))
    except RecursionError:
        raise deep from None
    except ValueError as error:  # a number with too many digits is none of tomllib's own
        found = _LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        raise InputSyntaxError(
            "not valid TOML",
            why=_LINE.sub("", str(error)),
            hint="Correct the line.",
            origin=Origin(file=file, line=line),
        ) from error


def _loaded(text: str, *, lock: bool) -> Table:
    """Read the document; lines in inline tables of locks, which are new in TOML 1.1, are joined.

    What is edited is read as strictly as it is edited.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        joined = _joined(text) if lock else text
        if joined == text:
            raise
        try:
            return tomllib.loads(joined)
        except tomllib.TOMLDecodeError:
            return tomllib.loads(text)  # the error that names the line


def _joined(text: str) -> str:
    """The document with each inline table on one line, without comments and a last comma in it."""
    found: list[str] = []
    opened = [("", False)]  # the second says whether one around it is an inline table
    last = 0
    for token in _TOKEN.finditer(text):
        found.append(text[last : token.start()])
        last, part = token.end(), token[0]
        if part in "{[":
            opened.append((part, opened[-1][1] or part == "{"))
        inline = opened[-1][1]
        if inline and part[0] in "#\r\n":
            part = " " if part[0] != "#" else ""
        elif part in "}]" and len(opened) > 1 and opened.pop()[0] == "{":
            while found and not (ending := found[-1].rstrip(" \t,")):
                found.pop()
            found[-1:] = [ending]
        found.append(part)
    return "".join((*found, text[last:]))


def table(parent: Table, *path: str) -> Table:
    """Return the table at a path; empty when it is absent or no table."""
    found: Any = parent
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def array(parent: Table, key: str) -> list[Any]:
    """Return the array under a key; empty when it is absent or no array."""
    found = parent.get(key)
    return found if isinstance(found, list) else []


def tables(parent: Table, key: str) -> list[Table]:
    """Return the tables in the array under a key."""
    return [one for one in array(parent, key) if isinstance(one, Mapping)]


def texts(parent: Table, key: str) -> tuple[str, ...]:
    """Return the strings in the array under a key."""
    return tuple(one for one in array(parent, key) if isinstance(one, str))


def text_of(parent: Table, key: str) -> str:
    """Return the string under a key; empty when it is absent or no string."""
    found = parent.get(key)
    return found if isinstance(found, str) else ""


Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'|[A-Za-z0-9_-]+")
_STRING = re.compile(
    r"\"\"\"(?:\\.|[^\\])*?\"{3,5}|'''.*?'{3,5}|\"(?:\\.|[^\"\\])*\"|'[^']*'", re.DOTALL
)
_TOKEN = re.compile(rf"{_STRING.pattern}|#[^\n]*|[\[\]{{}}]|\r?\n", re.DOTALL)
_BARE = re.compile(r"[^,\]}#\r\n]+")
_COMMENT = re.compile(r"[ \t]*+,?[ \t]*+#[ \t]*([^\n\r]*)")
_ESCAPE = re.compile(r"\\(.)")


class Place(Struct, frozen=True, kw_only=True):
    """Offsets into the text, and lines from 1.

    ``start`` is where the key (or array member) begins, ``value`` where its value begins, ``stop``
    where that ends. For a table with a ``header``, they span that. ``comment`` is the words of the
    comment at the end of the line.
    """

    start: int
    value: int
    stop: int
    line: int
    end_line: int
    comment: str
    header: bool = False


@lru_cache(maxsize=4)
def places(text: str) -> Mapping[Path, Place]:
    """Return the place of every table header, key and array member by its path.

    Members of arrays, and of arrays of tables, have their index in the path.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.found


def origin_in(text: str, file: str, path: Path) -> Origin:
    """Return where a value of a document is, or what it would be in."""
    found = places(text)
    while path and path not in found:
        path = path[:-1]
    return Origin(file=file, line=found[path].line if path else None)


class _Scanner:
    """A position that moves through the text and notes what it passes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_of = line_numbers(text)
        self.at = 1 if text.startswith("\ufeff") else 0
        self.found: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}

    def document(self) -> None:
        inside: Path = ()
        self.skip(_SPACE)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                inside = self.header()
            else:
                self.assignment(inside)
            self.skip(_SPACE)

    def header(self) -> Path:
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.at += brackets
        path = self.resolved(self.key(), ends_in_array=brackets > 1)
        self.skip(_BLANK)
        self.at += brackets
        self.note(path, start, start, header=True)
        return path

    def resolved(self, keys: Path, *, ends_in_array: bool) -> Path:
        """Add the index of the current member wherever a key names an array of tables."""
        path: Path = ()
        for index, key in enumerate(keys):
            path = (*path, key)
            if ends_in_array and index == len(keys) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def assignment(self, inside: Path) -> None:
        start = self.at
        path = (*inside, *self.key())
        self.skip(_BLANK)
        self.at += 1
        self.skip(_BLANK)
        self.value(path, start)

    def key(self) -> Path:
        parts = []
        while True:
            self.skip(_BLANK)
            parts.append(_plain(self.take(_KEY)))
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def value(self, path: Path, start: int) -> None:
        begin = self.at
        first = self.text[begin : begin + 1]
        if first in ('"', "'"):
            self.take(_STRING)
        elif first == "[":
            self.members(path)
        elif first == "{":
            self.inline_table(path)
        else:
            self.at = begin + len(self.take(_BARE).rstrip())
        self.note(path, start, begin)

    def members(self, path: Path) -> None:
        self.at += 1
        index = 0
        while not self.closes("]"):
            self.value((*path, index), self.at)
            index += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while not self.closes("}"):
            self.assignment(path)

    def closes(self, bracket: str) -> bool:
        """Pass space, comments and a comma; True, past the bracket, at the end."""
        self.skip(_SPACE)
        if self.text.startswith(",", self.at):
            self.at += 1
            self.skip(_SPACE)
        if self.at < len(self.text) and self.text[self.at] != bracket:
            return False
        self.at += 1
        return True

    def note(self, path: Path, start: int, value: int, *, header: bool = False) -> None:
        comment = _COMMENT.match(self.text, self.at)
        self.found[path] = Place(
            start=start,
            value=value,
            stop=self.at,
            line=self.line_of(start),
            end_line=self.line_of(self.at),
            comment=comment[1].strip() if comment else "",
            header=header,
        )

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        taken = found[0] if found else self.text[self.at : self.at + 1]
        self.at += len(taken)
        return taken

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at


def _plain(key: str) -> str:
    return _ESCAPE.sub(r"\1", key[1:-1]) if key.startswith('"') else key.strip("'")
