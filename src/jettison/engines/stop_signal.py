"""The signal that stops a container, and whether its first process hears it."""

from __future__ import annotations

import re
import signal
from contextlib import suppress
from pathlib import Path

from jettison.errors import EngineError
from jettison.values import whole_number

_STATUS = re.compile(r"^(NSpid|SigBlk|SigIgn|SigCgt):\s*(.+)$", re.MULTILINE)
# The number of rt_sigtimedwait on x86-64 and on arm64.
_SIGWAIT = frozenset({"128", "137"})


def signal_number(name: str) -> int:
    """Return the number of ``SIGTERM``, ``TERM`` or ``15``; SIGTERM for nothing."""
    if not name:
        return signal.SIGTERM
    number = whole_number(name)
    full = name if name.startswith("SIG") else f"SIG{name}"
    if number is None and full in signal.Signals.__members__:
        return signal.Signals[full]
    if number is None or number not in range(1, signal.NSIG):
        raise EngineError(f"the image's stop signal {name[:40]!r} is unknown")
    return number


def is_deaf(process: int, number: int) -> bool:
    """Whether a process of this machine never hears a signal, as far as the kernel tells.

    The first process of a container gets no signal that it neither handles nor waits for
    (pid_namespaces(7)), and nothing gets one that it ignores.
    """
    try:
        status = dict(_STATUS.findall(Path(f"/proc/{process}/status").read_text("ascii")))
    except (OSError, ValueError):
        return False
    if status.keys() < {"NSpid", "SigBlk", "SigIgn", "SigCgt"}:
        return False
    waited, ignored, handled = (
        int(status[name], 16) >> (number - 1) & 1 for name in ("SigBlk", "SigIgn", "SigCgt")
    )
    first = status["NSpid"].split()
    deaf = not (waited or handled) and bool(ignored or (len(first) > 1 and first[-1] == "1"))
    return deaf and not _waits_for_signals(process)


def _waits_for_signals(process: int) -> bool:
    """Whether a thread is in sigwait(3), during which the kernel lists no signal as blocked."""
    for task in Path(f"/proc/{process}/task").glob("*/syscall"):
        with suppress(OSError):
            if task.read_text("ascii").partition(" ")[0] in _SIGWAIT:
                return True
    return False
