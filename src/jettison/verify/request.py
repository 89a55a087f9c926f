"""What is to be verified."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from msgspec import Struct, field


class Credentials(Struct, frozen=True, kw_only=True):
    """An account that the application already has; without one, sign-up is looked for."""

    username: str
    password: str


class Probe(Struct, frozen=True, kw_only=True):
    """A request of the user's own, sent after the generated ones. ``path`` begins with ``/``."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class ProbeCommand(Struct, frozen=True, kw_only=True):
    """A command of the user's own, run in ``directory`` of this machine after all requests."""

    words: tuple[str, ...]
    directory: str

    @property
    def text(self) -> str:
        """The command as it would be typed."""
        return shlex.join(self.words)


class Companion(Struct, frozen=True, kw_only=True):
    """A service that the application needs, such as its database, fresh for each run.

    ``name`` is the host name under which the application knows it; ``port`` is waited for.
    ``instead`` says what it is where another image was asked for.
    """

    name: str
    image: str
    instead: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    port: int | None = None


class Unreached(Struct, frozen=True, kw_only=True):
    """A service that the application needs and that could not be started here, and why."""

    name: str
    image: str
    why: str


class Worker(Struct, frozen=True, kw_only=True):
    """Another command that the image is run with; empty words are those of the image."""

    name: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Suite(Struct, frozen=True, kw_only=True):
    """The project's own tests, run against what the image after has installed.

    ``command`` runs in ``working_directory``. Tests and test tools come from ``image``, which has
    all requirements and the source: ``paths`` are taken from it whole (the usual ones when empty),
    and of its distributions those named with what they need (when empty: the test runner with its
    plugins and what the tests import), without what the image after has itself.
    """

    image: str
    command: tuple[str, ...] = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    paths: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    working_directory: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 600.0


class VerificationRequest(Struct, frozen=True, kw_only=True):
    """Two images and how they are run.

    ``ports`` are TCP ports in the container, the first is HTTP. ``environment``, ``entrypoint``
    and ``command`` are what the compose service gives, the same for both. ``volumes`` are
    writable targets that start with what the image has there, as named volumes do;
    ``bind_mounts`` are targets that start empty and that everybody may write, as folders of a
    user's machine. ``read_only_volumes`` are mounted only where the root is read-only: what the
    plan keeps writable there.

    ``modules``, ``programs``, ``libraries`` (``magic`` or ``libmagic.so.1``) and ``time_zones`` are
    what the application was found to use. ``application`` is ``module:attribute`` when known.

    ``read_only_after`` has the image after run with a read-only root; ``expected_read_only`` says
    that it will in production, so that it counts when it cannot, whatever the image before can.

    ``removed_distributions`` and ``removed_environment`` are expected to be gone; with
    ``installed_distributions`` all others are, which a tool brought that leaves with them;
    ``expected_command`` and ``expected_user`` are what the plan made of them, None and empty where
    it changed nothing. ``labels`` names those that the project itself sets, which have to stay;
    others are the base image's. None where that is not known: then all have to. ``kept_out`` are
    files of the context that the plan keeps out of the image and ``edited`` those that it edits;
    ``planned`` says that a plan is known.
    """

    image_before: str
    image_after: str
    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    bind_mounts: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108 - a path in the container
    companions: tuple[Companion, ...] = ()
    unreached: tuple[Unreached, ...] = ()
    workers: tuple[Worker, ...] = ()
    read_only_after: bool = True
    expected_read_only: bool = False
    root_allowed: bool = False
    health_command: tuple[str, ...] = ()
    health_path: str = ""
    application: str = ""
    credentials: Credentials | None = None
    probes: tuple[Probe, ...] = ()
    commands: tuple[ProbeCommand, ...] = ()
    modules: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    time_zones: tuple[str, ...] = ()
    read_only_volumes: tuple[str, ...] = ()
    removed_distributions: tuple[str, ...] = ()
    removed_environment: tuple[str, ...] = ()
    installed_distributions: tuple[str, ...] | None = None
    expected_command: tuple[str, ...] | None = None
    expected_user: str = ""
    labels: frozenset[str] | None = None
    planned: bool = False
    kept_out: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    suite: Suite | None = None
    startup_timeout: float = 60.0
    strict: bool = False
    startup_runs: int = 3
    grace: float = 5.0
