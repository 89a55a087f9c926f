"""An engine whose containers of one image are watched from inside."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Self

from msgspec.structs import replace

from jettison.engines.engine import (
    Bind,
    BuildRequest,
    Container,
    ContainerState,
    Engine,
    ImageFacts,
    ImageID,
    RunOptions,
    Stopped,
)
from jettison.process import Completed
from jettison.progress import Progress
from jettison.trace.file_events import FileEvents, file_events
from jettison.verify.interior import script_text

HOOK = "jettison_trace.pth"
_NOTED = "/jettison-noted"
_FOLDER = "/jettison-trace"
_LINE = "import sys; exec(compile(open({path!r}).read(), {path!r}, 'exec'), {{}})\n"
_PACKAGE = "jettison.trace.inside"


def write_hook(folder: Path) -> None:
    """Write what is mounted into containers to a folder of this machine."""
    folder.chmod(0o755)
    hook = folder / "hook.py"
    hook.write_text(script_text("hook", {}, _PACKAGE), encoding="utf-8")
    line = folder / HOOK
    line.write_text(_LINE.format(path=f"{_FOLDER}/hook.py"), encoding="utf-8")
    for file in (hook, line):
        file.chmod(0o644)


class WatchingEngine:
    """Another engine, and the paths that its containers of ``image`` touch, in ``noted``.

    The hook is mounted beside the distributions of the image's environment (``site``), so that
    every Python process of it loads the hook, whatever its options; the image stays as it is.
    """

    def __init__(self, engine: Engine, image: str, site: str, folder: Path) -> None:
        self._engine = engine
        self._image = image
        self._binds = (
            Bind(source=folder, target=_FOLDER),
            Bind(source=folder / HOOK, target=f"{site}/{HOOK}"),
        )
        self.noted: set[str] = set()
        self.kernel_tells = False

    @property
    def name(self) -> str:
        """The engine in one word, and its version."""
        return self._engine.name

    def __enter__(self) -> Self:
        """Give the engine itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Leave everything to the engine that is watched."""

    def build(self, request: BuildRequest, progress: Progress) -> ImageID:
        """Build as the engine does."""
        return self._engine.build(request, progress)

    def inspect(self, image: str) -> ImageFacts:
        """Inspect as the engine does."""
        return self._engine.inspect(image)

    def save(self, image: str) -> AbstractContextManager[IO[bytes]]:
        """Save as the engine does."""
        return self._engine.save(image)

    def run(self, image: str, options: RunOptions) -> Container:
        """Start a container, with the hook where it is one of the watched image."""
        if image != self._image:
            return self._engine.run(image, options)
        watched = replace(
            options,
            binds=(*options.binds, *self._binds),
            tmpfs=(*options.tmpfs, f"{_NOTED}:mode=1777"),
        )
        container = self._engine.run(image, watched)
        events = file_events(container.state().process)
        self.kernel_tells = self.kernel_tells or events is not None
        return _Watched(container, self.noted, events)


class _Watched:
    """A container that is asked for its notes before it ends."""

    def __init__(self, container: Container, noted: set[str], events: FileEvents | None) -> None:
        self._container = container
        self._noted = noted
        self._events = events

    @property
    def id(self) -> str:
        return self._container.id

    def __enter__(self) -> Self:
        self._container.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        try:
            self._collect()
        finally:
            self._container.__exit__(*failure)

    def address(self, port: int) -> tuple[str, int]:
        return self._container.address(port)

    def state(self) -> ContainerState:
        return self._container.state()

    def execute(
        self,
        command: tuple[str, ...],
        *,
        stdin: bytes = b"",
        user: str = "",
        environment: Mapping[str, str] | None = None,
        timeout: float | None = 60.0,
    ) -> Completed:
        return self._container.execute(
            command, stdin=stdin, user=user, environment=environment, timeout=timeout
        )

    def logs(self) -> str:
        return self._container.logs()

    def memory(self) -> int:
        return self._container.memory()

    def stop(self, *, grace: float) -> Stopped:
        self._collect()
        return self._container.stop(grace=grace)

    def _collect(self) -> None:
        if self._events:
            self._noted |= self._events.close()
        if not self._container.state().running:
            return
        text = script_text("noted", {"folder": _NOTED}, _PACKAGE)
        for interpreter in ("python", "python3"):
            done = self._container.execute((interpreter, "-S", "-B", "-c", text))
            if done.status == 0:
                lines = done.stdout.decode("utf-8", "surrogateescape").splitlines()
                self._noted.update(line for line in lines if line)
                return
