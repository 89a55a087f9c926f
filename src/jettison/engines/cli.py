"""The Engine port over a command-line client."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from msgspec import Struct

from jettison import process
from jettison.engines import buildlog, container
from jettison.engines.arguments import (
    Call,
    image_name,
    is_of_clients,
    require_variables,
    through_environment,
)
from jettison.engines.client import Client
from jettison.engines.container import ClientContainer
from jettison.engines.engine import BuildRequest, ImageFacts, ImageID, RunOptions, work_ended
from jettison.engines.facts import image_facts
from jettison.errors import BuildError
from jettison.progress import Progress


class BuildDialect(Struct, frozen=True, kw_only=True):
    """How a client is told to build, and how its output reads as steps."""

    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    steps: Callable[[list[str]], tuple[buildlog.BuildStep, ...]]


class CommandLineEngine:
    """Docker or Podman through its own client."""

    def __init__(self, client: Client, dialect: BuildDialect) -> None:
        self._client = client
        self._dialect = dialect
        self._ended = False

    @property
    def name(self) -> str:
        """The program and its version."""
        return f"{self._client.program} {self._client.version}"

    def __enter__(self) -> Self:
        """Give the engine itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Remove all that carries the label of this run, and start nothing more."""
        self._ended = True
        with process.uninterrupted():
            self._client.remove_everything()

    def build(self, request: BuildRequest, progress: Progress) -> ImageID:
        """Build with BuildKit or buildah. Raises BuildError, see the port."""
        with tempfile.TemporaryDirectory(prefix="jettison-build-") as folder:
            identifier = Path(folder) / "id"
            lines: list[str] = []

            def hear(line: str) -> None:
                lines.append(line)
                title = buildlog.step_title(line)
                if title:
                    progress.note(title)

            call, secrets = self._build_call(request, identifier)
            done = process.follow(
                (self._client.program, *call.words),
                hear,
                environment={**secrets, **dict(self._dialect.environment)},
            )
            if done.status:
                raise _build_error(request, self._dialect.steps(lines), lines)
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
        if self._ended:
            raise work_ended()
        return container.start(self._client, image, options)

    def inspect(self, image: str) -> ImageFacts:
        """Read an image's configuration. Raises EngineError when there is no such image."""
        named = (image_name(image),)
        shown = self._client.call("image", "inspect", operands=named, failing=f"no image {image}")
        return image_facts(shown)

    @contextmanager
    def save(self, image: str) -> Iterator[IO[bytes]]:
        """Give ``save``'s stream. Raises ProgramError when it fails."""
        call = Call(verb=("save",), operands=(image_name(image),))
        with process.piped((self._client.program, *call.words)) as stream:
            yield stream


def _build_error(
    request: BuildRequest, steps: tuple[buildlog.BuildStep, ...], lines: list[str]
) -> BuildError:
    return BuildError(
        f"the build of {request.dockerfile.name} failed",
        why=buildlog.failure_text(steps, lines),
        hint="Correct the step above and run again; nothing was written.",
    )
