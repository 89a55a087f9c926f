"""Entries of the cache that carry their own digest, so that damage is seen before it is used.

A sealed file ends with the SHA-256 of its name and its content: neither another content nor the
content of another entry is taken for it. A file is checked once in a process, as long as size and
time stay as they are. What is damaged is removed and counts as missing.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from jettison.errors import DamagedCacheError
from jettison.images.stores.files import whole_file
from jettison.records import discard

_SEAL = hashlib.sha256().digest_size
_READ = 1 << 20
# Each state of a file whose bytes were read and found to be right.
_checked: set[tuple[str, int, int, int]] = set()


class Writer(Protocol):
    """Takes the content of a file."""

    def write(self, content: bytes, /) -> object:
        """Take the next bytes."""


class _Sealing:
    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._hash = _begun(name)

    def write(self, content: bytes, /) -> None:
        self._hash.update(content)
        self._file.write(content)

    def close(self) -> None:
        self._file.write(self._hash.digest())


@contextmanager
def sealed_file(path: Path) -> Iterator[Writer]:
    """Write a sealed file that appears whole or not at all; raises as ``whole_file`` does."""
    with whole_file(path) as file:
        sealing = _Sealing(file, path.name)
        yield sealing
        sealing.close()


def sealed(content: bytes, name: str) -> bytes:
    """Return the bytes of a sealed file of this name."""
    running = _begun(name)
    running.update(content)
    return content + running.digest()


def sealed_bytes(path: Path) -> bytes | None:
    """Return the content of a sealed file; None when there is none or it was damaged."""
    if _size(path) is None:
        return None
    with path.open("rb") as file:
        found = file.read()
    content = found[:-_SEAL]
    if sealed(content, path.name) == found:
        return content
    discard(path)
    return None


def sealed_size(path: Path) -> int | None:
    """Return the bytes of a sealed file's content, which is checked; None as ``sealed_bytes``."""
    size = _size(path)
    if size is None:
        return None
    with path.open("rb") as file:
        state = _state(path, file)
        if state in _checked:
            return size - _SEAL
        running = _begun(path.name)
        _update(running, file, max(0, size - _SEAL))
        if file.read() == running.digest():
            _checked.add(state)
            return size - _SEAL
    discard(path)
    return None


def is_sound(path: Path, algorithm: str, digest: str) -> bool:
    """Tell whether a file is there and has a digest; a damaged one is removed."""
    size = _size(path)
    if size is None:
        return False
    with path.open("rb") as file:
        state = _state(path, file)
        if state in _checked:
            return True
        running = hashlib.new(algorithm)
        _update(running, file, size)
        if running.hexdigest() == digest:
            _checked.add(state)
            return True
    discard(path)
    return False


def damaged_cache(path: Path, why: str) -> DamagedCacheError:
    """Remove a damaged entry and return the error that says that the work can be done again."""
    discard(path)
    return DamagedCacheError(
        f"{path} in the cache was damaged", why=why, hint="It was removed; run the command again."
    )


def _begun(name: str) -> hashlib._Hash:
    return hashlib.sha256(os.fsencode(name) + b"\0")


def _size(path: Path) -> int | None:
    """Return the size of a regular file; a folder or a pipe there is damage."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISREG(found.st_mode):
        return found.st_size
    discard(path)
    return None


def _state(path: Path, file: BinaryIO) -> tuple[str, int, int, int]:
    found = os.fstat(file.fileno())
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns


def _update(running: hashlib._Hash, file: BinaryIO, size: int) -> None:
    while size and (chunk := file.read(min(size, _READ))):
        running.update(chunk)
        size -= len(chunk)
