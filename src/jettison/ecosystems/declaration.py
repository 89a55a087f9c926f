"""What a project declares that it depends on, with the comments around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from packaging.requirements import InvalidRequirement, Requirement

from jettison.formats.requirements import RequirementsFile, SectionComment
from jettison.formats.requirements.parse import is_switched_off
from jettison.formats.requirements.sections import Mark, MarkKind, headings, section_of, words_above
from jettison.formats.requirements.statement import Statement, statement_of
from jettison.formats.toml import Path, Place, Table, places, read_toml, table
from jettison.values import Origin, replace

# How tools and people name the group for development.
DEVELOPMENT = ("dev", "develop", "development")


class Kind(StrEnum):
    """Who gets a declared requirement.

    ``main`` is installed with the project, ``optional`` when an extra is requested, ``group`` is
    for the people who work on it.
    """

    MAIN = "main"
    OPTIONAL = "optional"
    GROUP = "group"


class Declaration(Struct, frozen=True, kw_only=True):
    """One requirement as a project's file declares it.

    ``name`` is normalized. ``specifier`` is in the file's own notation where that is not the
    standard one (``^1.2`` of poetry). ``group`` is empty for main, else the name of the extra or
    group. ``comment`` ends its line, ``above`` stands directly above it and ``section`` heads it.
    ``via`` are the requirers that a lock tool noted.
    """

    name: str
    specifier: str
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    group: str = ""
    kind: Kind = Kind.MAIN
    origin: Origin
    comment: str = ""
    above: str = ""
    section: SectionComment | None = None
    via: tuple[str, ...] = ()


class Group(Struct, frozen=True, kw_only=True):
    """Where a file's requirements belong: a kind, and the name of the extra or group."""

    kind: Kind
    name: str = ""


MAIN = Group(kind=Kind.MAIN)
# What a line of a requirements file has besides what it asks for.
_AROUND = ("origin", "comment", "above", "section", "via")


class Remark(Struct, frozen=True, kw_only=True):
    """The words around a declaration."""

    comment: str = ""
    above: str = ""
    section: SectionComment | None = None


def standard(written: str, group: Group, origin: Origin, remark: Remark) -> Declaration | None:
    """Read a requirement in the standard syntax; None when it is not one."""
    try:
        asked = statement_of(Requirement(written))
    except InvalidRequirement:
        return None
    return _declaration(asked, group, origin=origin, **asdict(remark))


def _declaration(
    asked: Statement,
    group: Group,
    **around: Any,  # noqa: ANN401 — the other fields
) -> Declaration:
    return Declaration(
        name=asked.name,
        specifier=asked.specifier,
        extras=asked.extras,
        marker=asked.marker,
        url=asked.url or asked.path,
        group=group.name,
        kind=group.kind,
        **around,
    )


def remarks(
    text: str, first: int, last: int, names: Mapping[int, str], file: str
) -> Mapping[int, Remark]:
    """Return what comments say about the declarations on lines ``first`` to ``last`` (from 1).

    ``names`` has the requirement that starts on a line. Headings are read as in a requirements
    file.
    """
    lines = _lines(text)[first - 1 : last]
    marks = [mark_of(line, first + at, names) for at, line in enumerate(lines)]
    found = headings(marks, file)
    return {
        mark.line: Remark(section=section_of(index, found), above=words_above(marks, index, found))
        for index, mark in enumerate(marks)
        if mark.line in names
    }


@lru_cache(maxsize=4)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())


def mark_of(line: str, number: int, names: Mapping[int, str]) -> Mark:
    """Return what a line is, for the reading of headings; ``names`` as in ``remarks``."""
    if number in names:
        return Mark(kind=MarkKind.STATEMENT, words=names[number], line=number)
    bare = line.strip()
    if not bare.startswith(("#", ";")):
        kind = MarkKind.STATEMENT if bare else MarkKind.BLANK
        return Mark(kind=kind, words="", line=number)
    words = bare[1:].strip()
    off = is_switched_off(words.strip("\"', ")) or words.startswith(('"', "'"))
    return Mark(kind=MarkKind.COMMENTED_OUT if off else MarkKind.COMMENT, words=words, line=number)


class Document(Struct, frozen=True, kw_only=True):
    """A TOML document with the places of its values."""

    text: str
    file: str
    root: Table
    found: Mapping[Path, Place]


def read_document(text: str, file: str) -> Document:
    """Read a TOML document; raises InputSyntaxError with the line."""
    return Document(text=text, file=file, root=read_toml(text, file), found=places(text))


def in_array(document: Document, path: Path, group: Group) -> Iterator[Declaration]:
    """Yield the standard requirements of an array; members of another shape are passed over."""
    *parents, key = path
    members = table(document.root, *map(str, parents)).get(str(key))
    if not isinstance(members, list):
        return
    spots = {index: document.found.get((*path, index)) for index in range(len(members))}
    whole = document.found.get(path)
    around = _around(document, whole, {i: spot for i, spot in spots.items() if spot}, members)
    for index, member in enumerate(members):
        if isinstance(member, str):
            spot = spots[index]
            declared = standard(member, group, _origin(document.file, spot), _remark(spot, around))
            if declared:
                yield declared


def in_table(
    document: Document,
    path: Path,
    group: Group,
    read: Callable[[str, object, Origin], Iterator[Declaration]],
) -> Iterator[Declaration]:
    """Yield what ``read`` makes of each key and value of a table."""
    keys = table(document.root, *map(str, path))
    spots = {key: _key_place(document, (*path, key)) for key in keys}
    known = [spot for spot in spots.values() if spot]
    names = {spot.line: key for key, spot in spots.items() if spot}
    header = document.found.get(path)
    first = min([spot.line for spot in known] + ([header.line + 1] if header else []), default=1)
    last = max((spot.end_line for spot in known), default=first)
    around = remarks(document.text, first, last, names, document.file)
    for key, value in keys.items():
        spot = spots[key]
        remark = _remark(spot, around)
        for declared in read(key, value, _origin(document.file, spot)):
            yield replace(declared, kind=group.kind, group=group.name, **asdict(remark))


def _key_place(document: Document, path: Path) -> Place | None:
    """Place of a key, or of the first part of it when it is written in parts."""
    if path in document.found:
        return document.found[path]
    return _first_parts(document.text).get(path)


@lru_cache(maxsize=4)
def _first_parts(text: str) -> Mapping[Path, Place]:
    """The first place below each path."""
    found: dict[Path, Place] = {}
    for path, place in places(text).items():
        for length in range(1, len(path)):
            found.setdefault(path[:length], place)
    return found


def _around(
    document: Document, whole: Place | None, spots: Mapping[int, Place], members: list[Any]
) -> Mapping[int, Remark]:
    if whole is None or whole.line == whole.end_line:
        return {}
    names = {spot.line: str(members[index]) for index, spot in spots.items()}
    first = whole.line + 1
    return remarks(document.text, first, whole.end_line - 1, names, document.file)


def _remark(spot: Place | None, around: Mapping[int, Remark]) -> Remark:
    if spot is None:
        return Remark()
    return replace(around.get(spot.line, Remark()), comment=spot.comment)


def _origin(file: str, spot: Place | None) -> Origin:
    if spot is None:
        return Origin(file=file)
    return Origin(file=file, line=spot.line, end_line=spot.end_line)


def declared(file: RequirementsFile, group: Group) -> Iterator[Declaration]:
    """Yield the file's requirements, those without a known name omitted."""
    for line in file.requirements:
        if line.name:
            around = {name: getattr(line, name) for name in _AROUND}
            yield _declaration(line, group, **around)
