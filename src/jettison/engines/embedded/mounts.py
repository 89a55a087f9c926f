"""The file systems a container sees. Runs as process 1 of the container, before its program.

Everything is mounted in a mount namespace of its own, so that nothing stays when it ends and
nothing of this machine changes, wherever links of the image lead.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from jettison.engines.embedded import syscalls
from jettison.engines.embedded.spec import Spec
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

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
# The old root, for as long as things are taken from it.
_OLD = "/dev/.old"
_VOLUME = "/dev/.volume"
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


def mount_all(spec: Spec) -> None:
    """Make the container's root the root of this process, with all that belongs in it."""
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    root = _root(spec)
    _system(root)
    Path(root + _OLD).mkdir()
    syscalls.pivot_root(root, root + _OLD)
    os.chdir("/")
    for name, source in spec.etc:
        _bind(_OLD + source, f"/etc/{name}")
    for target in spec.volumes:
        _volume(target)
    for asked in spec.tmpfs:
        _temporary(asked)
    for source, target in spec.binds:
        _bind(_OLD + source, target)
        _remount_read_only(target)
    if spec.read_only:
        _remount_read_only("/")
    syscalls.unmount(_OLD)
    Path(_OLD).rmdir()


def _temporary(asked: str) -> None:
    """Mount an empty directory; ``/path:exec,mode=755`` as Docker has it, not executable else."""
    target, _, options = asked.partition(":")
    words = [word for word in options.split(",") if word]
    modes = [word for word in words if word.startswith("mode=")]
    flags = MS_NOSUID | MS_NODEV | (0 if "exec" in words or not words else MS_NOEXEC)
    Path(target).mkdir(parents=True, exist_ok=True)
    mount("tmpfs", target, "tmpfs", flags, modes[-1] if modes else "mode=1777")


def _root(spec: Spec) -> str:
    """Lay an empty layer over the unpacked image, or take the image itself where that fails."""
    mount("tmpfs", spec.scratch, "tmpfs", MS_NOSUID | MS_NODEV)
    upper, work, merged = (f"{spec.scratch}/{name}" for name in ("upper", "work", "root"))
    for directory in (upper, work, merged):
        Path(directory).mkdir()
    shutil.copystat(spec.root, upper)
    options = f"lowerdir={spec.root},upperdir={upper},workdir={work}"
    for more in (",userxattr", ""):
        with suppress(OSError):
            mount("overlay", merged, "overlay", 0, options + more)
            return merged
    mount(spec.root, merged, "", MS_BIND | MS_REC)
    return merged


def _system(root: str) -> None:
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
    mount("tmpfs", f"{root}/dev", "tmpfs", MS_NOSUID, "mode=755")
    for name in filter(lambda name: Path(f"/dev/{name}").exists(), _DEVICES):
        Path(f"{root}/dev/{name}").touch()
        mount(f"/dev/{name}", f"{root}/dev/{name}", "", MS_BIND)
    for name, target in _LINKS.items():
        Path(f"{root}/dev/{name}").symlink_to(target)
    for name, kind, options in (
        ("pts", "devpts", "newinstance,ptmxmode=0666,mode=0620"),
        ("shm", "tmpfs", "mode=1777"),
        ("mqueue", "mqueue", ""),
    ):
        Path(f"{root}/dev/{name}").mkdir()
        with suppress(OSError):
            mount(kind, f"{root}/dev/{name}", kind, MS_NOSUID | MS_NOEXEC, options)


def _bind(source: str, target: str) -> None:
    place = Path(target)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        if Path(source).is_dir():
            place.mkdir()
        else:
            place.touch()
    mount(source, target, "", MS_BIND | MS_REC)


def _volume(target: str) -> None:
    """Mount a directory that can be written, with a copy of what the image has there."""
    place = Path(target)
    place.mkdir(parents=True, exist_ok=True)
    Path(_VOLUME).mkdir()
    mount("tmpfs", _VOLUME, "tmpfs", MS_NOSUID | MS_NODEV)
    _copy(target, _VOLUME)
    mount(_VOLUME, target, "", MS_MOVE)
    Path(_VOLUME).rmdir()


def _copy(source: str, target: str) -> None:
    """Copy a tree with its owners, which shutil leaves out."""

    def copy(one: str, other: str) -> str:
        shutil.copy2(one, other, follow_symlinks=False)
        _own(one, other)
        return other

    shutil.copytree(source, target, symlinks=True, copy_function=copy, dirs_exist_ok=True)
    for directory, _, _ in os.walk(source):
        _own(directory, target + directory.removeprefix(source))


def _own(one: str, other: str) -> None:
    found = Path(one).lstat()
    os.chown(other, found.st_uid, found.st_gid, follow_symlinks=False)


def _remount_read_only(target: str) -> None:
    present = os.statvfs(target).f_flag
    kept = sum(flag for told, flag in _LOCKED if present & told)
    mount("none", target, "", MS_BIND | MS_REMOUNT | MS_RDONLY | kept)
