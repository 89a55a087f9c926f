"""The helper ``launch SPEC REPORT GO``: start a container.

``SPEC`` is a file; ``REPORT`` and ``GO`` are descriptors of pipes. On REPORT go lines of JSON:
``{"mapped": false}`` when the namespaces are made and identities must be mapped, which a line on
GO confirms; ``{"process": N}`` with process 1 of the container; ``{"failed": "…"}`` when something
does not work. The end of REPORT without that means that the program has begun.

The process stays and ends with the status of the program. When it is killed the container is too;
in a chroot it has to be asked with SIGTERM, since the kernel ends no container of one.

Two more helpers start programs: ``enter`` in a container that runs, ``confine`` in none.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import convert

from jettison.engines.embedded import Program, Spec, started, syscalls
from jettison.engines.embedded.mounts import mount_all
from jettison.engines.embedded.privileges import (
    Sockets,
    become,
    hand_over_streams,
    join_groups,
    restrict,
    status_of,
    why_not,
)

_OWN = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
_SHARED = syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWNET
_SIOCSIFFLAGS = 0x8914
_IFF_UP_RUNNING = 0x41
_OUTPUTS = (1, 2)
_CHUNK = 1 << 16
_MOST_WRITTEN = 64 << 20
_CUT = b"\n[more was written than is kept]\n"
_LOOK = 1000
_NOT_STARTED = 126
ONLY = "--only"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def main(words: Sequence[str]) -> int:
    """Start the container and return the program's status."""
    specification, report, go = words[0], int(words[1]), int(words[2])
    spec = Spec.from_json(Path(specification).read_text())
    for descriptor in (report, go):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 — no keyword
    if spec.program.root:
        return in_chroot(lambda: _first_process(spec, report, -1), report)
    privileged = syscalls.privileged()
    try:
        if privileged:
            _separate_as_root(spec)
        else:
            _separate(spec, report, go)
    except OSError as error:
        _say(report, failed=str(error.strerror))
        return 1
    return _watched(lambda: _first_process(spec, report, go if privileged else -1), report)


def enter(words: Sequence[str]) -> int:
    """``enter PROCESS PROGRAM``: run a program in a container and return its status.

    ``PROCESS`` is process 1 of the container as this machine numbers it, ``PROGRAM`` a file of
    JSON. In a chroot nothing that the program started is left when it has ended. The status is 126
    or 127 when it cannot be started.
    """
    process, written = int(words[0]), words[1]
    program = join_groups(convert(json.loads(Path(written).read_text()), Program))
    if program.root:
        return in_chroot(lambda: _entered(program))
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
        os._exit(_entered(program))
    return status_of(os.waitpid(child, 0)[1])


def _entered(program: Program) -> int:
    try:
        become(program)
    except OSError as error:
        os.write(2, f"{program.words[0]}: {error.strerror}\n".encode())
        return why_not(error)
    return 0


def confine(words: Sequence[str]) -> None:
    """``confine [--only FOLDER] COMMAND…``: become a program that opens no connection.

    With a folder, it opens no files but those, where the kernel has Landlock. It is for kernels
    without namespaces for everybody; see ``Confined``.
    """
    only = words[1] if words[0] == ONLY else ""
    command = list(words[2:] if only else words)
    restrict(hardened=True, sockets=Sockets.NONE)
    if only:
        syscalls.see_only(only, [path for path in _DEVICES if Path(path).exists()])
    os.execv(command[0], command)  # noqa: S606 — the purpose


def _watched(run: Callable[[], int], report: int) -> int:
    """Run process 1 and return its status; what it writes is kept up to a limit."""
    written = [os.pipe() for _ in _OUTPUTS]
    process = os.fork()
    if process == 0:
        for output, (_, end) in zip(_OUTPUTS, written, strict=True):
            os.dup2(end, output)
        os._exit(run())
    _say(report, process=process)
    os.close(report)
    for _, end in written:
        os.close(end)
    return _followed(
        process, {start: number for number, (start, _) in zip(_OUTPUTS, written, strict=True)}
    )


def in_chroot(run: Callable[[], int], report: int | None = None) -> int:
    """Run a program that changes its root, and end all that descends from it when it has ended.

    With ``report`` it is process 1 of a container, whose output is kept up to a limit.
    """
    syscalls.die_with_parent(signal.SIGTERM)
    syscalls.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if report is not None:
            return _watched(run, report)
        child = os.fork()
        if child == 0:
            os._exit(run())
        return status_of(os.waitpid(child, 0)[1])
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_descendants()


def _end_descendants() -> None:
    """Stop all that descends from this process, so that nothing is forked any more, and kill it."""
    stopped: set[int] = set()
    while found := started.children(os.getpid()) - {os.getpid()} - stopped:
        for one in found:
            with suppress(OSError):
                os.kill(one, signal.SIGSTOP)
        stopped |= found
    for one in stopped:
        with suppress(OSError):
            os.kill(one, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _separate_as_root(spec: Spec) -> None:
    """Make all namespaces but that of users: what they hold stays out of the container's reach."""
    syscalls.die_with_parent(signal.SIGKILL)
    if spec.beside:
        syscalls.join(spec.beside, "net")
        syscalls.unshare(_OWN)
        return
    syscalls.unshare(_OWN | syscalls.CLONE_NEWNET)
    _raise_loopback()
    # As Docker has it: root of the container has no rights over a network that it does not own.
    for name, value in (("ip_unprivileged_port_start", "0"), ("ping_group_range", "0 2147483647")):
        with suppress(OSError):
            Path(f"/proc/sys/net/ipv4/{name}").write_text(value)


def _separate(spec: Spec, report: int, go: int) -> None:
    """Make the namespaces, or join those of the container to be beside."""
    syscalls.die_with_parent(signal.SIGKILL)
    if spec.beside:
        syscalls.join(spec.beside, "user", "net")
        syscalls.unshare(_OWN)
    else:
        syscalls.unshare(_OWN | _SHARED)
        _say(report, mapped=False)
        os.read(go, 1)
        _raise_loopback()
    # Whoever has an identity in the new namespace is somebody else, who must ask again.
    syscalls.die_with_parent(signal.SIGKILL)


def _first_process(spec: Spec, report: int, go: int) -> int:
    """Become the program; with ``go`` identities are still to be mapped."""
    try:
        syscalls.die_with_parent(signal.SIGKILL)
        program = join_groups(spec.program)
        hand_over_streams(spec.program)
        if program.root:
            os.setsid()
        else:
            mount_all(spec)
            syscalls.set_host_name(spec.host_name)
        if go >= 0:
            syscalls.unshare(syscalls.CLONE_NEWUSER)
            _say(report, mapped=False)
            os.read(go, 1)
        become(program)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _say(report, failed=f"{place}{error.strerror}")
        return why_not(error)
    return 0


def _followed(process: int, outputs: dict[int, int]) -> int:
    """Keep what the program writes up to a limit, and return its status when it has ended."""
    room = dict.fromkeys(outputs.values(), _MOST_WRITTEN)
    poll = select.poll()
    for descriptor in outputs:
        poll.register(descriptor, select.POLLIN)
    ended = raw = 0
    while outputs:
        ready = poll.poll(_LOOK)
        if not ready:
            # Whoever holds an end in another container does not keep this one.
            ended, raw = os.waitpid(process, os.WNOHANG)
            if ended:
                break
        for descriptor, _ in ready:
            content = os.read(descriptor, _CHUNK)
            if content:
                _keep(outputs[descriptor], content, room)
            else:
                poll.unregister(descriptor)
                del outputs[descriptor]
    return status_of(raw if ended else os.waitpid(process, 0)[1])


def _keep(output: int, content: bytes, room: dict[int, int]) -> None:
    if room[output] > 0:
        room[output] -= len(content)
        more = b"" if room[output] > 0 else _CUT
        # The disk may be full; the program goes on.
        with suppress(OSError):
            os.write(output, content + more)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", _IFF_UP_RUNNING)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def _say(report: int, **fields: object) -> None:
    os.write(report, json.dumps(fields).encode() + b"\n")
