"""The last steps of a process on its way to be a container's program."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from jettison.engines.embedded import syscalls
from jettison.engines.embedded.spec import Program

# The status of a shell whose command is missing, or is there and cannot be started.
MISSING = 127
NOT_EXECUTABLE = 126


def become(program: Program) -> None:
    """Execute the program in place of this process; OSError when it cannot be."""
    os.umask(0o022)
    os.chdir(program.directory)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGXFSZ):
        # Python ignores or handles these, and what is ignored stays so in the program.
        signal.signal(number, signal.SIG_DFL)
    if program.hardened:
        syscalls.drop_privileges_for_good()
    who = program.identity
    with suppress(PermissionError):
        # Where one number alone is mapped the kernel allows no groups.
        os.setgroups(who.groups)
    os.setresgid(who.gid, who.gid, who.gid)
    os.setresuid(who.uid, who.uid, who.uid)
    syscalls.die_with_parent(signal.SIGKILL)
    environment = dict(program.environment)
    os.execvpe(program.words[0], program.words, environment)  # noqa: S606 — the purpose


def status_of(raw: int) -> int:
    """Return what a shell would of a ``waitpid`` status: 128 and the signal, or the exit status."""
    code = os.waitstatus_to_exitcode(raw)
    return 128 - code if code < 0 else code


def why_not(error: OSError) -> int:
    """Return the exit status for a program that could not be started."""
    return MISSING if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
