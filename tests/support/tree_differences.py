"""What differs between two file trees."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.images.entry import Entry, Kind
from jettison.images.tree import FileTree, Placed

# Times are left out: two builds of one project at two times are the same tree.
_COMPARED = ("kind", "mode", "uid", "gid", "size", "link", "device", "xattrs", "digest")


class Difference(Struct, frozen=True, order=True, kw_only=True):
    """One path that differs; ``what`` is missing, added, or the name of an entry's field."""

    path: str
    what: str
    before: str = ""
    after: str = ""


def compare_trees(before: FileTree, after: FileTree) -> tuple[Difference, ...]:
    """Return the differences sorted by path; modification times are not compared.

    Contents are compared by digest where both trees know it, else by size alone. Mode of symbolic
    links has no meaning and is passed over.
    """
    found: list[Difference] = []
    for path in sorted({*before.paths, *after.paths}):
        one, other = before.paths.get(path), after.paths.get(path)
        if one and other:
            found += _fields(one.entry, other.entry)
        else:
            found.append(_alone(path, one, other))
    return tuple(found)


def _alone(path: str, before: Placed | None, after: Placed | None) -> Difference:
    if before:
        return Difference(path=path, what="missing", before=before.entry.kind)
    return Difference(path=path, what="added", after=after.entry.kind if after else "")


def _fields(before: Entry, after: Entry) -> Iterator[Difference]:
    for name in _COMPARED:
        one, other = getattr(before, name), getattr(after, name)
        if name == "digest" and None in {one, other}:
            continue
        if name == "mode" and before.kind is Kind.SYMLINK:
            continue
        if one != other:
            shown = (f"{one:o}", f"{other:o}") if name == "mode" else (str(one), str(other))
            yield Difference(path=before.path, what=name, before=shown[0], after=shown[1])
