"""Places that hold images; files written whole or not at all, and seals on files that are kept."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from jettison.errors import DamagedCacheError, IntegrityError, WriteError
from jettison.records import Records, discard, is_hollow, open_regular

PARTIAL = ".partial"
"""Ends the name of what is not whole yet; its name begins with a dot."""
# No build takes a day; what is older was left by a process that was killed.
_ABANDONED_SECONDS = 24 * 60 * 60


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside ``path`` and rename it there when the block ends without an error.

    WriteError names ``path`` when the disk is full or the directory cannot be written.
    """
    with writing(path), partial_path(path) as partial:
        with partial.open("xb") as file:
            yield file
        partial.replace(path)


@contextmanager
def output_file(path: Path) -> Iterator[BinaryIO]:
    """Write what somebody asked for at ``path``; raises as ``whole_file`` does, and for a disk.

    What is no file, such as ``/dev/stdout``, is written to as it is.
    """
    if _is_stream(path):
        with writing(path), path.open("wb") as file:
            yield file
    else:
        with whole_file(path) as file:
            yield file


def _is_stream(path: Path) -> bool:
    """Whether a path is a character device, or a pipe that the system gives a name.

    A pipe elsewhere waits for a reader who may never come.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISBLK(mode):
        raise WriteError(f"{path} is a disk", why="a file would replace it", hint="Name a file.")
    of_system = path.is_relative_to("/dev") or path.is_relative_to("/proc")
    return stat.S_ISCHR(mode) or (of_system and stat.S_ISFIFO(mode))


@contextmanager
def partial_path(path: Path) -> Iterator[Path]:
    """Give an unused name beside ``path``; what is left under it at the end is removed."""
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}{PARTIAL}")
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system says about writing ``path`` into a WriteError.

    What it says about other files, from which the bytes may come, is not changed.
    """
    try:
        yield
    except OSError as error:
        named = Path(error.filename) if error.filename else path
        if named.is_relative_to(path.parent) or path.is_relative_to(named):
            raise write_error(path, error) from error
        raise


def write_error(path: Path, error: OSError) -> WriteError:
    """Say that ``path`` could not be written and what to do."""
    hint = _HINTS.get(error.errno or 0, "Check its permissions.")
    return WriteError(f"{path} cannot be written", why=error.strerror or str(error), hint=hint)


_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
_HINTS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "Free some space and run again."),
    **dict.fromkeys(_IN_THE_WAY, "Remove what is in the place of a folder or of that file."),
}


def remove_abandoned(directory: Path) -> None:
    """Remove what killed processes left in a directory."""
    oldest = time.time() - _ABANDONED_SECONDS
    for partial in directory.glob(f".*{PARTIAL}"):
        try:
            found = partial.lstat()
            if found.st_mtime < oldest:
                if stat.S_ISDIR(found.st_mode):
                    shutil.rmtree(partial, ignore_errors=True)
                else:
                    partial.unlink()
        except FileNotFoundError:
            # Another process was quicker.
            continue


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
    return content + hashlib.sha256(os.fsencode(name) + b"\0" + content).digest()


def sealed_bytes(path: Path) -> bytes | None:
    """Return the content of a sealed file; None when there is none or it was damaged."""
    file = _present(path)
    if file is None:
        return None
    with file:
        found = file.read()
    content = found[:-_SEAL]
    if sealed(content, path.name) == found:
        return content
    discard(path)
    return None


def sealed_size(path: Path) -> int | None:
    """Return the bytes of a sealed file's content, which is checked; None as ``sealed_bytes``."""
    file = _present(path)
    if file is None:
        return None
    with file:
        state = _state(path, file)
        size = state[2]
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
    file = _present(path)
    if file is None:
        return False
    with file:
        state = _state(path, file)
        if state in _checked:
            return True
        running = hashlib.new(algorithm)
        _update(running, file, state[2])
        if running.hexdigest() == digest:
            _checked.add(state)
            return True
    discard(path)
    return False


def damaged_cache(path: Path, why: str) -> DamagedCacheError | WriteError:
    """Remove a damaged entry and return the error that says that the work can be done again.

    WriteError where it cannot be removed, so that the same would happen again.
    """
    discard(path)
    if os.path.lexists(path):
        return WriteError(
            f"{path} in the cache is damaged and cannot be removed",
            why=why,
            hint="Remove it, or set XDG_CACHE_HOME to another folder.",
        )
    return DamagedCacheError(
        f"{path} in the cache was damaged", why=why, hint="It was removed; run the command again."
    )


def answers(records: Records, *, offline: bool) -> Records:
    """Give records of what the network said; offline, IntegrityError for a damaged one."""
    return records.refusing(_damaged_answer) if offline else records


def _damaged_answer(path: Path, why: str) -> IntegrityError:
    return IntegrityError(
        f"{path} in the cache is damaged",
        why=why,
        hint="Run `jettison plan` or `jettison build` once without --offline.",
    )


def _begun(name: str) -> hashlib._Hash:
    return hashlib.sha256(os.fsencode(name) + b"\0")


def regular_size(path: Path) -> int | None:
    """Return the size of a regular file; a folder, a link, a pipe or holes there are damage."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISREG(found.st_mode) and not is_hollow(found):
        return found.st_size
    discard(path)
    return None


def _present(path: Path) -> BinaryIO | None:
    """Open a regular file; None where there is none, or another process just removed it.

    One that may not be read is damaged.
    """
    if regular_size(path) is not None:
        try:
            return open_regular(path)
        except FileNotFoundError:
            return None
        except PermissionError:
            discard(path)
    return None


def _state(path: Path, file: BinaryIO) -> tuple[str, int, int, int]:
    found = os.fstat(file.fileno())
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns


def _update(running: hashlib._Hash, file: BinaryIO, size: int) -> None:
    while size and (chunk := file.read(min(size, _READ))):
        running.update(chunk)
        size -= len(chunk)
