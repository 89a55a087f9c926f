"""Declarations in TOML: arrays of standard requirements, and tables with a requirement a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jettison.project.declarations.remarks import remarks
from jettison.project.declarations.values import Declaration, Group, Remark, standard
from jettison.project.toml.places import Path, Place, places
from jettison.project.toml.read import Table, read_toml, table
from jettison.values import Origin


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
            yield replace(
                declared,
                kind=group.kind,
                group=group.name,
                comment=remark.comment,
                above=remark.above,
                section=remark.section,
            )


def _key_place(document: Document, path: Path) -> Place | None:
    """Place of a key, or of the first part of it when it is written in parts."""
    if path in document.found:
        return document.found[path]
    parts = (place for other, place in document.found.items() if other[: len(path)] == path)
    return next(parts, None)


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
