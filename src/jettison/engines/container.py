"""A container of a command-line engine, from its start to its removal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

from jettison import process
from jettison.engines.client import Client, bytes_of
from jettison.engines.control_group import is_of, memory_of
from jettison.engines.engine import ContainerState, Network, RunOptions, Stopped
from jettison.errors import EngineError
from jettison.process import Completed

_KILLED = 137
_SPARE_SECONDS = 30.0
_LOG_MEGABYTES = 16


class ClientContainer:
    """A container that was started by ``start``."""

    def __init__(self, client: Client, identifier: str, network: str) -> None:
        self._client = client
        self._id = identifier
        self._network = network
        self._address = ""

    @property
    def id(self) -> str:
        """The engine's identifier, 64 hexadecimal digits."""
        return self._id

    def __enter__(self) -> Self:
        """Give the container itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Remove the container with its volumes, and its network if it was made for it."""
        with process.uninterrupted():
            self._client.ask(*self._client.removal, self._id)
            if self._network:
                self._client.ask("network", "rm", self._network)

    def address(self, port: int) -> tuple[str, int]:
        """Host and port where this machine reaches ``port``. Raises EngineError without one."""
        if self._client.direct:
            self._address = self._address or self._own_address()
            return self._address, port
        shown = self._client.call("port", self._id, f"{port}/tcp", failing="no published port")
        host, _, published = shown.splitlines()[0].rpartition(":")
        return host, int(published)

    def _own_address(self) -> str:
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
            error=str(state.get("Error") or ""),
            process=first if is_of(first, self._id) else 0,
        )

    def execute(
        self,
        command: tuple[str, ...],
        *,
        stdin: bytes = b"",
        user: str = "",
        environment: Mapping[str, str] | None = None,
        timeout: float | None = 60.0,
    ) -> Completed:
        """Run a command in the container; its standard input ends after ``stdin``."""
        options = [f"--user={user}"] if user else []
        options += [f"--env={name}={value}" for name, value in (environment or {}).items()]
        return self._client.ask(
            "exec", "--interactive", *options, self._id, *command, stdin=stdin, timeout=timeout
        )

    def logs(self) -> str:
        """Both streams; standard output first."""
        done = self._client.ask("logs", self._id)
        return "\n".join(part for part in (done.text, done.error_text) if part)

    def memory(self) -> int:
        """Give the engine's own figure (``stats``, two seconds), or what that is made of."""
        found = memory_of(self._inspected("{{json .State}}").get("Pid", 0), self._id)
        if found is not None:
            return found
        shown = self._client.call(
            "stats", "--no-stream", "--format", "{{.MemUsage}}", self._id, failing="no statistics"
        )
        return bytes_of(shown)

    def stop(self, *, grace: float) -> Stopped:
        """Send the stop signal and wait; it is killed after ``grace`` seconds."""
        begun = time.monotonic()
        self._client.ask(
            "stop", "--time", str(round(grace)), self._id, timeout=grace + _SPARE_SECONDS
        )
        seconds = time.monotonic() - begun
        status = self.state().exit_status
        return Stopped(
            exit_status=status, seconds=seconds, killed=status == _KILLED and seconds >= grace
        )

    def _inspected(self, template: str) -> dict[str, Any]:
        shown = self._client.call(
            "container", "inspect", "--format", template, self._id, failing="a container is gone"
        )
        document: dict[str, Any] = json.loads(shown)
        return document


def start(client: Client, image: str, options: RunOptions) -> ClientContainer:
    """Create and start a container. Raises EngineError when either fails."""
    own_network = options.network is Network.ISOLATED and not options.beside
    network = _make_network(client) if own_network else ""
    try:
        identifier = client.call(
            "run", "--detach", "--no-healthcheck", "--label", client.label,
            *_network_arguments(client, options, network), *_run_arguments(options),
            image, *options.entrypoint[1:], *options.command,
            failing=f"the image {image} did not start",
        )  # fmt: skip
    except BaseException:
        if network:
            client.ask("network", "rm", network)
        raise
    return ClientContainer(client, identifier.splitlines()[-1], network)


def _make_network(client: Client) -> str:
    """Make a network without a way out; where a port must be published, not an internal one."""
    name = f"jettison-{client.run_id}-{time.monotonic_ns():x}"
    closed = (
        ("--internal",)
        if client.direct
        else ("--opt", "com.docker.network.bridge.enable_ip_masquerade=false")
    )
    client.call(
        "network", "create", "--label", client.label, *closed, name, failing="no network was made"
    )
    return name


def _network_arguments(client: Client, options: RunOptions, network: str) -> Iterator[str]:
    if options.network is Network.NONE:
        yield "--network=none"
        return
    joined = network or _network_of(client, options.beside)
    yield f"--network={joined}"
    if options.alias:
        yield f"--network-alias={options.alias}"
    if not client.direct:
        # the engine's resolver would ask this machine's name servers
        yield "--dns=127.0.0.1"
        yield from (f"--publish=127.0.0.1::{port}" for port in options.ports)


def _network_of(client: Client, identifier: str) -> str:
    shown = client.call(
        "container", "inspect", "--format", "{{json .NetworkSettings.Networks}}", identifier,
        failing="a container is gone",
    )  # fmt: skip
    return str(next(iter(json.loads(shown))))


def _run_arguments(options: RunOptions) -> Iterator[str]:
    # what is written without end must fill no disk
    yield from ("--log-driver=json-file", f"--log-opt=max-size={_LOG_MEGABYTES}m")
    yield from (f"--env={name}={value}" for name, value in options.environment.items())
    yield from (f"--volume={target}" for target in options.volumes)
    yield from (f"--volume={bind.source}:{bind.target}:ro" for bind in options.binds)
    yield from (f"--tmpfs={target}" for target in options.tmpfs)
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
