"""The signal that asks a container to end, and whether its first process can hear it."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from jettison.errors import EngineError
from jettison.values import whole_number

_STATUS = re.compile(r"^(NSpid|SigBlk|SigIgn|SigCgt):\s*(.+)$", re.MULTILINE)


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
    return not (waited or handled) and bool(ignored or (len(first) > 1 and first[-1] == "1"))
