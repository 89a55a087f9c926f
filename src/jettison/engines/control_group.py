"""The memory of a container as the kernel counts it, where this machine's kernel runs it."""

from __future__ import annotations

import re
from pathlib import Path

# By the beginning of a line of /proc/PROCESS/cgroup: where the group's folder is, its file of use,
# and the line of memory.stat for page cache that can be dropped (kernel.org, "Control Group v2" and
# "Memory Resource Controller"). Which of both versions is in use depends on the machine.
_VERSIONS = (
    (
        re.compile(r"^0::(/.+)$", re.MULTILINE),
        "",
        "memory.current",
        re.compile(r"^inactive_file (\d+)$", re.MULTILINE),
    ),
    (
        re.compile(r"^\d+:memory:(/.+)$", re.MULTILINE),
        "memory",
        "memory.usage_in_bytes",
        re.compile(r"^total_inactive_file (\d+)$", re.MULTILINE),
    ),
)


def memory_of(process: int, container: str, root: Path = Path("/")) -> int | None:
    """Bytes in use by the control group of a container's first process; None when not known.

    Page cache that can be dropped is not counted, as by ``docker stats`` (docs.docker.com, "docker
    container stats"). An engine in another machine, or in a container, gives a process number that
    means something else here, so the group's path has to name the container.
    """
    groups = _groups_of(process, root)
    for line, controller, current, droppable in _VERSIONS:
        path = line.search(groups)
        if path and container in path[1] and ".." not in path[1]:
            folder = root / "sys/fs/cgroup" / controller / path[1].lstrip("/")
            found = _read(folder, current, droppable)
            if found is not None:
                return found
    return None


def is_of(process: int, container: str, root: Path = Path("/")) -> bool:
    """Whether a process of this machine is one of the container, by its control groups."""
    return container in _groups_of(process, root)


def _groups_of(process: int, root: Path) -> str:
    """The control groups of a process as the kernel lists them; empty when it is not there."""
    try:
        return (root / f"proc/{process}/cgroup").read_text("ascii")
    except OSError:
        return ""


def _read(folder: Path, current: str, droppable: re.Pattern[str]) -> int | None:
    try:
        used = int((folder / current).read_text("ascii"))
        dropped = droppable.search((folder / "memory.stat").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return used - min(used, int(dropped[1])) if dropped else None
