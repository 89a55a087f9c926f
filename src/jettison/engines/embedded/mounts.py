"""The file systems a container sees. Runs as process 1 of the container, before its program.

Everything is mounted in a mount namespace of its own, so that nothing stays when it ends. No path
of the image is followed by the kernel while the root of this machine can be reached: paths are
walked with descriptors (``Root``), and what is mounted goes to the descriptor that was found.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jettison.engines.embedded import NO_FOLDER, NO_VOLUME, Spec, syscalls
from jettison.engines.embedded.syscalls import (
    MS_BIND,
    MS_MOVE,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    mount,
)
from jettison.errors import ImageError
from jettison.images.stores.root import Root
from jettison.records import NEW_FILE

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
# What Docker hides and what it lets nobody write (moby, "oci/defaults.go").
_MASKED = (
    *(f"proc/{name}" for name in ("acpi", "asound", "kcore", "keys", "latency_stats")),
    *(f"proc/{name}" for name in ("sched_debug", "scsi", "timer_list", "timer_stats")),
    "sys/devices/virtual/powercap",
    "sys/firmware",
)
_NOT_WRITTEN = tuple(f"proc/{name}" for name in ("bus", "fs", "irq", "sys", "sysrq-trigger"))
_SAFE = MS_NOSUID | MS_NODEV | MS_NOEXEC
# What statvfs tells of a mount that a remount in a user namespace must not lose.
_LOCKED = (
    (os.ST_NOSUID, MS_NOSUID),
    (os.ST_NODEV, MS_NODEV),
    (os.ST_NOEXEC, MS_NOEXEC),
    (os.ST_NOATIME, syscalls.MS_NOATIME),
    (os.ST_NODIRATIME, syscalls.MS_NODIRATIME),
    (os.ST_RELATIME, syscalls.MS_RELATIME),
)
_MOST_LINKS = 40
_LONGEST_SHOWN = 200
# What is wrong with a path, whatever the kernel allows.
_OF_PATHS = frozenset({errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR})
_MADE_MODE = 0o755


def mount_all(spec: Spec) -> None:
    """Make the container's root the root of this process, with all that belongs in it."""
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    top = _root(spec)
    _system(top, spec.program.owner)
    inside = _Inside(top, spec.program.owner)
    for name, source in spec.etc:
        inside.bind(source, f"etc/{name}")
    for target in spec.volumes:
        inside.volume(target)
    for target, options in spec.tmpfs:
        inside.temporary(target, options)
    for source, target in spec.binds:
        inside.bind(source, target)
        inside.read_only(target)
    for path in spec.shared:
        inside.bind(path, path)
    with inside.directory(spec.program.directory):
        pass
    if spec.program.identity.uid and not spec.program.owner:
        # Where one number alone is mapped, the user owns what root of the container would.
        _remount_read_only(f"{top}/dev")
    if spec.read_only:
        _remount_read_only(top)
    _enter(top)


def _enter(top: str) -> None:
    """Make a directory the root, and detach all that this machine had: pivot_root(2)."""
    old = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    os.chdir(top)
    syscalls.pivot_root(".", ".")
    os.fchdir(old)
    os.close(old)
    syscalls.unmount(".")
    os.chdir("/")


def _root(spec: Spec) -> str:
    """Lay an empty layer over the unpacked image, or take the image itself where that fails."""
    mount("tmpfs", spec.scratch, "tmpfs", MS_NOSUID | MS_NODEV)
    upper, work, merged = (f"{spec.scratch}/{name}" for name in ("upper", "work", "root"))
    for directory in (upper, work, merged):
        Path(directory).mkdir()
    shutil.copystat(spec.root, upper)
    _own(spec.root, upper)
    options = f"lowerdir={spec.root},upperdir={upper},workdir={work}"
    for more in (",userxattr", ""):
        with suppress(OSError):
            mount("overlay", merged, "overlay", 0, options + more)
            return merged
    mount(spec.root, merged, "", MS_BIND | MS_REC)
    return merged


def _system(root: str, owner: int) -> None:
    """Mount /proc, /sys and /dev; /proc while the old one can be seen, as the kernel asks."""
    for name in ("proc", "sys", "dev"):
        place = Path(f"{root}/{name}")
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            place.unlink()
        place.mkdir(exist_ok=True)
    mount("proc", f"{root}/proc", "proc", _SAFE)
    with suppress(OSError):
        # Not allowed in the network namespace of another container; nothing needs it.
        mount("sysfs", f"{root}/sys", "sysfs", _SAFE | MS_RDONLY)
    for name in _MASKED:
        _mask(f"{root}/{name}")
    for name in filter(lambda name: Path(f"{root}/{name}").exists(), _NOT_WRITTEN):
        mount(f"{root}/{name}", f"{root}/{name}", "", MS_BIND | MS_REC)
        _remount_read_only(f"{root}/{name}")
    mount("tmpfs", f"{root}/dev", "tmpfs", MS_NOSUID, "mode=755" + _owned_by(owner))
    for name in filter(lambda name: Path(f"/dev/{name}").exists(), _DEVICES):
        Path(f"{root}/dev/{name}").touch()
        mount(f"/dev/{name}", f"{root}/dev/{name}", "", MS_BIND)
    for name, target in _LINKS.items():
        Path(f"{root}/dev/{name}").symlink_to(target)
    for name, kind, options in (
        ("pts", "devpts", "newinstance,ptmxmode=0666,mode=0620"),
        ("shm", "tmpfs", "mode=1777" + _owned_by(owner)),
        ("mqueue", "mqueue", ""),
    ):
        Path(f"{root}/dev/{name}").mkdir()
        with suppress(OSError):
            mount(kind, f"{root}/dev/{name}", kind, MS_NOSUID | MS_NOEXEC, options)


def _mask(path: str) -> None:
    """Show an empty file or directory in place of what the kernel tells there."""
    if Path(path).is_dir():
        mount("tmpfs", path, "tmpfs", MS_RDONLY | _SAFE, "size=4k")
    elif Path(path).exists():
        mount("/dev/null", path, "", MS_BIND)


def _owned_by(owner: int) -> str:
    """Return the options of a file system that belongs to root of the container."""
    return f",uid={owner},gid={owner}" if owner else ""


class _Inside:
    """The container's root before it is one: no path of the image leads out of it."""

    def __init__(self, top: str, owner: int) -> None:
        self._root = Root(Path(top), follows=True)
        self._top = top
        self._owner = owner

    def bind(self, source: str, target: str) -> None:
        """Mount a file or directory of this machine."""
        with self._free(target, directory=Path(source).is_dir()) as place:
            mount(source, place, "", MS_BIND | MS_REC)

    def read_only(self, target: str) -> None:
        """Let nobody write to what is mounted at a place."""
        with self._place(target, directory=True) as place:
            _remount_read_only(place)

    def temporary(self, target: str, options: tuple[str, ...]) -> None:
        """Mount an empty directory, as Docker with its options: not executable, but without any."""
        modes = [word for word in options if word.startswith(("mode=", "size="))]
        flags = MS_NOSUID | MS_NODEV | (0 if "exec" in options or not options else MS_NOEXEC)
        given = ",".join(("mode=1777" + _owned_by(self._owner), *modes))
        with self._free(target, directory=True) as place:
            mount("tmpfs", place, "tmpfs", flags, given)

    def volume(self, target: str) -> None:
        """Mount a directory that can be written, with a copy of what the image has there."""
        aside = Path(f"{self._top}/dev/.volume")
        aside.mkdir()
        mount("tmpfs", str(aside), "tmpfs", MS_NOSUID | MS_NODEV)
        with self._free(target, directory=True) as place:
            _copy(f"{place}/.", str(aside))
            mount(str(aside), place, "", MS_MOVE)
        aside.rmdir()

    @contextmanager
    def directory(self, target: str) -> Iterator[str]:
        """Give a path to a directory, which is made if it is missing."""
        with self._place(target, directory=True) as place:
            yield place

    @contextmanager
    def _free(self, target: str, *, directory: bool) -> Iterator[str]:
        """Give a path to mount at, which what the kernel shows is not; a copy of that has no end.

        Docker refuses the same places.
        """
        with self._place(target, directory=directory) as place:
            inner = Path(place).readlink().relative_to(os.path.realpath(self._top))
            if inner.parts[:1] in {(), ("proc",), ("sys",)}:
                raise OSError(0, f"{NO_VOLUME} /{'/'.join(inner.parts)}", target)
            yield place

    @contextmanager
    def _place(self, target: str, *, directory: bool) -> Iterator[str]:
        """Give a path that means the very file or directory, whatever becomes of its name."""
        try:
            opened = self._opened(target, directory=directory)
        except ImageError as wrong:
            raise OSError(0, str(wrong), target) from wrong
        except OSError as wrong:
            if wrong.errno not in _OF_PATHS:
                raise
            shown = f"{target[:_LONGEST_SHOWN]}: {wrong.strerror}"
            raise OSError(0, f"{NO_FOLDER} {shown}") from wrong
        try:
            yield f"/proc/self/fd/{opened}"
        finally:
            os.close(opened)

    def _opened(self, target: str, *, directory: bool) -> int:
        for _ in range(_MOST_LINKS):
            path = target.strip("/")
            if not path:
                return os.open(self._top, os.O_PATH | os.O_CLOEXEC)
            with self._root.spot(path, make=True) as spot:
                assert spot is not None  # noqa: S101 — with ``make`` there always is one
                self._settle()
                found = spot.stat()
                if found is not None and stat.S_ISLNK(found.st_mode):
                    link = os.readlink(spot.name, dir_fd=spot.parent)
                    parent = spot.path.rpartition("/")[0]
                    target = link if link.startswith("/") else f"{parent}/{link}"
                    continue
                if found is None:
                    self._make(spot.parent, spot.name, directory=directory)
                flags = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
                return os.open(spot.name, flags, dir_fd=spot.parent)
        raise OSError(0, "too many links", target)

    def _make(self, parent: int, name: str, *, directory: bool) -> None:
        if directory:
            os.mkdir(name, _MADE_MODE, dir_fd=parent)
        else:
            os.close(os.open(name, NEW_FILE, 0o644, dir_fd=parent))
        self._give(parent, name)

    def _settle(self) -> None:
        """Give directories that were made on the way to the container's root."""
        for spot in self._root.settled():
            os.chmod(spot.name, _MADE_MODE, dir_fd=spot.parent)
            self._give(spot.parent, spot.name)

    def _give(self, parent: int, name: str) -> None:
        """Make root of the container the owner, where that is somebody else here."""
        if self._owner:
            os.chown(name, self._owner, self._owner, dir_fd=parent, follow_symlinks=False)


def _copy(source: str, target: str) -> None:
    """Copy a tree with its owners, which shutil omits; what is no file stays behind."""

    def copy(one: str, other: str) -> str:
        if stat.S_ISREG(mode := os.lstat(one).st_mode) or stat.S_ISLNK(mode):
            shutil.copy2(one, other, follow_symlinks=False)
            _own(one, other)
        return other

    shutil.copytree(source, target, symlinks=True, copy_function=copy, dirs_exist_ok=True)
    for directory, _, _ in os.walk(source):
        _own(directory, target + directory.removeprefix(source))


def _own(one: str, other: str) -> None:
    found = os.lstat(one)
    os.chown(other, found.st_uid, found.st_gid, follow_symlinks=False)


def _remount_read_only(target: str) -> None:
    present = os.statvfs(target).f_flag
    kept = sum(flag for told, flag in _LOCKED if present & told)
    mount("none", target, "", MS_BIND | MS_REMOUNT | MS_RDONLY | kept)
