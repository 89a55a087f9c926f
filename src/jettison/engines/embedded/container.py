"""A container of the embedded engine and the directory of its files, from start to removal."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self, Unpack

from msgspec import Struct, field, to_builtins

from jettison.engines import EXECUTION_SECONDS, ContainerState, Execution, Stopped
from jettison.engines.client import LOOPBACK, Relays
from jettison.engines.embedded import Program, Spec, identity, started
from jettison.engines.embedded.chroot import somebody
from jettison.engines.embedded.started import Started
from jettison.engines.limits import EXHAUSTED, Groups, Limits
from jettison.errors import EngineError
from jettison.images.stores.unpack import remove_unpacked
from jettison.processes import NEUTRAL, Completed, helper, helper_environment, run, uninterrupted
from jettison.processes.ending import is_deaf
from jettison.values import replace

_LOG_BYTES = 8 * 2**20
ENTER = "jettison.engines.embedded.launch:enter"


class EmbeddedContainer(Struct):
    """A running container; leaving its block ends and removes it.

    ``hosts`` is the file of host names that all containers of one network share. ``ports`` are
    reached through a relay, or as they are in a chroot. ``over`` is called when it was removed.
    """

    id: str
    spec: Spec
    directory: Path
    hosts: Path
    begun: Started
    stop_signal: int = signal.SIGTERM
    groups: Groups = Groups()
    relays: Relays = field(default_factory=Relays)
    over: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        """Give the container itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """End every process of the container and remove its files."""
        with uninterrupted():
            self.relays.end()
            self.begun.end()
            self.groups.remove()
            remove_unpacked(self.directory)
            self.over()

    def address(self, port: int) -> tuple[str, int]:
        """Give host and port where this machine reaches ``port`` of the container."""
        if self.begun.chroot:
            return "127.0.0.1", port
        if port not in self.relays.ports:
            self.relay((port,))
        return "127.0.0.1", self.relays.ports[port]

    def relay(self, ports: tuple[int, ...]) -> None:
        """Make ports of the container reachable. EngineError when the container has ended."""
        self.relays.add(self.begun.process, LOOPBACK, ports)

    def state(self) -> ContainerState:
        """Tell whether it runs now, and how it ended."""
        status = self.begun.watcher.poll()
        return ContainerState(
            running=status is None,
            exit_status=status or 0,
            error=EXHAUSTED if status and self.groups.exhausted else "",
            process=self.begun.process,
        )

    def execute(self, command: tuple[str, ...], **how: Unpack[Execution]) -> Completed:
        """Run a command in the container; its standard input ends after ``stdin``."""
        own, user = self.spec.program, how.get("user", "")
        who = identity(Path(self.spec.root), user) if user else own.identity
        if self.begun.chroot:
            who = somebody(who)
        if os.geteuid() and who.uid != own.identity.uid:
            raise EngineError(
                f"a command cannot run as {user} in a container that runs as {own.identity.uid}",
                why="the kernel maps one user for those who are not root",
                hint="Omit the user, or run Jettison as root.",
            )
        variables = {**dict(own.environment), **how.get("environment", {})}
        other: Program = replace(
            own, words=command, identity=who, environment=tuple(variables.items())
        )
        # In a file, as everybody can read the words of a command line, and variables hold secrets.
        written = self.directory / f"program-{secrets.token_hex(8)}.json"
        written.write_text(json.dumps(to_builtins(other)))
        done = run(
            helper(ENTER, str(self.begun.process), str(written)),
            stdin=how.get("stdin", b""),
            into=how.get("into"),
            timeout=how.get("timeout", EXECUTION_SECONDS),
            environment=helper_environment(),
            directory=NEUTRAL,
            bare=True,
        )
        return replace(done, command=command)

    def logs(self) -> str:
        """Give the last 8 MiB of what its processes wrote to each stream; standard output first."""
        return "\n".join(filter(None, self.streams()))

    def streams(self) -> tuple[str, str]:
        """Give the last 8 MiB of standard output, and of standard error."""
        out, error = (_last(self.directory / name) for name in ("stdout", "stderr"))
        return out.decode("utf-8", "replace").strip(), error.decode("utf-8", "replace").strip()

    def memory(self) -> int:
        """Bytes its processes hold; pages that several processes share count once."""
        return started.memory(self.begun.process)

    def stop(self, *, grace: float) -> Stopped:
        """Send the stop signal, wait, and kill after ``grace`` seconds, at once if it is deaf."""
        begun = time.monotonic()
        deaf = is_deaf(self.begun.process, self.stop_signal)
        self._signal(self.stop_signal)
        killed = False
        try:
            status = self.begun.watcher.wait(0 if deaf else grace)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            killed = True
            status = self.begun.watcher.wait()
        seconds = time.monotonic() - begun
        return Stopped(exit_status=status, seconds=seconds, killed=killed)

    def restart(self) -> None:
        """Raise EngineError: what it wrote is in memory, and gone with its processes."""
        raise EngineError("a container of the embedded engine cannot be started again")

    def _signal(self, number: int) -> None:
        if self.begun.watcher.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.begun.process, number)


def _last(file: Path) -> bytes:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _LOG_BYTES))
        return stream.read(_LOG_BYTES)


def limited(spec: Spec, limits: Limits, groups: Groups) -> Spec:
    """Return a container that stays within limits: of control groups, else of each program."""
    program = replace(
        spec.program,
        groups=groups.joined_by,
        processes=limits.processes,
        memory=limits.memory,
        memory_grouped=groups.memory,
    )
    return replace(spec, program=program)
