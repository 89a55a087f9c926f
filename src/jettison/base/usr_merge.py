"""Moves /bin, /sbin and /lib* below /usr, as every Debian system since 12 has them."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from jettison.oci.entry import Entry, Kind
from jettison.oci.tar_writer import Member

_MOVED = frozenset({"bin", "sbin", "lib", "lib64"})


def merged_path(path: str) -> str:
    """Return where a path is after the merge: ``lib/x`` becomes ``usr/lib/x``."""
    return f"usr/{path}" if path.split("/", 1)[0] in _MOVED else path


def merged(entry: Entry) -> Entry | None:
    """Return the entry in its merged place; None for the links that stand for the old places.

    The text of a relative link is kept when it still leads to the same file.
    """
    if entry.path in _MOVED and entry.kind is Kind.SYMLINK:
        return None
    path = merged_path(entry.path)
    link = entry.link
    if entry.kind is Kind.HARD_LINK:
        link = merged_path(link)
    elif entry.kind is Kind.SYMLINK and not link.startswith("/"):
        link = _relative_link(entry, path)
    return replace(entry, path=path, link=link)


def _relative_link(entry: Entry, path: str) -> str:
    before = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), entry.link))
    directory = posixpath.dirname(path)
    after = posixpath.normpath(posixpath.join(directory, entry.link))
    target = merged_path(before)
    return entry.link if after == target else posixpath.relpath(target, directory or ".")


def root_links(architecture: str) -> tuple[Member, ...]:
    """Return the links that stand in the root for the moved directories."""
    names = sorted(_MOVED) if architecture == "amd64" else sorted(_MOVED - {"lib64"})
    return tuple(Member.symlink(name, f"usr/{name}") for name in names)
