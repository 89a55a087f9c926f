"""Where an engine keeps files: a directory that the next one removes when this one was killed."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from jettison.images.stores.unpack import remove_unpacked

_PREFIX = "jettison-engine-"
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


def own_directory() -> OwnDirectory:
    """Make a directory, and remove those whose processes were killed."""
    remove_strays(Path(tempfile.gettempdir()))
    made = Path(tempfile.mkdtemp(prefix=_NEW))
    lock = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Under this name it is looked at, so the lock is held before it gets it.
    path = made.rename(made.with_name(_PREFIX + made.name.removeprefix(_NEW)))
    return OwnDirectory(path=path, lock=lock)


def remove_strays(folder: Path) -> None:
    """Remove the directories of this user's engines that no process holds."""
    for directory in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if directory.lstat().st_uid == os.geteuid() and not directory.is_symlink():
                lock = os.open(directory / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove_unpacked(directory)
                finally:
                    os.close(lock)
