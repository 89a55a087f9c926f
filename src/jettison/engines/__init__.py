"""The port to what builds and runs images, and the values that go through it.

The modules are its adapters: docker and podman by their command lines, and an own one.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import IO, NewType, Protocol, Self, TypedDict, Unpack

from msgspec import Struct, field

from jettison.engines.limits import (
    Limits,
    container_path,
    normal_path,
    require_alias,
    require_variables,
    require_word,
    tmpfs_of,
)
from jettison.errors import EngineError
from jettison.images.config import Config, HealthCheck
from jettison.processes import Completed
from jettison.progress import Progress
from jettison.values import whole_number

ImageID = NewType("ImageID", str)
"""``sha256:`` and 64 hexadecimal digits: the digest of an image's configuration."""


class BuildRequest(Struct, frozen=True, kw_only=True):
    """One build of a Dockerfile.

    ``context`` is a folder; ``dockerfile`` may lie outside it. ``target`` is a stage's name, or
    None for the last stage. A build that takes longer than ``seconds`` is stopped.
    """

    context: Path
    dockerfile: Path
    tag: str
    target: str | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    no_cache: bool = False
    seconds: float = 3 * 3600.0


class ImageFacts(Struct, frozen=True, kw_only=True):
    """The configuration of an image, and its size as ``docker image inspect`` gives it (bytes).

    ``layers`` are diff IDs, lowest first.
    """

    id: ImageID
    size: int
    layers: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    working_directory: str = ""
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    health_check: HealthCheck | None = None
    stop_signal: str = ""


def facts_of(config: Config, size: int) -> ImageFacts:
    """Give the facts of an image by its config. Raises ImageError when that is not as specified."""
    check = config.health_check
    return ImageFacts(
        id=ImageID(str(config.digest)),
        size=size,
        layers=tuple(map(str, config.diff_ids)),
        environment=tuple(config.env.items()),
        entrypoint=config.entrypoint,
        command=config.command,
        user=config.user,
        working_directory=config.working_directory,
        ports=config.ports,
        volumes=tuple(sorted(set(map(normal_path, config.volumes)))),
        labels=tuple(sorted(config.labels.items())),
        stop_signal=config.stop_signal,
        health_check=check if check and check.test[:1] not in ((), ("NONE",)) else None,
    )


class Network(StrEnum):
    """What a container can reach.

    ISOLATED: this machine reaches the container and the container reaches its services, nothing
    else. NONE: only itself.
    """

    ISOLATED = "isolated"
    NONE = "none"


class Bind(Struct, frozen=True, kw_only=True):
    """A folder or file of this machine that a container sees read-only."""

    source: Path
    target: str


class RunOptions(Struct, frozen=True, kw_only=True):
    """How a container is started. Defaults are those of the image.

    ``ports`` are container ports over TCP that this machine must reach. ``volumes`` are targets
    that start empty (or with what the image has there) and are thrown away. ``entrypoint`` replaces
    the image's, an empty tuple keeps it; ``command`` likewise. ``beside`` is the id of a running
    container whose isolated network is joined, under the name ``alias``.
    """

    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    tmpfs: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    working_directory: str = ""
    read_only: bool = False
    hardened: bool = False
    network: Network = Network.ISOLATED
    beside: str = ""
    alias: str = ""

    def __post_init__(self) -> None:
        """Raise EngineError for texts that could mean more than what they stand for."""
        for target in (*self.volumes, *(bind.target for bind in self.binds)):
            container_path(target)
        for asked in self.tmpfs:
            tmpfs_of(asked)
        require_variables(self.environment)
        require_alias(self.alias)
        for word in (*self.entrypoint, *self.command, self.user, self.working_directory):
            require_word(word)


class ContainerState(Struct, frozen=True, kw_only=True):
    """Whether a container runs, and how it ended when it does not.

    ``process`` is the number of its first process on this machine, 0 when it runs elsewhere.
    """

    running: bool
    exit_status: int
    error: str = ""
    process: int = 0

    @property
    def ending(self) -> str:
        """How it ended, and why where the engine knows."""
        return f"status {self.exit_status}" + (f": {self.error}" if self.error else "")


class Stopped(Struct, frozen=True, kw_only=True):
    """How a container answered SIGTERM: its exit status and the seconds that it took.

    ``killed`` says that the grace period passed and it was ended by SIGKILL.
    """

    exit_status: int
    seconds: float
    killed: bool


def work_ended() -> EngineError:
    """The answer to whoever starts something while everything is being ended."""
    return EngineError("nothing more is started, because the run was ended")


class Isolation(Struct, frozen=True, kw_only=True):
    """How containers are kept apart from this machine and from each other.

    ``name`` is empty where an engine does all of it. ``unseen`` names the checks that cannot show
    anything this way, and why. ``root`` is who runs in place of root, 0 for root itself.
    """

    name: str = ""
    root: int = 0
    unseen: Mapping[str, str] = field(default_factory=dict)


CONTAINERS = Isolation()
REACHING = Isolation(name="containers that reach services of this machine")
"""Where only root could enter networks without a way to this machine."""


class Execution(TypedDict, total=False):
    """How a command is run in a container: by default without input, for 60 seconds at most.

    With ``into`` its standard output is written there and not kept.
    """

    stdin: bytes | IO[bytes]
    into: IO[bytes] | None
    user: str
    environment: Mapping[str, str]
    timeout: float | None


EXECUTION_SECONDS = 60.0


class Executes(Protocol):
    """Something that runs commands."""

    def execute(self, command: tuple[str, ...], **how: Unpack[Execution]) -> Completed:
        """Run a command in the container. 126 and 127: it could not be started."""


class Container(Executes, Protocol):
    """A started container; leaving its block stops and removes it with its volumes."""

    @property
    def id(self) -> str:
        """The engine's identifier."""

    def __enter__(self) -> Self:
        """Give the container itself."""

    def __exit__(self, *failure: object) -> None:
        """Stop and remove the container, its volumes and its network."""

    def address(self, port: int) -> tuple[str, int]:
        """Give host and port where this machine reaches the container's ``port``."""

    def state(self) -> ContainerState:
        """Tell whether it runs now, and how it ended."""

    def logs(self) -> str:
        """Give what its processes wrote so far, both streams."""

    def streams(self) -> tuple[str, str]:
        """Give the same apart: standard output and standard error."""

    def memory(self) -> int:
        """Bytes of memory in use now, page cache that can be dropped not counted."""

    def stop(self, *, grace: float) -> Stopped:
        """Send the stop signal, wait, and kill after ``grace`` seconds."""

    def restart(self) -> None:
        """Start it again after it was stopped, with the files that it wrote.

        Raises EngineError when it cannot be started, and where the engine keeps no such files.
        """


class Engine(Protocol):
    """Builds, runs and reads images. A block around it removes all that it made."""

    @property
    def name(self) -> str:
        """The engine in one word, and its version."""

    @property
    def isolation(self) -> Isolation:
        """How its containers are kept apart."""

    @property
    def limits(self) -> Limits:
        """The most that its containers may take."""

    @property
    def storage(self) -> str:
        """Where it keeps what containers write; nothing where that is not of this machine."""

    def __enter__(self) -> Self:
        """Give the engine itself."""

    def __exit__(self, *failure: object) -> None:
        """Remove every container, network and image that this engine value made."""

    def build(self, request: BuildRequest, progress: Progress) -> ImageID:
        """Build an image. Raises BuildError with the failing step and its last lines."""

    def run(self, image: str, options: RunOptions) -> Container:
        """Start a container. Raises EngineError when it cannot be created or started."""

    def inspect(self, image: str) -> ImageFacts:
        """Read an image's configuration. Raises EngineError when there is no such image."""

    def save(self, image: str) -> AbstractContextManager[IO[bytes]]:
        """Give the image as the stream of an archive (``docker save``)."""
