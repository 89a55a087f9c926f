"""An engine whose images are servers of this machine: whole comparisons without containers."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import IO, Self

from jettison.engines import (
    CONTAINERS,
    BuildRequest,
    Container,
    ContainerState,
    ImageFacts,
    ImageID,
    RunOptions,
    Stopped,
)
from jettison.engines.limits import Limits
from jettison.errors import EngineError
from jettison.processes import Completed
from jettison.progress import Progress

_PAGE = os.sysconf("SC_PAGESIZE")


def _free_port() -> int:
    """A port below those that the kernel gives to clients, one of which could take it meanwhile."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


class LocalContainer:
    """A running server, whose arguments are its port and the number of its start.

    ``READ_ONLY`` is set in its environment where its root is to be read-only.
    """

    def __init__(self, script: Path, options: RunOptions, number: int) -> None:
        self._address = ("127.0.0.1", _free_port())
        self._log = script.with_suffix(f".{number}.log")
        self._environment = {**os.environ, **options.environment}
        if options.read_only:
            self._environment["READ_ONLY"] = "1"
        self._command = (sys.executable, script, str(self._address[1]), str(number))
        self.restart()

    @property
    def id(self) -> str:
        return str(self._server.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._server.kill()
        self._server.wait()

    def address(self, port: int) -> tuple[str, int]:
        return self._address

    def state(self) -> ContainerState:
        ended = self._server.poll()
        return ContainerState(running=ended is None, exit_status=ended or 0)

    def execute(self, command: tuple[str, ...], **_: object) -> Completed:
        """Nothing can be run in it."""
        return Completed(command=command, status=127, stdout=b"", stderr=b"not here")

    def logs(self) -> str:
        return self._log.read_text()

    def streams(self) -> tuple[str, str]:
        return "", self.logs()

    def memory(self) -> int:
        return int(Path(f"/proc/{self._server.pid}/statm").read_text().split()[1]) * _PAGE

    def stop(self, *, grace: float) -> Stopped:
        begun = time.monotonic()
        self._server.terminate()
        try:
            status = self._server.wait(grace)
        except subprocess.TimeoutExpired:
            self._server.kill()
            status = self._server.wait()
        return Stopped(exit_status=status, seconds=time.monotonic() - begun, killed=False)

    def restart(self) -> None:
        with self._log.open("a") as log:
            self._server = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log
            )


class LocalEngine:
    """Images are names of scripts in a folder. Each start of an image has a number."""

    name = "local"
    isolation = CONTAINERS
    limits = Limits()
    storage = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.starts: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        return

    def build(self, request: BuildRequest, progress: Progress) -> ImageID:
        raise NotImplementedError

    def run(self, image: str, options: RunOptions) -> Container:
        if options.entrypoint:
            raise EngineError("nothing else can be run")
        number = self.starts[image] = self.starts.get(image, 0) + 1
        return LocalContainer(self._folder / image, options, number)

    def inspect(self, image: str) -> ImageFacts:
        return ImageFacts(id=ImageID(image), size=1, layers=())

    def save(self, image: str) -> AbstractContextManager[IO[bytes]]:
        raise NotImplementedError
