"""What Jettison's cache holds, and how long nothing has used it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

# Folders whose children are used as whole trees: one without a file of it would be wrong.
TREES = frozenset({"environments", "interpreters"})
DAY = 86_400


class CacheEntry(Struct, frozen=True, kw_only=True):
    """A file of the cache, or a tree that is used as a whole.

    ``kind`` is the folder of the cache it lies in, ``bytes`` what it takes, ``used`` the seconds
    since the epoch at which it was written or read last, as far as the file system notes it.
    """

    kind: str
    path: Path
    bytes: int
    used: float


def cache_entries(cache: Path) -> Iterator[CacheEntry]:
    """Give what a cache holds; what goes while it is read is passed over."""
    for kind in sorted(cache.iterdir()) if cache.is_dir() else ():
        if kind.name in TREES:
            for tree in sorted(kind.iterdir()):
                whole = tree.is_dir() and not tree.is_symlink()
                yield _entry(kind.name, tree, list(_files(tree)) if whole else [tree])
        else:
            for path in [kind] if kind.is_file() else sorted(_files(kind)):
                yield _entry(kind.name, path, [path])


def unused_since(
    entries: Iterable[CacheEntry], days: int, *, now: float | None = None
) -> list[CacheEntry]:
    """Give the entries that nothing has used for so many days, by default counted from now."""
    # Read first: looking at a link is a use of it.
    found = list(entries)
    before = (time.time() if now is None else now) - days * DAY
    return [entry for entry in found if entry.used <= before]


def remove_entries(entries: Iterable[CacheEntry]) -> None:
    """Remove entries; a tree goes out of the way first, so that nobody finds a part of it.

    Raises OSError for what may not be removed.
    """
    for entry in entries:
        if entry.path.is_dir() and not entry.path.is_symlink():
            aside = entry.path.with_name(f".{entry.path.name}.{os.getpid()}.partial")
            entry.path.rename(aside)
            shutil.rmtree(aside)
        else:
            entry.path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _entry(kind: str, path: Path, files: list[Path]) -> CacheEntry:
    facts = []
    for file in files:
        try:
            facts.append(file.lstat())
        except FileNotFoundError:
            continue
    return CacheEntry(
        kind=kind,
        path=path,
        bytes=sum(fact.st_size for fact in facts),
        used=max((max(fact.st_atime, fact.st_mtime) for fact in facts), default=0.0),
    )
