"""A root of its own for one container where the kernel allows no namespaces: chroot(2).

Root of a plain container may change its root and become somebody else, and no more. Nothing can be
mounted, so each container gets its files here: those that its program may write are copies, all
others further names of what was unpacked. No process runs in the tree while it is made.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock

from jettison.engines import Isolation, Network, RunOptions
from jettison.engines.embedded import Identity, Spec
from jettison.errors import EngineError
from jettison.images.stores.root import Root, Spot
from jettison.values import replace

# Who a program is that would be root: a number that neither images nor machines give to anybody.
NOT_ROOT = 65533
_SHARED = "its processes, files and network are those of this machine, in a chroot"
_CLOSED = "connections are refused in a chroot, which shares the network of this machine"
CHROOT = Isolation(
    name="chroot",
    root=NOT_ROOT,
    unseen={
        "services": _CLOSED,
        "health-check": _CLOSED,
        "read-only-root": "a chroot has no read-only root",
        "process": _SHARED,
        "written-files": _SHARED,
        "signals": "the first process in a chroot is one like others, which signals end",
    },
)
# How long a container waits for the ports of another one.
_MOST_SECONDS = 1800.0
_DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}
_EMPTY = ("proc", "sys", "dev", "dev/shm")
# Folders of the system and of distributions: what is root's there is not written by programs.
_INSTALLED = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SITES = frozenset({"site-packages", "dist-packages"})
_OPEN, _ANYBODY, _DEVICE = 0o755, 0o1777, 0o666


def somebody(who: Identity) -> Identity:
    """Return who a program runs as: the image's user, and nobody's number instead of root."""
    return who if who.uid else replace(who, uid=NOT_ROOT, gid=NOT_ROOT, groups=(NOT_ROOT,))


def in_chroot(spec: Spec) -> Spec:
    """Return a container whose program gets a root below ``spec.scratch``."""
    root = f"{spec.scratch}/root"
    identity = somebody(spec.program.identity)
    return replace(spec, program=replace(spec.program, identity=identity, root=root))


def lay(spec: Spec) -> None:
    """Make ``spec.program.root``. OSError when it cannot be made."""
    _Copy(spec.program.identity).tree(spec.root, spec.program.root)
    inside = _Inside(spec)
    for path in _EMPTY:
        with inside.empty(path) as spot:
            os.mkdir(spot.name, _OPEN, dir_fd=spot.parent)
    with inside.parent("dev/null") as spot:
        for name, (major, minor) in _DEVICES.items():
            os.mknod(name, _DEVICE | stat.S_IFCHR, os.makedev(major, minor), dir_fd=spot.parent)
            os.chmod(name, _DEVICE, dir_fd=spot.parent)
        os.chmod("shm", _ANYBODY, dir_fd=spot.parent)
        # A file system may not let devices work.
        os.close(os.open("null", os.O_WRONLY, dir_fd=spot.parent))
    for name, source in spec.etc:
        inside.copied(source, f"etc/{name}")
    for target in spec.volumes:
        inside.directory(target)
    for target, options in spec.tmpfs:
        modes = [int(word.removeprefix("mode="), 8) for word in options if word.startswith("mode=")]
        with inside.empty(target) as spot:
            os.mkdir(spot.name, dir_fd=spot.parent)
            os.chmod(spot.name, modes[0] if modes else _ANYBODY, dir_fd=spot.parent)
    for source, target in spec.binds:
        inside.copied(source, target)
    inside.directory(spec.program.directory)


class _Copy:
    """Copies what somebody may write, and gives all else a further name."""

    def __init__(self, who: Identity) -> None:
        self._who = who
        self._was_root = who.uid == NOT_ROOT

    def tree(self, source: str, target: str) -> None:
        for folder, folders, files in os.walk(source):
            inner = folder.removeprefix(source)
            made = target + inner
            self._folder(folder, made)
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in (*files, *links):
                self._file(f"{folder}/{name}", f"{made}/{name}", inner.strip("/"))

    def _folder(self, source: str, target: str) -> None:
        found = os.lstat(source)
        Path(target).mkdir()
        self._owned(found, target)

    def _file(self, source: str, target: str, folder: str) -> None:
        found = os.lstat(source)
        if stat.S_ISREG(found.st_mode) and self._writes(found, folder.split("/")):
            shutil.copy2(source, target)
            self._owned(found, target)
        else:
            os.link(source, target, follow_symlinks=False)

    def _owned(self, found: os.stat_result, target: str) -> None:
        numbers = (found.st_uid, found.st_gid)
        if self._was_root:
            uid, gid = (number or NOT_ROOT for number in numbers)
        else:
            uid, gid = numbers
        os.chown(target, uid, gid, follow_symlinks=False)
        Path(target).chmod(stat.S_IMODE(found.st_mode))

    def _writes(self, found: os.stat_result, folders: list[str]) -> bool:
        if found.st_mode & stat.S_IWOTH:
            return True
        if self._was_root and not found.st_uid:
            return folders[0] not in _INSTALLED and not _SITES.intersection(folders)
        groups = (self._who.gid, *self._who.groups)
        shared = found.st_mode & stat.S_IWGRP and found.st_gid in groups
        return found.st_uid == self._who.uid or bool(shared)


class _Inside:
    """Places below the new root: links of the image lead nowhere else."""

    def __init__(self, spec: Spec) -> None:
        self._root = Root(Path(spec.program.root), follows=True)
        self._owner = NOT_ROOT if spec.program.identity.uid == NOT_ROOT else 0

    @contextmanager
    def parent(self, path: str) -> Iterator[Spot]:
        """Give the place of a path; folders on the way are made."""
        with self._root.spot(path.strip("/"), make=True) as spot:
            assert spot is not None  # noqa: S101 — with ``make`` there always is one
            for implied in self._root.settled():
                os.chmod(implied.name, _OPEN, dir_fd=implied.parent)
                self._give(implied)
            yield spot

    @contextmanager
    def empty(self, path: str) -> Iterator[Spot]:
        """Give a place after what is there was removed; it is given away once it is filled."""
        with self.parent(path) as spot:
            spot.remove()
            yield spot
            self._give(spot)

    def directory(self, path: str) -> None:
        """Make a folder where there is none; a link to one stays."""
        if not path.strip("/"):
            return
        with self.parent(f"{path}/any"):
            pass

    def copied(self, source: str, path: str) -> None:
        """Put a copy of a file or folder of this machine in a place."""
        with self.empty(path) as spot:
            target = f"/proc/self/fd/{spot.parent}/{spot.name}"
            if Path(source).is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
                Path(target).chmod(0o644)

    def _give(self, spot: Spot) -> None:
        if self._owner:
            os.chown(spot.name, self._owner, self._owner, dir_fd=spot.parent, follow_symlinks=False)


class Ports:
    """The ports of this machine, which containers in a chroot take one after the other."""

    def __init__(self) -> None:
        """Begin with all of them free."""
        self._lock = Lock()

    def taken(self, options: RunOptions) -> Callable[[], None]:
        """Wait until no other container listens; what is returned lets the next one go on.

        EngineError when something else on this machine has a port.
        """
        if options.beside:
            raise EngineError("a chroot has no network for several containers")
        if options.network is Network.NONE:
            return lambda: None
        if not self._lock.acquire(timeout=_MOST_SECONDS):
            raise EngineError(
                "a container in a chroot waited too long for its ports",
                why=f"another one has them, for more than {_MOST_SECONDS:g} seconds",
            )
        over = partial(_released, [self._lock])
        for port in filter(_listens, options.ports):
            over()
            raise EngineError(
                f"port {port} is in use on this machine",
                why="containers in a chroot share its network",
                hint="End what listens on it, or use Docker or Podman.",
            )
        return over


def _released(held: list[Lock]) -> None:
    """Release a lock, the first time."""
    while held:
        held.pop().release()


def _listens(port: int) -> bool:
    with socket.socket() as any_socket:
        any_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            any_socket.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
