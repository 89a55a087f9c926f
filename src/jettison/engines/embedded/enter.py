"""The helper ``enter PROCESS PROGRAM``: run a program in a container.

``PROCESS`` is process 1 of the container as this machine numbers it, ``PROGRAM`` a file of JSON.
In a chroot nothing that the program started is left when it has ended.
The exit status is the program's, or 126 or 127 when it cannot be started.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from jettison.engines.embedded import Program, syscalls
from jettison.engines.embedded.launch import in_chroot
from jettison.engines.embedded.privileges import (
    become,
    hand_over_streams,
    join_groups,
    status_of,
    why_not,
)

_NOT_STARTED = 126


def main(words: Sequence[str]) -> int:
    """Enter the container, run the program and return its status."""
    process, written = int(words[0]), words[1]
    program = Program.from_json(json.loads(Path(written).read_text()))
    program = join_groups(program)
    if program.root:
        return in_chroot(lambda: _run(program))
    own = ("net", "ipc", "uts", "pid", "mnt")
    try:
        if syscalls.privileged():
            # These belong to this machine's root, who is somebody else in the last.
            hand_over_streams(program)
            syscalls.join(process, *own, "user")
        else:
            syscalls.join(process, "user", *own)
    except FileNotFoundError:
        os.write(2, b"the container is not running\n")
        return _NOT_STARTED
    # What runs in the container already must not get hold of the interpreter of this machine.
    syscalls.hide_memory()
    child = os.fork()
    if child == 0:
        os._exit(_run(program))
    _, raw = os.waitpid(child, 0)
    return status_of(raw)


def _run(program: Program) -> int:
    try:
        become(program)
    except OSError as error:
        os.write(2, f"{program.words[0]}: {error.strerror}\n".encode())
        return why_not(error)
    return 0
