"""Entries of layers: one path with its kind, mode, owner and what it links to."""

from __future__ import annotations

import posixpath
from enum import StrEnum

from msgspec import Struct

from jettison.errors import ImageError
from jettison.oci.digest import Digest

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
# Deeper than any file system tree met in images, and safe for what walks trees.
_DEEPEST = 256


class Kind(StrEnum):
    """What an entry is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARD_LINK = "hard link"
    CHARACTER_DEVICE = "character device"
    BLOCK_DEVICE = "block device"
    FIFO = "fifo"


class Entry(Struct, frozen=True, kw_only=True, array_like=True):
    """One path of a layer or of a tree.

    ``path`` is relative to the image's root, without ``./`` and trailing ``/``; the root itself is
    the empty text. ``size`` is the bytes of a file's content. ``link`` is a symbolic link's text or
    the path of a hard link's target. ``mtime`` is in seconds since 1970. ``xattrs`` are sorted by
    name. ``digest`` is known only where content was read for it.
    """

    path: str
    kind: Kind
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: int = 0
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, bytes], ...] = ()
    digest: Digest | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def parent(self) -> str:
        """The directory the entry is in."""
        return posixpath.dirname(self.path)

    @property
    def is_opaque(self) -> bool:
        """Whether this hides everything that lower layers have in ``parent``."""
        return self.name == OPAQUE

    @property
    def removes(self) -> str:
        """The path that this whiteout removes, or nothing for any other entry.

        ImageError when it names no entry of its directory but that itself or the one above.
        """
        name = self.name
        if not name.startswith(WHITEOUT) or name.startswith(WHITEOUT * 2):
            return ""
        removed = name.removeprefix(WHITEOUT)
        if removed in {"", ".", ".."}:
            raise _leaving(self.path)
        return posixpath.join(self.parent, removed)

    @property
    def is_mark(self) -> bool:
        """Whether this is a whiteout or a storage driver's own note, never a file."""
        return self.name.startswith(WHITEOUT)


def normal_path(path: str) -> str:
    """Return a path of a layer without ``.``, empty parts and a leading ``/``.

    ImageError when a part is ``..`` or holds a NUL: no honest layer has one.
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if len(parts) > _DEEPEST:
        raise ImageError(f"a layer has a path of {len(parts)} parts: {path[:80]}…")
    if ".." in parts or "\0" in path:
        raise _leaving(path)
    return "/".join(parts)


def _leaving(path: str) -> ImageError:
    return ImageError(
        f"a layer has the path {path!r}, which leaves the image's root",
        why="such a path can change files outside the image",
        hint="Do not use this image; tell whoever made it.",
    )
