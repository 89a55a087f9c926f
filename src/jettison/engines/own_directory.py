"""A directory that a run keeps as long as it lasts, and what runs left that were killed."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from jettison.images.stores.unpack import remove_unpacked

ENGINE = "jettison-engine-"
_NEW = "jettison-new-"
_LOCK = "lock"


class OwnDirectory(Struct, frozen=True, kw_only=True):
    """A directory for the owner alone, and a lock that ends with this process, however it ends."""

    path: Path
    lock: int

    def remove(self) -> None:
        """Remove all that is in it."""
        remove_unpacked(self.path)
        with suppress(OSError):
            os.close(self.lock)


def own_directory(
    kind: str = ENGINE, note: str = "", clear: Callable[[str], bool] = lambda _note: True
) -> OwnDirectory:
    """Make a directory whose name begins with ``kind``; remove those whose processes were killed.

    ``clear`` gets the note of such a process, and says whether its directory can go. Raises OSError
    where no directory can be made.
    """
    _remove_strays(kind, clear)
    made = Path(tempfile.mkdtemp(prefix=_NEW))
    lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.write(lock, note.encode())
    # Under this name it is looked at, so the lock is held before it gets it.
    path = made.rename(made.with_name(kind + made.name.removeprefix(_NEW)))
    return OwnDirectory(path=path, lock=lock)


def _remove_strays(kind: str, clear: Callable[[str], bool]) -> None:
    """Remove the directories of this user's runs that no process holds."""
    for directory in Path(tempfile.gettempdir()).glob(f"{kind}*"):
        with suppress(OSError):
            if directory.lstat().st_uid == os.geteuid() and not directory.is_symlink():
                lock = os.open(directory / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if clear((directory / _LOCK).read_text()):
                        remove_unpacked(directory)
                finally:
                    os.close(lock)
