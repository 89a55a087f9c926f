"""The Engine port over a command-line client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from msgspec import Struct

from jettison.engines import (
    CONTAINERS,
    REACHING,
    BuildRequest,
    ImageFacts,
    ImageID,
    Isolation,
    RunOptions,
    container,
    work_ended,
)
from jettison.engines.client import Client, image_facts
from jettison.engines.container import ClientContainer
from jettison.engines.limits import (
    Call,
    Limits,
    image_name,
    is_of_clients,
    require_variables,
    through_environment,
)
from jettison.errors import BuildError
from jettison.images.stores.unpack import OwnDirectory, own_directory, working_folder
from jettison.processes import follow, piped, uninterrupted
from jettison.progress import Progress

_BUILDKIT_LINE = re.compile(r"^#(?P<vertex>\d+) (?P<text>.*)$")
_BUILDKIT_STEP = re.compile(r"^\[(?P<name>[^\]]*)\] ?(?P<instruction>.*)$")
_OUTPUT = re.compile(r"^\d+\.\d+ (?P<line>.*)$")
_BUILDAH_STEP = re.compile(r"^(?:\[[^\]]+\] )?STEP (?P<number>\d+(?:/\d+)?): (?P<instruction>.*)$")
_RUN = "jettison-run-"
_LAST_LINES = 20


class BuildStep(Struct, frozen=True, kw_only=True):
    """One step of a build: its title, its output, and its error if it failed."""

    title: str
    lines: tuple[str, ...] = ()
    error: str = ""


def buildkit_steps(lines: Iterable[str]) -> tuple[BuildStep, ...]:
    """Read the lines of ``--progress=plain``, in the order in which the steps began."""
    steps: dict[str, BuildStep] = {}
    for line in lines:
        found = _BUILDKIT_LINE.match(line)
        if found:
            vertex, text = found["vertex"], found["text"]
            steps[vertex] = _with_text(steps.get(vertex), text)
    return tuple(steps.values())


def _with_text(step: BuildStep | None, text: str) -> BuildStep:
    if step is None:
        return BuildStep(title=text)
    if text.startswith("ERROR: "):
        return BuildStep(title=step.title, lines=step.lines, error=text[len("ERROR: ") :])
    output = _OUTPUT.match(text)
    if output:
        return BuildStep(
            title=step.title, lines=(*step.lines, output["line"])[-_LAST_LINES:], error=step.error
        )
    return step


def buildah_steps(lines: Iterable[str]) -> tuple[BuildStep, ...]:
    """Read the lines of ``podman build``; a failing build ends with ``Error: …``."""
    steps: list[BuildStep] = []
    for line in lines:
        found = _BUILDAH_STEP.match(line)
        if found:
            steps.append(BuildStep(title=f"[{found['number']}] {found['instruction']}"))
        elif steps:
            last = steps[-1]
            error = line[len("Error: ") :] if line.startswith("Error: ") else last.error
            kept = (*last.lines, line)[-_LAST_LINES:]
            steps[-1] = BuildStep(title=last.title, lines=kept, error=error)
    return tuple(steps)


def failure_text(steps: tuple[BuildStep, ...], lines: Iterable[str]) -> str:
    """Give the step that failed with its last lines, or else the last lines of the build."""
    failed = next((step for step in steps if step.error), None)
    if failed is None:
        return "\n".join(list(lines)[-_LAST_LINES:])
    return "\n".join((failed.title, *(f"  {line}" for line in failed.lines), failed.error))


# How BuildKit and buildah say that an image is not there and cannot be pulled.
_NOT_PULLED = re.compile(
    r"pinging container registry|initializing source docker|failed to do request: Head"
    r"|failed to resolve source metadata|pull access denied|manifest unknown"
)


def hint_of(why: str) -> str:
    """Say what to do after a build that failed for a reason."""
    if _NOT_PULLED.search(why):
        do = "Pull the image, or log in to its registry; --engine embedded makes a base by itself."
    else:
        do = "Correct the step above and run again."
    return f"{do} No files were written."


def step_title(line: str) -> str:
    """Give the instruction that a line announces, or nothing."""
    found = _BUILDKIT_LINE.match(line)
    named = _BUILDKIT_STEP.match(found["text"]) if found else None
    if named and not named["name"].startswith("internal"):
        return f"[{named['name']}] {named['instruction']}"
    buildah = _BUILDAH_STEP.match(line)
    return f"[{buildah['number']}] {buildah['instruction']}" if buildah else ""


class BuildDialect(Struct, frozen=True, kw_only=True):
    """How a client is called to build, and how its output reads as steps."""

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    steps: Callable[[list[str]], tuple[BuildStep, ...]]


class CommandLineEngine:
    """Docker or Podman through its own client."""

    def __init__(self, client: Client, dialect: BuildDialect) -> None:
        self._client = client
        self._dialect = dialect
        self._own: OwnDirectory | None = None
        self._ended = False

    @property
    def name(self) -> str:
        """The program and its version."""
        return f"{self._client.program} {self._client.version}"

    @property
    def isolation(self) -> Isolation:
        """Containers, as the engine makes them."""
        return CONTAINERS if self._client.apart or not self._client.direct else REACHING

    @property
    def limits(self) -> Limits:
        """The most that its containers may take."""
        return self._client.limits

    @property
    def storage(self) -> str:
        """Where it keeps what containers write; nothing where that is not of this machine."""
        return self._client.storage

    def __enter__(self) -> Self:
        """Remove what runs left that were killed, and give the engine itself."""
        note = f"{self._client.run_id} {self._client.place}"
        with suppress(OSError):  # where none can be made, nobody knows of a run that was killed
            self._own = own_directory(_RUN, note, self._clear)
        return self

    def _clear(self, note: str) -> bool:
        """Remove what a killed run left in this engine, and say whether it was its own."""
        run_id, _, place = note.partition(" ")
        ours = place == self._client.place
        if ours:
            self._client.remove_everything(run_id)
        return ours

    def __exit__(self, *failure: object) -> None:
        """Remove all that carries the label of this run, and start nothing more."""
        self._ended = True
        with uninterrupted():
            self._client.remove_everything(self._client.run_id)
            if self._own:
                self._own.remove()

    def build(self, request: BuildRequest, progress: Progress) -> ImageID:
        """Build with BuildKit or buildah. Raises BuildError, see the port."""
        with self._until_the_end():
            return self._built(request, progress)

    def _built(self, request: BuildRequest, progress: Progress) -> ImageID:
        with working_folder() as folder:
            identifier = folder / "id"

            def hear(line: str) -> None:
                title = step_title(line)
                if title:
                    progress.note(title)

            call, secrets = self._build_call(request, identifier)
            done = follow(
                (self._client.program, *call.words),
                hear,
                timeout=request.seconds,
                environment={**secrets, **dict(self._dialect.environment)},
            )
            if done.status:
                lines = [line.rstrip("\r") for line in done.text.split("\n")]
                name, why = request.dockerfile.name, failure_text(self._dialect.steps(lines), lines)
                raise BuildError(f"the build of {name} failed", why=why, hint=hint_of(why))
            return ImageID(identifier.read_text("ascii").strip())

    def _build_call(self, request: BuildRequest, identifier: Path) -> tuple[Call, dict[str, str]]:
        """Return the call, and values of build arguments, which no list of processes shows."""
        arguments = request.build_args
        require_variables(arguments)
        hidden = {name: arguments[name] for name in arguments if not is_of_clients(name)}
        shown = {name: arguments[name] for name in arguments if name not in hidden}
        options = (
            f"--iidfile={identifier}",
            f"--label={self._client.label}",
            f"--tag={request.tag}",
            f"--file={request.dockerfile}",
            *((f"--target={request.target}",) if request.target else ()),
            *(("--no-cache",) if request.no_cache else ()),
            *through_environment(hidden, "--build-arg"),
            *(f"--build-arg={name}={value}" for name, value in shown.items()),
        )
        context = (str(request.context),)
        return Call(verb=self._dialect.command, options=options, operands=context), hidden

    def run(self, image: str, options: RunOptions) -> ClientContainer:
        """Start a container. Raises EngineError when it cannot be created or started."""
        with self._until_the_end():
            return container.start(self._client, image, options)

    @contextmanager
    def _until_the_end(self) -> Iterator[None]:
        """Make something in the block, which is left out after the end of this run.

        What another thread began before the end and has after it was in no list of what there is,
        and keeps what it was made of from being removed.
        """
        if self._ended:
            raise work_ended()
        try:
            yield
        finally:
            if self._ended:
                self._client.remove_everything(self._client.run_id)
                raise work_ended()

    def inspect(self, image: str) -> ImageFacts:
        """Read an image's configuration. Raises EngineError when there is no such image."""
        named = (image_name(image),)
        shown = self._client.call("image", "inspect", operands=named, failing=f"no image {image}")
        return image_facts(shown)

    @contextmanager
    def save(self, image: str) -> Iterator[IO[bytes]]:
        """Give ``save``'s stream. Raises ProgramError when it fails."""
        call = Call(verb=("save",), operands=(image_name(image),))
        with piped((self._client.program, *call.words)) as stream:
            yield stream
