"""What is to be verified, and how images are run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct, field

from jettison.engines import ImageFacts
from jettison.values import LAST_PORT, replace, some, whole_number

_WORD = re.compile(r"\w+")
UNSET_FIELD = "ValidationError: no value for "
"""How a line of errors begins that names a field of settings, which a variable is to set."""


def _words(lines: Iterable[str]) -> set[str]:
    return {word for line in lines for word in _WORD.findall(line)}


class Credentials(Struct, frozen=True, kw_only=True):
    """An account that the application already has; without one, sign-up is looked for."""

    username: str
    password: str


class CustomRequest(Struct, frozen=True, kw_only=True):
    """A request of the user's own, sent after the generated ones. ``path`` begins with ``/``."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class CustomCommand(Struct, frozen=True, kw_only=True):
    """A command of the user's own, run in ``directory`` of this machine after all requests."""

    words: tuple[str, ...]
    directory: str

    @property
    def text(self) -> str:
        """The command as it would be typed."""
        return shlex.join(self.words)


class NeededService(Struct, frozen=True, kw_only=True):
    """A service that the application needs, such as its database, fresh for each run.

    ``name`` is the host name under which the application knows it; ``port`` is waited for.
    ``instead`` says what it is where another image was requested. ``initial`` are the files and
    folders of the project that it runs once, ``scripts`` their texts by name.
    """

    name: str
    image: str
    instead: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    port: int | None = None
    initial: tuple[str, ...] = ()
    scripts: Mapping[str, str] = field(default_factory=dict)


_LONGEST = 600.0  # that an image may say itself that it takes to start
RESPONSE_SECONDS = 20.0  # of one response, by default


class Unreached(Struct, frozen=True, kw_only=True):
    """A service that the application needs and that could not be started here, and why."""

    name: str
    image: str
    why: str


OWN_COMMAND = "its own command"


class Worker(Struct, frozen=True, kw_only=True):
    """Another command that the image is run with; empty words are those of the image."""

    name: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = ""


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


class Surroundings(Struct, frozen=True, kw_only=True):
    """A way to run the images, the first one or where the baseline does not become ready in that.

    ``ports`` are TCP ports in the container, the first is HTTP. ``environment``, ``entrypoint``,
    ``command`` and the working ``directory``, where it is not the image's, are the same for both
    images. ``how`` ends a sentence that begins with "both were run", and is empty for the first
    way. ``samples`` are the variables whose values were made up; the ``optional`` ones may have
    something else to fall back on, so that a value may do harm, and are set when nothing else
    helps; what reads the ``failing`` ones fails for each that nothing sets. ``mounted`` maps
    targets to files and folders of the project that are read, ``made`` are folders that the image
    lacks, and that start empty, for everybody to write. ``called`` is the port of a server of gRPC,
    which is among no ``ports``; 0 without one.
    """

    how: str = ""
    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    directory: str = ""
    services: tuple[NeededService, ...] = ()
    mounted: Mapping[str, str] = field(default_factory=dict)
    made: tuple[str, ...] = ()
    called: int = 0


class VerificationRequest(Surroundings, frozen=True, kw_only=True):
    """Two images and how they are run.

    ``volumes`` are writable targets that start with what the image has there, as named volumes do;
    ``bind_mounts`` are targets that start empty and that everybody may write, as folders of a
    user's machine. ``read_only_volumes`` are mounted only where the root is read-only: what the
    plan keeps writable there. ``files`` is the folder of this machine with what the project puts
    into the working directory, or empty.

    ``otherwise`` are other ways to run both, tried in their order where the image before does not
    become ready. Without ``serves`` nothing tells of a server: an image that ends by itself is a
    command then, whatever its exit status. ``instead`` is how both are run where the image before
    starts nothing.

    ``modules``, ``programs``, ``libraries`` (``magic`` or ``libmagic.so.1``) and ``time_zones`` are
    what the application was found to use. ``application`` is ``module:attribute`` when known.

    ``read_only_after`` has the image after run with a read-only root; ``expected_read_only`` says
    that it will in production, so that it counts when it cannot, whatever the image before can.

    ``removed_distributions`` are expected to be gone; with ``installed_distributions`` all others
    are, which a tool brought that leaves with them. ``planned_environment`` has the variables that
    the plan changes with their values, None for one that it drops, and ``planned_health_check`` the
    command of another health check, as an image has it. ``expected_command`` and ``expected_user``
    are what the plan made of them, None and empty where it changed nothing. ``labels`` names those
    that the project itself sets, which have to stay; others are the base image's. None where that
    is not known: then all have to. ``kept_out`` are files of the context that the plan keeps out of
    the image and ``edited`` those that it edits; ``removed_files`` are the paths and patterns that
    it removes, below site-packages or absolute, ``optional_files`` those of a part that what stays
    only tries to import. ``fewer_groups`` says that it takes the user out of some.

    ``startup_timeout`` and ``response_timeout`` are the seconds that a start and a response have.
    ``strict`` masks no measured quantity by its name. ``trained`` is how many routes a trace saw,
    ``withheld`` those that it did not.
    """

    image_before: str
    image_after: str
    volumes: tuple[str, ...] = ()
    bind_mounts: tuple[str, ...] = ()
    files: str = ""
    tmpfs: tuple[str, ...] = ("/tmp",)  # noqa: S108 - a path in the container
    unreached: tuple[Unreached, ...] = ()
    otherwise: tuple[Surroundings, ...] = ()
    serves: bool = True
    instead: Surroundings | None = None
    workers: tuple[Worker, ...] = ()
    read_only_after: bool = True
    expected_read_only: bool = False
    root_allowed: bool = False
    health_path: str = ""
    application: str = ""
    credentials: Credentials | None = None
    probes: tuple[CustomRequest, ...] = ()
    commands: tuple[CustomCommand, ...] = ()
    distributions: frozenset[str] = frozenset()
    modules: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    time_zones: tuple[str, ...] = ()
    read_only_volumes: tuple[str, ...] = ()
    removed_distributions: tuple[str, ...] = ()
    planned_environment: Mapping[str, str | None] = field(default_factory=dict)
    installed_distributions: tuple[str, ...] | None = None
    planned_health_check: tuple[str, ...] = ()
    expected_command: tuple[str, ...] | None = None
    expected_user: str = ""
    labels: frozenset[str] | None = None
    removed_files: tuple[str, ...] = ()
    optional_files: tuple[str, ...] = ()
    fewer_groups: bool = False
    kept_out: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    suite: Suite | None = None
    startup_timeout: float = 60.0
    response_timeout: float = RESPONSE_SECONDS
    strict: bool = False
    trained: int = 0
    withheld: tuple[str, ...] = ()

    @property
    def empty(self) -> tuple[str, ...]:
        """The folders that start empty, and that everybody may write."""
        return tuple(dict.fromkeys((*self.bind_mounts, *self.made)))

    @property
    def watched(self) -> tuple[Worker, ...]:
        """What is watched while it runs: workers, or the own command of an image without a port."""
        own = Worker(
            name=OWN_COMMAND,
            entrypoint=self.entrypoint,
            command=self.command,
            directory=self.directory,
        )
        return self.workers or (() if self.ports or self.called else (own,))

    def wanted(self, lines: Iterable[str]) -> frozenset[str]:
        """Give the optional variables to set first: those that errors name, and what fails alike.

        All of them where no others would be set.
        """
        named = self.optional & _words(lines)
        named |= self.failing if named & self.failing else named
        return named if named or set(self.samples) - self.optional else self.optional

    def names_sample(self, lines: Collection[str]) -> bool:
        """Whether lines name a variable that a sample value is there for, or its field."""
        begins = len(UNSET_FIELD)
        unset = tuple(one[begins:].upper() for one in lines if one.startswith(UNSET_FIELD))
        words = _words(lines)
        # the name of the variable may begin with that of the application
        return any(one in words or one.endswith(unset) for one in self.samples)

    def run_as(self, other: Surroundings) -> VerificationRequest:
        """Give the same with the way in which another value says to run the images."""
        names = Surroundings.__struct_fields__
        return replace(self, **{name: getattr(other, name) for name in names})

    def given(self, environment: Mapping[str, str], volumes: Iterable[str]) -> VerificationRequest:
        """Give what a user sets: it comes before all else, however the images are run."""

        def told(one: Mapping[str, str]) -> Mapping[str, str]:
            return {**one, **environment}

        ways = (
            replace(
                way,
                environment=told(way.environment),
                samples=tuple(name for name in way.samples if name not in environment),
                optional=way.optional - environment.keys(),
            )
            for way in self.otherwise
        )
        return replace(
            self,
            environment=told(self.environment),
            otherwise=tuple(ways),
            workers=tuple(replace(one, environment=told(one.environment)) for one in self.workers),
            volumes=tuple(dict.fromkeys((*self.volumes, *volumes))),
        )

    def patient(self, seconds: float) -> VerificationRequest:
        """Give an image at least so many seconds to start, as far as an image may ask for them."""
        return replace(self, startup_timeout=max(self.startup_timeout, min(seconds, _LONGEST)))

    def with_samples(self, taken: frozenset[str]) -> VerificationRequest:
        """Set only these of the variables that it may do without."""
        if not self.samples:
            return self
        left = self.optional - taken
        told = [name for name in self.samples if name not in left]
        how = f"{self.how} for {some(told)}"
        kept = {name: value for name, value in self.environment.items() if name not in left}
        return replace(self, environment=kept, how=how)


def request_of(before: ImageFacts, after: ImageFacts) -> VerificationRequest:
    """Take ports and volumes from what the images declare."""
    ports = tuple(_numbers(before) or _numbers(after))
    return VerificationRequest(
        image_before=before.id,
        image_after=after.id,
        ports=ports,
        serves=bool(ports),
        volumes=tuple(sorted({*before.volumes, *after.volumes})),
        time_zones=tuple(zone for name, zone in before.environment if name == "TZ" and zone),
    )


def _numbers(facts: ImageFacts) -> list[int]:
    """Give the TCP ports that are exposed, in the order of their numbers."""
    texts = (port.partition("/") for port in facts.ports)
    numbers = (whole_number(number) for number, _, kind in texts if kind in {"", "tcp"})
    return sorted(number for number in numbers if number is not None and number <= LAST_PORT)
