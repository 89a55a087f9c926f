"""Verification that cannot go on: a clear message, its own exit status, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.support.names import RUN
from tests.support.runners import Runner

from jettison.engines import BuildRequest, Engine
from jettison.engines.client import LABEL
from jettison.engines.finding import EMBEDDED
from jettison.progress import SilentProgress

pytestmark = [pytest.mark.engine]

SLEEPS = """\
FROM python:3.11-slim
EXPOSE 8000
CMD ["python", "-c", "import time; time.sleep(600)"]
"""
# A server that is not called Python, in an image without one, and without a shell.
BARE = """\
FROM python:3.11-slim
WORKDIR /srv
RUN mv /usr/local/bin/python3.11 /usr/local/bin/runtime && mv /usr/bin/rm /remove \\
    && /remove /usr/local/bin/python* /usr/bin/*sh /usr/bin/perl* /remove
EXPOSE 8000
CMD ["/usr/local/bin/runtime", "-c", "import http.server as h, signal, sys; \
signal.signal(signal.SIGTERM, lambda *_: sys.exit()); \
h.HTTPServer(('', 8000), h.SimpleHTTPRequestHandler).serve_forever()"]
"""
# A server that answers once and ends, as one whose second worker cannot start.
ENDS = r"""
FROM python:3.11-slim
EXPOSE 8000
RUN echo 'import http.server, os, sys\n\
class Once(http.server.BaseHTTPRequestHandler):\n\
    def do_GET(self):\n\
        if self.path != "/": os._exit(print("RuntimeError: no worker", file=sys.stderr) or 3)\n\
        self.send_response(200); self.end_headers()\n\
http.server.HTTPServer(("", 8000), Once).serve_forever()' > /once.py
CMD ["python", "-u", "/once.py"]
"""
PATIENCE = 600  # a hang is rare, and a loaded machine slow


@pytest.fixture
def image(engine: Engine, tmp_path: Path) -> Callable[[str, str], str]:
    def image(name: str, text: str) -> str:
        (tmp_path / "Dockerfile").write_text(text)
        tag = f"{RUN}/{name}"
        request = BuildRequest(context=tmp_path, dockerfile=tmp_path / "Dockerfile", tag=tag)
        engine.build(request, SilentProgress())
        return tag

    return image


def begin(
    runner: Runner, tag: str, folder: Path, *more: str, **extra: str
) -> subprocess.Popen[str]:
    """Start to verify an image against itself; temporary files go to the folder."""
    name = runner.image(tag)
    program = runner.engine.name.split()[0]
    command = [sys.executable, "-m", "jettison", "verify", name, name, "--engine", program, *more]
    return subprocess.Popen(
        # who runs the tests may ignore signals, as nohup does, and what it starts would too
        ["env", "--default-signal", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder), **extra},
    )


def ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, said = running.communicate(timeout=PATIENCE)
    finally:
        running.kill()
    assert "Traceback" not in said
    return running.returncode, out, said


def containers(engine: Engine, image: str) -> list[str]:
    program = engine.name.split()[0]
    command = [program, "ps", "--all", "--quiet", "--filter", f"ancestor={image}"]
    return subprocess.check_output(command, text=True).split()


def runs(runner: Runner, tag: str, folder: Path) -> bool:
    """Whether a container of the image runs for the command."""
    if runner.place:
        return any(folder.glob("jettison-engine-*/containers/*/spec.json"))
    return bool(containers(runner.engine, tag))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the command keeps temporary files: it has to leave it empty."""
    place = tmp_path / "temporary"
    place.mkdir()
    yield place
    assert list(place.iterdir()) == []


# Which signal it was no engine knows: the command ends for each in the same way.
@pytest.mark.parametrize(
    ("runner", "number"),
    [("engine", signal.SIGINT), ("engine", signal.SIGHUP), (EMBEDDED, signal.SIGTERM)],
    indirect=["runner"],
    scope="module",
)
def test_an_interrupted_verification_leaves_nothing(
    number: signal.Signals, runner: Runner, image: Callable[[str, str], str], folder: Path
) -> None:
    tag = image("interrupt", SLEEPS)
    running = begin(runner, tag, folder)
    wait_for(lambda: runs(runner, tag, folder))
    running.send_signal(number)
    status, _, said = ended(running)
    assert (status, "interrupted" in said) == (130, True)
    assert containers_left(runner, tag) == []


# What is said of an image is a matter of no engine.
@pytest.mark.parametrize("runner", [EMBEDDED], indirect=True, scope="module")
def test_an_image_that_never_becomes_ready_is_named(
    runner: Runner, image: Callable[[str, str], str], folder: Path
) -> None:
    tag = image("never", SLEEPS)
    status, out, said = ended(begin(runner, tag, folder, "--startup-timeout", "2"))
    assert status == 4
    assert (
        "neither image becomes ready: before, port 8000 does not respond within 2 seconds" in said
    )
    assert "Verdict: unknown (the baseline does not become ready)" in out
    assert containers_left(runner, tag) == []


@pytest.mark.parametrize("runner", ["engine"], indirect=True, scope="module")
def test_an_image_that_ends_while_it_is_asked_is_named(
    runner: Runner, image: Callable[[str, str], str], folder: Path
) -> None:
    status, out, said = ended(begin(runner, image("ends", ENDS), folder))
    assert status == 4
    assert "it ended with status 3 after its first response" in said
    assert "RuntimeError: no worker" in out
    assert "Verdict: unknown (the baseline does not become ready)" in out


@pytest.mark.parametrize("runner", ["engine"], indirect=True, scope="module")
def test_an_image_without_a_shell_and_python_is_compared_from_outside(
    runner: Runner, image: Callable[[str, str], str], folder: Path
) -> None:
    tag = image("bare", BARE)
    (folder.parent / "own.http").write_text("GET /\n")
    probes = str(folder.parent / "own.http")
    status, out, said = ended(begin(runner, tag, folder, "--probes", probes))
    assert (status, said.count("error:")) == (0, 0), said
    assert "there is no Python on the path of the image" in out
    assert re.search(r"routes +same +(\d+) of \1 responses identical", out)
    assert containers_left(runner, tag) == []


def test_an_engine_that_stops_in_between_is_told_from_a_broken_image(
    engine: Engine, image: Callable[[str, str], str], tmp_path: Path, folder: Path
) -> None:
    if not engine.name.startswith("docker"):
        pytest.skip("the way to the daemon of docker is cut here")
    tag = image("stops", SLEEPS)
    runner = Runner(engine=engine, place="")
    way = Way(tmp_path / "daemon.sock")
    running = begin(runner, tag, folder, DOCKER_HOST=f"unix://{tmp_path / 'daemon.sock'}")
    try:
        wait_for(lambda: bool(containers(engine, tag)))
        way.cut()
        status, _, said = ended(running)
        assert status == 7
        assert "stopped answering" in said
        assert f"label={LABEL}" in said
    finally:
        way.cut()
        left = containers(engine, tag)
        networks = {name for one in left for name in networks_of(one)}
        for words, names in ((["rm", "--force", "--volumes"], left), (["network", "rm"], networks)):
            if names:
                subprocess.run(["docker", *words, *names], check=True)


def containers_left(runner: Runner, tag: str) -> list[str]:
    return [] if runner.place else containers(runner.engine, tag)


def networks_of(container: str) -> list[str]:
    template = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}"
    command = ["docker", "inspect", "--format", template, container]
    names = subprocess.check_output(command, text=True).split()
    return [name for name in names if name not in {"bridge", "host", "none"}]


class Way:
    """A socket that leads to docker's daemon until it is cut."""

    def __init__(self, place: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen()
        self._place = place
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """End all connections, and take no more."""
        self._place.unlink(missing_ok=True)
        self._listener.close()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.socket(socket.AF_UNIX)
                far.connect("/var/run/docker.sock")
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=(one, other), daemon=True).start()


def carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError), closing(one):
        while chunk := one.recv(65536):
            other.sendall(chunk)
        other.shutdown(socket.SHUT_WR)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
