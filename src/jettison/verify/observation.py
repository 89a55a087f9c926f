"""How an image is run and what is asked of it, and what one run showed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager

from msgspec import Struct, field

from jettison.engines import Engine, ImageFacts, Stopped
from jettison.progress import Progress, step
from jettison.values import replace
from jettison.verify.exchange import Exchange
from jettison.verify.request import VerificationRequest
from jettison.verify.workload import TokenScheme
from jettison.verify.workload.step import Step, Training


class Loaded(Struct, frozen=True, kw_only=True, array_like=True):
    """Whether something could be used, and what was said when not."""

    works: bool
    said: str = ""


class Inventory(Struct, frozen=True, kw_only=True):
    """What lists of software say of an image.

    ``packages`` are those of the system, with their versions. ``unclaimed`` are programs, shared
    libraries and import packages that neither a package nor a distribution has in its list;
    ``missing`` says for a distribution what its list has and the image has not.
    """

    packages: Mapping[str, str]
    unclaimed: tuple[str, ...]
    missing: Mapping[str, str]


class Interior(Struct, frozen=True, kw_only=True):
    """What the image's own Python says from inside the running container.

    ``distributions`` maps normalised names to versions, ``required`` to those that each always
    requires, and ``installed`` to when they were installed (seconds since 1970), where an installer
    wrote it. ``certificates`` is the number of authorities that TLS trusts by default, -1 without
    TLS; ``secure`` tells whether it works against a server on the loopback. ``names`` are those of
    hosts. ``time_zones`` maps a zone to its name and offset on two days of the year; the empty name
    is local time. ``written`` tells modes and owners of files that were written since the start.
    ``process`` tells umask, folder and limit of open files of the first process, home and name of
    its user, and whether its first port is reached from outside; ``processes`` maps the names of it
    and of those that it started to how many there are, ``early`` is how many there were when it
    became ready, and ``held`` what all of them held after the requests. ``touched`` maps files of
    the system that the image before opened to digests.
    """

    user_id: int
    groups: tuple[int, ...] = ()
    python: str
    distributions: Mapping[str, str]
    certificates: int
    time_zones: Mapping[str, str]
    programs: Mapping[str, Loaded]
    libraries: Mapping[str, Loaded]
    modules: Mapping[str, Loaded]
    writable: Mapping[str, Loaded]
    names: Mapping[str, Loaded]
    secure: Loaded
    inventory: Inventory | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    process: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, int] = field(default_factory=dict)
    early: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    touched: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    installed: Mapping[str, float] = field(default_factory=dict)


class Stored(Struct, frozen=True, kw_only=True, rename={"listed": "list"}):
    """The files of an image that are the application's or its distributions', and its commands.

    ``application`` maps paths in the working directory to digests, ``distributions`` paths in the
    folders of distributions to the owner's name and a digest; a digest is ``unreadable`` where the
    file could not be read, and empty where it stands for byte code. ``scripts`` are those of shells
    that the image is started with, elsewhere. ``imports`` maps modules that the application
    imports, and that are there, to the file that does. ``removed`` are paths that the image says
    were removed from it, and ``listed`` is the list that this followed. ``commands`` maps names to
    the status of a run with ``--help`` and what it said. ``site`` is the first folder of
    distributions. ``system`` describes every path of the image in one line, where asked. ``times``
    maps files that the application may name, by path (those of distributions below their folder),
    to when they were changed, in seconds since 1970. ``compiled`` is how many modules have byte
    code that is used, as it fits their source. ``texts`` are those of files that differ, by
    the same paths, where they were read.
    """

    application: Mapping[str, str] = field(default_factory=dict)
    distributions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    listed: str = ""
    commands: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    site: str = ""
    system: str = ""
    times: Mapping[str, int] = field(default_factory=dict)
    compiled: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)


# What the exit status of a command is compared as.
EXIT_STATUS = "exit status"


class HealthOutcome(Struct, frozen=True, kw_only=True):
    """How the health check's command ended in the running container."""

    status: int
    said: str


class SuiteOutcome(Struct, frozen=True, kw_only=True):
    """How the project's tests ended: the command's status and its last lines."""

    status: int
    lines: tuple[str, ...]


class WorkerOutcome(Struct, frozen=True, kw_only=True):
    """How a worker did: whether it still ran when it was last seen, or how and when it ended.

    ``ports`` are those that it listens on, where that can be seen.
    """

    running: bool
    status: int
    seconds: float
    said: str
    ports: tuple[int, ...] = ()


class Start(Struct, frozen=True, kw_only=True):
    """One start of an image that is asked nothing, when nothing else is done.

    ``memory`` is in bytes, at rest; None where the engine cannot tell it. ``health`` is None where
    there is no health check. ``log`` are the kinds of lines that it wrote until it had ended,
    ``again`` says why it did not become ready when it was then started once more with what it had
    written: nothing when it did, None where that cannot be tried. ``left`` is what is there then.
    """

    seconds: float
    memory: int | None
    health: HealthOutcome | None
    stopped: Stopped
    log: frozenset[str] = frozenset()
    again: str | None = None
    left: frozenset[str] | None = None


class Observation(Struct, frozen=True, kw_only=True):
    """One image: its configuration and what was seen while it ran.

    ``failure`` is empty when it became ready. What could not be observed is None, and ``missing``
    says why. ``seconds`` is how long it took to become ready. ``steps`` are the requests whose
    answers ``exchanges`` holds; ``reruns`` holds those of further runs: one, and more where the two
    images seem to differ. ``errors`` are lines of its logs that name an exception. ``starts`` are
    further ones, in turn with those of the other image, ``failed_starts`` why some of them failed.
    ``stored`` is what the image holds when nothing runs; ``opened`` are the files that its runs
    opened, where that could be seen, and ``executed`` how many lines of each of the application's
    files its requests executed, of how many. ``logs`` are the kinds of lines that each run wrote,
    ``wrote`` its files. ``grown`` are bytes of memory after all requests, ``stops`` how a command
    that ends by itself ended when it was stopped before, ``listens`` the ports of one that has none
    declared, or none of those, ``ran`` what its own commands did beside each run, by their words.
    """

    facts: ImageFacts
    failure: str = ""
    read_only: bool = False
    read_only_failure: str = ""
    seconds: float = 0.0
    starts: tuple[Start, ...] = ()
    failed_starts: tuple[str, ...] = ()
    interior: Interior | None = None
    steps: tuple[Step, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    reruns: tuple[tuple[Exchange, ...], ...] = ()
    errors: tuple[str, ...] = ()
    suite: SuiteOutcome | None = None
    workers: Mapping[str, WorkerOutcome] = field(default_factory=dict)
    stored: Stored | None = None
    opened: frozenset[str] | None = None
    executed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    logs: tuple[frozenset[str], ...] = ()
    wrote: tuple[frozenset[str], ...] = ()
    grown: int | None = None
    stops: tuple[Stopped, ...] = ()
    listens: tuple[int, ...] = ()
    ran: tuple[tuple[Exchange, ...], ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def shows_nothing(self) -> bool:
        """Whether a command only ended: an interpreter without a program, or a shell."""
        told = {one.name: one.answer.body for one in self.exchanges}
        silent = all(told[name] in (b"", b"none") for name in told if name != EXIT_STATUS)
        silent = silent and not any(self.logs)
        ran = any(lines for lines, _ in self.executed.values())
        return EXIT_STATUS in told and silent and not ran

    @property
    def status(self) -> str:
        """The exit status of a command that was run to its end; empty of what goes on running."""
        found = (one for one in self.exchanges if one.name == EXIT_STATUS)
        return next((one.answer.body.decode() for one in found), "")


_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d+)?(/[^\s'\"|;)]*)")


class Setting(Struct, frozen=True, kw_only=True):
    """How one image is run, and what is asked of it. ``health_path`` is the same for both images.

    ``run`` numbers the runs: each has circumstances of its own, the same for both images.
    ``watched`` notes which files its containers open. ``usual`` is how long the other image took to
    become ready, 0 where that is not known.
    """

    engine: Engine
    request: VerificationRequest
    image: str
    facts: ImageFacts
    health_path: str
    read_only: bool = False
    run: int = 0
    watched: bool = False
    usual: float = 0.0

    @property
    def words(self) -> tuple[str, ...]:
        """What its first process is started with."""
        return words_started(self.request, self.facts)


def words_started(request: VerificationRequest, facts: ImageFacts) -> tuple[str, ...]:
    """Give the words that a container's first process is started with."""
    own = () if request.entrypoint else facts.command
    return (*(request.entrypoint or facts.entrypoint), *(request.command or own))


def health_path(request: VerificationRequest, *images: ImageFacts) -> str:
    """Give the path that says whether all is well: asked for, or named by a check, or nothing."""
    if request.health_path:
        return request.health_path
    texts = (" ".join(facts.health_check.test) for facts in images if facts.health_check)
    found = (match for match in map(_URL.search, texts) if match)
    return next((match[1] for match in found), "")


class Conversation(Struct, frozen=True, kw_only=True):
    """The steps to send, and how a token is sent. ``steps`` is empty where there is no HTTP.

    ``routes`` is how many the application has, ``fewer`` says that not all ways to ask them are
    sent. ``explores`` asks for further steps: the links and forms of the pages that are met.
    ``doubtful`` are the numbers of steps to be sent many times, ``languages`` those that the
    application speaks. ``superuser`` has the application make an account of its own first, as a
    Django site can. ``ends`` says that the image is no server: it runs to its end. With
    ``training``, only what a trace may see is sent, with other values. ``touched`` are files of the
    system that the image before opens, ``commands`` the application's own that are run after all
    requests (None until known), ``called`` its calls of gRPC, ``host`` the name it answers under.
    """

    steps: tuple[Step, ...] = ()
    routes: int = 0
    fewer: bool = False
    token_scheme: TokenScheme = field(default_factory=TokenScheme)
    explores: bool = False
    doubtful: frozenset[int] = frozenset()
    languages: tuple[str, ...] = ()
    superuser: bool = False
    ends: bool = False
    training: Training | None = None
    touched: frozenset[str] | None = None
    host: str = ""
    commands: tuple[str, ...] | None = None
    called: tuple[str, ...] = ()


class Trial(Struct, frozen=True, kw_only=True):
    """What is asked of two images, what runs them, and who hears of it."""

    request: VerificationRequest
    engine: Engine
    progress: Progress

    def asking(self, request: VerificationRequest) -> Trial:
        """Ask something else."""
        return replace(self, request=request)

    def step(self, text: str) -> AbstractContextManager[None]:
        """Tell of a step."""
        return step(self.progress, text)

    def before(self) -> Setting:
        """Give how the image before is run. Raises EngineError when one of both does not exist."""
        return self._setting(self.request.image_before)

    def after(self) -> Setting:
        """Give how the image after is run; raises as ``before``."""
        return self._setting(self.request.image_after)

    def _setting(self, image: str) -> Setting:
        request = self.request
        both = (request.image_before, request.image_after)
        images = {one: self.engine.inspect(one) for one in both}
        return Setting(
            engine=self.engine,
            request=request,
            image=image,
            facts=images[image],
            health_path=health_path(request, *images.values()),
        )
