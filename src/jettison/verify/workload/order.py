"""In which order operations are asked: what creates first, what takes away last."""

from __future__ import annotations

import re
from enum import IntEnum

from jettison.verify.workload.operation import Operation

_LEAVES = re.compile(r"log-?_?out|sign-?_?out", re.I)
_ENDS_SESSION = re.compile(r"revoke|password|deactivate", re.I)
_TAKES_BACK = re.compile(r"restore|reset|clear|purge|clean|shutdown|delete|remove|wipe|flush", re.I)
_COMPLETES = re.compile(r"commit|complete|finish|finali[sz]e|assemble", re.I)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_RANK = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 3}


class Phase(IntEnum):
    """What an operation does to what the application holds."""

    CREATE = 0
    COMPLETE = 1
    USE = 2
    TAKE_BACK = 3
    LEAVE = 4


def phase_of(operation: Operation) -> Phase:
    """Tell from method and path what an operation does."""
    if _LEAVES.search(operation.path):
        return Phase.LEAVE
    if operation.method in _READING:
        return Phase.USE
    if _ENDS_SESSION.search(operation.path):
        return Phase.LEAVE
    if operation.method == "DELETE" or _TAKES_BACK.search(operation.path):
        return Phase.TAKE_BACK
    if operation.method != "POST" or operation.path_parameters:
        return Phase.USE
    return Phase.COMPLETE if _COMPLETES.search(operation.path) else Phase.CREATE


def position(operation: Operation) -> tuple[int, int, int]:
    """Give the sorting key: phase, depth of the path, method."""
    phase = phase_of(operation)
    depth = len(operation.path_parameters)
    # what is taken back goes from the inside out
    inward = -depth if phase >= Phase.TAKE_BACK else depth
    return phase, inward, _RANK.get(operation.method, len(_RANK))
