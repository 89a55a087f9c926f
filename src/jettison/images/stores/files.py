"""Files that appear under their names whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from jettison.errors import WriteError

_PARTIAL = ".partial"
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
def partial_path(path: Path) -> Iterator[Path]:
    """Give an unused name beside ``path``; what is left under it at the end is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_PARTIAL}")
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; OSError for a pipe or a device, which could wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return open(descriptor, "rb")  # noqa: PTH123 — a descriptor, not a path


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system says about writing ``path`` into a WriteError.

    What it says about other files, from which the bytes may come, is left as it is.
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
    hint = "Free some space and run again." if error.errno in _FULL else "Check its permissions."
    return WriteError(f"{path} cannot be written", why=error.strerror or str(error), hint=hint)


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def remove_abandoned(directory: Path) -> None:
    """Remove what killed processes left in a directory."""
    oldest = time.time() - _ABANDONED_SECONDS
    for partial in directory.glob(f".*{_PARTIAL}"):
        try:
            if partial.stat().st_mtime < oldest:
                partial.unlink()
        except FileNotFoundError:
            # Another process was quicker.
            continue
