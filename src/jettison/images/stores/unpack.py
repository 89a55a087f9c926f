"""Unpacking an image, as root or as anybody else, into directories that no run leaves behind."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from jettison.errors import ImageError
from jettison.images.entry import DEVICES, Entry, Kind, ReadEntry
from jettison.images.image import Image
from jettison.images.stores import partial_path, write_error, writing
from jettison.images.stores.root import Root, Spot, remove_directory
from jettison.records import NEW_FILE

ENGINE = "jettison-engine-"
WORK = "jettison-work-"
_NEW = "jettison-new-"
_LOCK = "lock"
_ROOT_MODE = 0o755
_NOBODY = 65534
# The last number means that an owner stays as it is.
_NOBODY_MORE = (1 << 32) - 2


def unpack(image: Image, directory: Path, *, owner: int = 0) -> None:
    """Unpack all layers into an empty directory.

    Nothing outside ``directory`` is written, whatever the layers hold. Owners are set when the
    process is root, counted from ``owner`` on; without, all belongs to the user. Modes are kept
    with their set-user-ID bits. Device nodes and extended attributes are omitted. ImageError,
    IntegrityError or WriteError name the culprit; the directory then holds a part of the image.
    """
    if any(directory.iterdir()):
        raise ImageError(f"{directory} is not empty")
    unpacker = _Unpacker(directory, owner)
    for layer in image.layers:
        unpacker.layer(layer.entries())
    unpacker.finish()


def remove_unpacked(directory: Path) -> None:
    """Remove what was unpacked, also directories that the image allows nobody to write in."""
    with suppress(OSError):  # another thread removes it too
        remove_directory(str(directory))


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give an empty folder for the owner alone; it is removed, however deep it became.

    The next one that is made removes those whose processes were killed.
    """
    own = own_directory(WORK)
    try:
        folder = own.path.resolve() / "files"
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        own.remove()


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill, which is ``path`` when the block ends without an error.

    Another process may be quicker; its files are the same. Raises as ``whole_file`` does.
    """
    with writing(path), partial_path(path) as partial:
        partial.mkdir()
        try:
            yield partial
            try:
                partial.rename(path)
            except OSError:
                if not path.exists():
                    raise
        finally:
            if partial.exists():
                remove_unpacked(partial)


class _Unpacker:
    def __init__(self, directory: Path, owner: int) -> None:
        self._root = Root(directory)
        self._owner = owner
        self._directories: dict[str, Entry] = {}
        self._is_root = os.geteuid() == 0

    def layer(self, entries: Iterable[ReadEntry]) -> None:
        self._root.begin_layer()
        for read in entries:
            with self._writing(read.entry.path):
                self._entry(read)

    def finish(self) -> None:
        """Set the modes of directories, the innermost first, when nothing more goes in."""
        modes = self._directories | {
            path: Entry(path=path, kind=Kind.DIRECTORY, mode=mode)
            for path, mode in self._root.implied.items()
        }
        for path in sorted(modes.keys() - {""}, reverse=True):
            with self._writing(path), self._root.spot(path, make=False) as spot:
                if spot and spot.path == path and spot.is_directory:
                    self._attributes(spot, modes[path])
        top = modes.get("")
        self._root.path.chmod(top.mode if top else _ROOT_MODE)
        if self._owner:
            uid, gid = self._owners(top.uid, top.gid) if top else self._owners(0, 0)
            os.chown(self._root.path, uid, gid)

    @contextmanager
    def _writing(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise write_error(self._root.path / path, error) from error

    def _entry(self, read: ReadEntry) -> None:
        entry = read.entry
        if entry.is_mark:
            self._mark(entry)
        elif not entry.path:
            self._directories[""] = entry
        elif entry.kind not in DEVICES:
            with self._root.spot(entry.path, make=True) as spot:
                if spot:
                    self._place(read, spot)
                    self._root.touch(spot.path)

    def _mark(self, entry: Entry) -> None:
        path = entry.parent if entry.is_opaque else entry.removes
        if entry.is_opaque and not path:
            for there in self._root.path.iterdir():
                self._remove(there.name)
        elif path:
            self._remove(path, inside=entry.is_opaque)

    def _remove(self, path: str, *, inside: bool = False) -> None:
        with self._root.spot(path, make=False) as spot:
            if spot is None:
                return
            if not inside:
                self._root.remove_lower(spot)
            elif spot.is_directory:
                self._root.empty_lower(spot)

    def _place(self, read: ReadEntry, spot: Spot) -> None:
        entry = read.entry
        if entry.kind is Kind.DIRECTORY:
            spot.make_directory()
            self._directories[spot.path] = entry
            self._root.implied.pop(spot.path, None)
            return
        if entry.kind is Kind.HARD_LINK:
            self._link(entry, spot)
            return
        spot.remove()
        if entry.kind is Kind.SYMLINK:
            os.symlink(entry.link, spot.name, dir_fd=spot.parent)
        elif entry.kind is Kind.FIFO:
            os.mkfifo(spot.name, dir_fd=spot.parent)
        else:
            _write(read, spot)
        self._attributes(spot, entry)

    def _link(self, entry: Entry, spot: Spot) -> None:
        with self._root.spot(entry.link, make=False) as target:
            if target is None or target.stat() is None or target.is_directory:
                raise ImageError(
                    f"the hard link {entry.path} of a layer names no file",
                    why=f"{entry.link} is not there",
                )
            if target.path == spot.path:
                return
            spot.remove()
            os.link(
                target.name,
                spot.name,
                src_dir_fd=target.parent,
                dst_dir_fd=spot.parent,
                follow_symlinks=False,
            )

    def _attributes(self, spot: Spot, entry: Entry) -> None:
        """Set owner, mode and times, in this order: chown drops set-ID."""
        at, name = spot.parent, spot.name
        if self._is_root:
            uid, gid = self._owners(entry.uid, entry.gid)
            os.chown(name, uid, gid, dir_fd=at, follow_symlinks=False)
        if entry.kind is not Kind.SYMLINK:
            os.chmod(name, entry.mode, dir_fd=at)
        os.utime(name, (entry.mtime, entry.mtime), dir_fd=at, follow_symlinks=False)

    def _owners(self, *numbers: int) -> list[int]:
        """Return who owners are here; who is outside of the range becomes nobody of it."""
        most = _NOBODY_MORE - self._owner
        return [self._owner + (each if each < most else _NOBODY) for each in numbers]


def _write(read: ReadEntry, spot: Spot) -> None:
    descriptor = os.open(spot.name, NEW_FILE, 0o600, dir_fd=spot.parent)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 — a descriptor, not a path
        for chunk in read.chunks():
            file.write(chunk)


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
