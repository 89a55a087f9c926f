"""What this machine tells of the first process of a container, and of those that it started."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from pathlib import Path

from jettison.verify.inside import facts

_PROCESSES = Path("/proc")
# Of a processor: an interpreter that imports takes all that it gets, what waits wakes now and then.
_RESTING_SHARE, _RESTING_SECONDS, _LOOK_SECONDS = 0.03, 1.0, 0.25
# What loads its modules is done after so much of a processor, however long it waits for one.
_LOADING_SECONDS = 10.0
# What looks each second whether any of a thousand files has changed uses more than what waits.
POLLING_SHARE = 0.15
# Fields of proc_pid_stat(5) after the name in parentheses, which count from 3.
_PARENT, _USED, _STARTED = 1, slice(11, 15), 19
_INODE = 9  # of the rows of proc_net_tcp(5)


def age(process: int) -> float:
    """Give the seconds since a process of this machine began, 0 where nobody can tell."""
    fields = _fields(process)
    if len(fields) <= _STARTED:
        return 0.0
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    return max(0.0, now - int(fields[_STARTED]) / _ticks())


def lives(process: int) -> bool:
    """Whether a process of this machine is there."""
    return bool(process) and (_PROCESSES / str(process)).exists()


class Rest:
    """Tells whether the processes of a container only wait, by the processor time that they use.

    What uses no more than a ``share`` of one processor waits.
    """

    def __init__(self, share: float = _RESTING_SHARE) -> None:
        self._share = share
        self._looked, self._since, self._used = -_LOOK_SECONDS, 0.0, 0.0

    def lasts(self, process: int) -> bool:
        """Whether they have used next to nothing for a second, or more than loading takes.

        True where nobody can tell.
        """
        return self.seconds(process) >= _RESTING_SECONDS or self._used > _LOADING_SECONDS

    def seconds(self, process: int) -> float:
        """Give for how long they have used next to nothing; infinity where nobody can tell."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked, used = now, _used(process)
            if used is None:
                return math.inf
            most = self._share * max(_RESTING_SECONDS, now - self._since)
            if not self._since or used - self._used > most:
                self._since, self._used = now, used
        return now - self._since


def _used(process: int) -> float | None:
    """Give the seconds of a processor that a process and all below it used, with what has ended.

    None for a process that is not of this machine.
    """
    own = _with_descendants(process)
    return sum(own.values()) / _ticks() if own else None


def _with_descendants(process: int) -> dict[int, int]:
    """Give the ticks that a process and all below it used; nothing for one that is not here."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for place in _PROCESSES.iterdir():
        fields = _fields(int(place.name)) if place.name.isdecimal() else []
        if len(fields) > _STARTED:
            children.setdefault(int(fields[_PARENT]), []).append(int(place.name))
            used[int(place.name)] = sum(map(int, fields[_USED]))
    own = [process] if process in used else []
    for one in own:
        own += children.get(one, ())
    return {one: used[one] for one in own}


def _fields(process: int) -> list[str]:
    try:
        text = (_PROCESSES / str(process) / "stat").read_text("ascii", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")


def listening(process: int) -> set[tuple[int, bool]]:
    """Give the ports that a container listens on, and whether on the loopback; none when not known.

    Where it has the network of this machine, others listen there.
    """
    found: set[tuple[int, bool]] = set()
    if not is_apart(process):
        return found
    for name in ("tcp", "tcp6"):
        with suppress(OSError):
            table = (_PROCESSES / str(process) / "net" / name).read_text("ascii")
            found |= facts.listening(table)
    return found


def listens(process: int) -> bool | None:
    """Whether a process or one below it has a socket that listens; None where nobody can tell.

    Containers that share a network see the sockets of each other, but hold their own alone.
    """
    waiting: set[str] = set()
    held: set[str] = set()
    try:
        for name in ("tcp", "tcp6"):
            table = (_PROCESSES / str(process) / "net" / name).read_text("ascii")
            rows = (line.split() for line in table.splitlines()[1:])
            waiting |= {f"socket:[{row[_INODE]}]" for row in rows if row[3] == facts.LISTENS}
        for one in _with_descendants(process):
            held |= {str(link.readlink()) for link in (_PROCESSES / str(one) / "fd").iterdir()}
    except OSError:
        return None
    return not waiting.isdisjoint(held)


def is_apart(process: int) -> bool:
    """Whether a process has a network of its own, which this machine sees."""
    return _network(str(process)) not in ("", _network("self"))


def _network(process: str) -> str:
    """Name the network that a process has, where that can be read."""
    try:
        return str((_PROCESSES / process / "ns" / "net").readlink())
    except OSError:
        return ""
