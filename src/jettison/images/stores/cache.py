"""Jettison's cache: where it is, what it holds, and how long nothing has used it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from jettison.errors import WriteError
from jettison.images.stores import sealed_bytes, sealed_file
from jettison.images.stores.blobs import BlobDirectory
from jettison.records import discard, is_hollow, open_regular

if TYPE_CHECKING:
    from io import FileIO

_PRIVATE = 0o700
_OTHERS = 0o077


def cache_directory() -> Path:
    """Return ``$XDG_CACHE_HOME/jettison``, by default ``~/.cache/jettison``.

    A relative XDG_CACHE_HOME is ignored, as the XDG base directory specification asks. The folder
    is made when it is missing, and is its owner's alone; WriteError when it is another user's.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = (named if named.is_absolute() else Path.home() / ".cache") / "jettison"
    # Where it cannot be made, whoever writes into it says so, and who only reads goes without.
    with suppress(OSError):
        folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
        _require_own(folder)
    return folder


def _require_own(folder: Path) -> None:
    """Let nobody else write, or put something in place of, what is taken for our own work."""
    for found in (folder.lstat(), folder.stat()):
        if found.st_uid != os.geteuid():
            raise WriteError(
                f"{folder} belongs to another user",
                why="what is kept there becomes part of images, and runs on this machine",
                hint="Set XDG_CACHE_HOME to a folder of your own, or remove that one.",
            )
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        folder.chmod(_PRIVATE)


@contextmanager
def cache_in_use() -> Iterator[None]:
    """Let nobody remove what the cache holds for as long as the block takes."""
    with _locked(fcntl.LOCK_SH):
        yield


@contextmanager
def cache_alone() -> Iterator[None]:
    """Let nobody use the cache in the block; WriteError while another command does."""
    try:
        with _locked(fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield
    except BlockingIOError as used:
        raise WriteError(
            f"the cache {cache_directory()} is in use",
            why="another jettison command is running",
            hint="Run the command again when that has ended.",
        ) from used


@contextmanager
def _locked(kind: int) -> Iterator[None]:
    """Hold a lock on the cache, which ends with this process; none on a cache that is not there."""
    try:
        held = os.open(cache_directory(), os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        # Whoever cannot keep anything says so where it is needed.
        yield
        return
    try:
        fcntl.flock(held, kind)
        yield
    finally:
        os.close(held)


def blob_cache() -> BlobDirectory:
    """Return the content-addressed cache, without what killed processes left in it."""
    blobs = BlobDirectory(cache_directory() / "blobs", cache=True)
    blobs.remove_abandoned()
    return blobs


# Folders whose children are used as whole trees: one without a file of it would be wrong.
CHECKOUTS = "checkouts"
TREES = frozenset({CHECKOUTS, "environments", "interpreters"})
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
    """Give what a cache holds; what goes while it is read is passed over, and no link followed."""
    for kind in sorted(cache.iterdir()) if cache.is_dir() else ():
        if kind.is_symlink():
            yield _entry(kind.name, kind, [kind])
        elif kind.name in TREES:
            for tree in sorted(kind.iterdir()):
                whole = tree.is_dir() and not tree.is_symlink()
                yield _entry(kind.name, tree, list(_files(tree)) if whole else [tree])
        else:
            for path in [kind] if kind.is_file() else sorted(_files(kind)):
                yield _entry(kind.name, path, [path])


def unused_since(entries: Iterable[CacheEntry], days: int) -> list[CacheEntry]:
    """Give the entries that nothing has used for so many days."""
    # Read first: looking at a link is a use of it.
    found = list(entries)
    before = time.time() - days * DAY
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


def seal_tree(root: Path, name: str, text: str) -> None:
    """Keep a text in a tree, under a name, with a digest of all else that is there."""
    content = f"{_tree_digest(root, name)}\n{text}".encode()
    with sealed_file(root / name) as file:
        file.write(content)


def sealed_tree(root: Path, name: str) -> str | None:
    """Return the text of a tree that is as it was sealed; None otherwise, a damaged one removed."""
    digest, _, text = (sealed_bytes(root / name) or b"").decode().partition("\n")
    if digest == _tree_digest(root, name):
        return text
    if digest:
        discard(root)
    return None


def _tree_digest(root: Path, without: str) -> str:
    """Digest names and contents of a tree, but for bytecode that Python adds and one name."""
    running = hashlib.sha256()
    for folder, below, names in os.walk(root):
        # links to folders are among these
        wanted = [name for name in (*below, *names) if name not in {without, "__pycache__"}]
        below[:] = sorted({*below}.intersection(wanted))
        for path in (Path(folder, name) for name in sorted(wanted)):
            running.update(
                os.fsencode(path.relative_to(root)) + b"\0" + content_digest(path) + b"\n"
            )
    return running.hexdigest()


def content_digest(path: Path) -> bytes:
    """Digest what a path of a tree holds: a file, a link, or nothing that can be read."""
    try:
        if path.is_symlink():
            return b"link " + os.fsencode(path.readlink())
        with open_regular(path) as file:
            if is_hollow(os.fstat(file.fileno())):
                return b"holes"
            return hashlib.file_digest(cast("FileIO", file), "sha256").digest()
    except OSError:
        return b"no file"
