"""The most that a container may take of this machine, and control groups that hold it to that."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_SHARE = 0.75
_SMALLEST = 512 << 20
_TRIES, _WAIT = 40, 0.025
_KILLED = re.compile(r"^oom_kill [1-9]", re.MULTILINE)
EXHAUSTED = "it used more memory than --memory-limit allows"
_OWN = re.compile(r"jettison-(\d+)-")
_UNIFIED = re.compile(r"^0::(/.*)$", re.MULTILINE)
# Of the first version (kernel.org, "Memory Resource Controller", "Process Number Controller").
_SEPARATE = {
    "memory": (re.compile(r"^\d+:(?:\w+,)*memory(?:,\w+)*:(/.*)$", re.MULTILINE), "limit_in_bytes"),
    "pids": (re.compile(r"^\d+:(?:\w+,)*pids(?:,\w+)*:(/.*)$", re.MULTILINE), "max"),
}


def _most_memory() -> int:
    """Return three quarters of the memory of this machine in bytes, 0 where that is not known."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    return max(_SMALLEST, int(whole * _SHARE))


class Limits(Struct, frozen=True, kw_only=True):
    """Bytes of memory and number of processes of one container; 0 is no limit."""

    memory: int = _most_memory()
    processes: int = 2048


class Groups(Struct, frozen=True, kw_only=True):
    """Control groups that were made for one container. ``memory`` tells whether one limits that."""

    folders: tuple[Path, ...] = ()
    memory: bool = False

    @property
    def joined_by(self) -> tuple[str, ...]:
        """The files to which a process writes 0 to be in them."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders)

    @property
    def exhausted(self) -> bool:
        """Whether the kernel ended a process because there was no memory left."""
        for name in ("memory.oom_control", "memory.events"):
            for folder in self.folders:
                with suppress(OSError):
                    if _KILLED.search((folder / name).read_text("ascii")):
                        return True
        return False

    def remove(self) -> None:
        """Remove the groups when their last process is gone."""
        for folder in self.folders:
            for _ in range(_TRIES):
                with suppress(OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(_WAIT)


def groups_for(limits: Limits, name: str, root: Path = Path("/")) -> Groups:
    """Make control groups beside that of this process; none where it may not."""
    own = (root / "proc/self/cgroup").read_text() if (root / "proc/self/cgroup").exists() else ""
    folder = f"jettison-{os.getpid()}-{name}"
    found = Groups()
    for controller, (line, key) in _SEPARATE.items():
        path = line.search(own)
        amount = getattr(limits, "memory" if controller == "memory" else "processes")
        if path and amount:
            place = root / "sys/fs/cgroup" / controller / path[1].lstrip("/") / folder
            if _made(place, {f"{controller}.{key}": amount}):
                folders = (*found.folders, place)
                found = Groups(folders=folders, memory=found.memory or controller == "memory")
    if found.folders:
        return found
    keys = {"memory.max": limits.memory, "pids.max": limits.processes}
    for parent in _unified(own, root):
        if _made(parent / folder, {key: amount for key, amount in keys.items() if amount}):
            return Groups(folders=(parent / folder,), memory=bool(limits.memory))
    return found


def _unified(own: str, root: Path) -> Iterator[Path]:
    """Yield where a group of the second version may be: a group with processes has none below."""
    path = _UNIFIED.search(own)
    if path:
        here = root / "sys/fs/cgroup" / path[1].lstrip("/")
        yield here
        if path[1] != "/":
            yield here.parent


def _made(place: Path, limits: dict[str, int]) -> bool:
    """Make a group with limits, if that can be; groups of processes that were killed leave."""
    with suppress(OSError):
        for other in place.parent.glob("jettison-*"):
            of = _OWN.match(other.name)
            if of and not Path(f"/proc/{of[1]}").exists():
                with suppress(OSError):
                    other.rmdir()
    try:
        place.mkdir()
    except OSError:
        return False
    try:
        for key, amount in limits.items():
            if not (place / key).exists():
                raise FileNotFoundError(key)
            (place / key).write_text(str(amount))
    except OSError:
        with suppress(OSError):
            place.rmdir()
        return False
    return True
