"""A container of a command-line engine, from its start to its removal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, Unpack

from jettison.engines import (
    EXECUTION_SECONDS,
    ContainerState,
    Execution,
    Network,
    RunOptions,
    Stopped,
)
from jettison.engines.client import (
    LOOPBACK,
    Client,
    Relays,
    bytes_of,
    inspected,
    make_network,
    network_arguments,
)
from jettison.engines.limits import (
    EXHAUSTED,
    Limits,
    container_path,
    given_variables,
    image_name,
    tmpfs_of,
)
from jettison.errors import EngineError
from jettison.processes import Completed, uninterrupted
from jettison.processes.ending import is_deaf, signal_number

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


SYSTEM = Path("/")


def memory_of(process: int, container: str) -> int | None:
    """Bytes in use by the control group of a container's first process; None when not known.

    Page cache that can be dropped is not counted, as by ``docker stats`` (docs.docker.com, "docker
    container stats"). An engine in another machine, or in a container, gives a process number that
    means something else here, so the group's path has to name the container.
    """
    groups = _groups_of(process)
    for line, controller, current, droppable in _VERSIONS:
        path = line.search(groups)
        if path and container in path[1] and ".." not in path[1]:
            folder = SYSTEM / "sys/fs/cgroup" / controller / path[1].lstrip("/")
            found = _read(folder, current, droppable)
            if found is not None:
                return found
    return None


def is_of(process: int, container: str) -> bool:
    """Whether a process of this machine is one of the container, by its control groups."""
    return container in _groups_of(process)


def _groups_of(process: int) -> str:
    """The control groups of a process as the kernel lists them; empty when it is not there."""
    try:
        return (SYSTEM / f"proc/{process}/cgroup").read_text("ascii")
    except OSError:
        return ""


def _read(folder: Path, current: str, droppable: re.Pattern[str]) -> int | None:
    try:
        used = int((folder / current).read_text("ascii"))
        dropped = droppable.search((folder / "memory.stat").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return used - min(used, int(dropped[1])) if dropped else None


_KILLED = 137
_NO_LIMITS = re.compile(r"cgroup|controller|memory limit|pids limit", re.IGNORECASE)
_SPARE_SECONDS = 30.0
_LOG_MEGABYTES = 16


class ClientContainer:
    """A container that was started by ``start``."""

    def __init__(self, client: Client, identifier: str, network: str) -> None:
        self._client = client
        self._id = identifier
        self._network = network
        self._address = ""
        self._relays = Relays()

    @property
    def id(self) -> str:
        """The engine's identifier, 64 hexadecimal digits."""
        return self._id

    def __enter__(self) -> Self:
        """Give the container itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Remove the container with its volumes, and its network if it was made for it."""
        with uninterrupted():
            self._relays.end()
            self._client.ask("rm", options=self._client.removal, operands=(self._id,))
            if self._network:
                self._client.ask("network", "rm", operands=(self._network,))

    def address(self, port: int) -> tuple[str, int]:
        """Host and port where this machine reaches ``port``. Raises EngineError without one."""
        if self._client.direct:
            if not self._client.apart:
                return self._own_address(), port
            if port not in self._relays.ports:
                own = () if self._client.shared else (self._own_address(),)
                hosts = (*own, *LOOPBACK)
                self._relays.add(self.state().process, hosts, (port,))
            return "127.0.0.1", self._relays.ports[port]
        asked = (self._id, f"{port}/tcp")
        shown = self._client.call("port", operands=asked, failing="no published port")
        host, _, published = shown.splitlines()[0].rpartition(":")
        return host, int(published)

    def _own_address(self) -> str:
        self._address = self._address or self._told_address()
        return self._address

    def _told_address(self) -> str:
        networks = self._inspected("{{json .NetworkSettings.Networks}}")
        addresses = [entry["IPAddress"] for entry in networks.values() if entry["IPAddress"]]
        if not addresses:
            raise EngineError(
                "the container has no address",
                why=self.state().error or "it is not running",
                hint="Look at what it wrote: it may have ended at once.",
            )
        return str(addresses[0])

    def state(self) -> ContainerState:
        """Whether it runs now, and how it ended."""
        state = self._inspected("{{json .State}}")
        first = int(state.get("Pid") or 0)
        return ContainerState(
            running=bool(state["Running"]),
            exit_status=int(state["ExitCode"]),
            error=EXHAUSTED if state.get("OOMKilled") else str(state.get("Error") or ""),
            process=first if is_of(first, self._id) else 0,
        )

    def execute(self, command: tuple[str, ...], **how: Unpack[Execution]) -> Completed:
        """Run a command in the container; its standard input ends after ``stdin``."""
        user = how.get("user")
        options = ("--interactive", *((f"--user={user}",) if user else ()))
        with given_variables(how.get("environment", {})) as (variables, inherited):
            return self._client.ask(
                "exec",
                options=(*options, *variables),
                operands=(self._id, *command),
                stdin=how.get("stdin", b""),
                into=how.get("into"),
                timeout=how.get("timeout", EXECUTION_SECONDS),
                environment=inherited,
            )

    def logs(self) -> str:
        """Both streams; standard output first."""
        return "\n".join(filter(None, self.streams()))

    def streams(self) -> tuple[str, str]:
        """Standard output and standard error."""
        done = self._client.ask("logs", operands=(self._id,))
        return done.text, done.error_text

    def memory(self) -> int:
        """Give the engine's own figure (``stats``, two seconds), or what that is made of."""
        found = memory_of(self._inspected("{{json .State}}").get("Pid", 0), self._id)
        if found is not None:
            return found
        shown = self._client.call(
            "stats",
            options=("--no-stream", "--format={{.MemUsage}}"),
            operands=(self._id,),
            failing="no statistics",
        )
        return bytes_of(shown)

    def stop(self, *, grace: float) -> Stopped:
        """Send the stop signal and wait; it is killed after ``grace`` seconds, or if it is deaf."""
        grace = 0.0 if self._is_deaf() else grace
        begun = time.monotonic()
        self._client.ask(
            "stop",
            options=(f"--time={round(grace)}",),
            operands=(self._id,),
            timeout=grace + _SPARE_SECONDS,
        )
        seconds = time.monotonic() - begun
        status = self.state().exit_status
        return Stopped(
            exit_status=status, seconds=seconds, killed=status == _KILLED and seconds >= grace
        )

    def _is_deaf(self) -> bool:
        found = self._inspected("{{json .}}")
        name = str(found["Config"].get("StopSignal") or "")
        with suppress(EngineError):  # engines know more names
            return is_deaf(int(found["State"].get("Pid") or 0), signal_number(name))
        return False

    def restart(self) -> None:
        """Start it again, with its files and volumes. Raises EngineError when that fails."""
        self._relays.end()
        # it may get another address, and other published ports
        self._relays, self._address = Relays(), ""
        self._client.call("start", operands=(self._id,), failing="the container did not restart")

    def _inspected(self, template: str) -> dict[str, Any]:
        return inspected(self._client, self._id, template)


def start(client: Client, image: str, options: RunOptions) -> ClientContainer:
    """Create and start a container. Raises EngineError when either fails."""
    own_network = options.network is Network.ISOLATED and not options.beside
    network = make_network(client) if own_network else ""
    try:
        try:
            identifier = _started(client, image, options, network, tuple(_limits(client.limits)))
        except EngineError as failure:
            # Without root, and within containers, there may be no control groups to limit with.
            if not _NO_LIMITS.search(failure.why):
                raise
            identifier = _started(client, image, options, network, ())
    except BaseException:
        if network:
            client.ask("network", "rm", operands=(network,))
        raise
    container = ClientContainer(client, identifier.splitlines()[-1], network)
    if client.apart and options.network is Network.ISOLATED:
        # While the application starts; one that has ended already has no network to enter.
        with suppress(EngineError):
            for port in options.ports:
                container.address(port)
    return container


def _started(
    client: Client, image: str, options: RunOptions, network: str, limits: tuple[str, ...]
) -> str:
    with given_variables(options.environment) as (variables, inherited):
        return client.call(
            "run",
            options=(
                "--detach", "--no-healthcheck", f"--label={client.label}", *limits, *variables,
                *network_arguments(client, options, network), *_run_arguments(options),
            ),
            operands=(image_name(image), *options.entrypoint[1:], *options.command),
            failing=f"the image {image} did not start",
            environment=inherited,
        )  # fmt: skip


def _limits(limits: Limits) -> Iterator[str]:
    if limits.memory:
        yield f"--memory={limits.memory}b"
    if limits.processes:
        yield f"--pids-limit={limits.processes}"


def _run_arguments(options: RunOptions) -> Iterator[str]:
    # what is written without end must fill no disk
    yield from ("--log-driver=json-file", f"--log-opt=max-size={_LOG_MEGABYTES}m")
    for target in options.volumes:
        yield f"--mount=type=volume,target={container_path(target)}"
    for bind in options.binds:
        source = container_path(str(bind.source))
        yield f"--mount=type=bind,source={source},target={container_path(bind.target)},readonly"
    for target, words in map(tmpfs_of, options.tmpfs):
        # ``--mount`` knows no ``exec``.
        yield f"--tmpfs={target}:{','.join(words)}" if words else f"--tmpfs={target}"
    if options.entrypoint:
        yield f"--entrypoint={options.entrypoint[0]}"
    if options.user:
        yield f"--user={options.user}"
    if options.working_directory:
        yield f"--workdir={options.working_directory}"
    if options.read_only:
        yield "--read-only"
    if options.hardened:
        yield from ("--cap-drop=ALL", "--security-opt=no-new-privileges")
