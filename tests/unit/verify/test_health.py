"""When an application counts as ready, asked over a real socket."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from types import SimpleNamespace
from typing import Self

import pytest

from jettison.engines import ContainerState, Stopped
from jettison.errors import ProgramError
from jettison.processes import Completed
from jettison.verify import first_process, readiness
from jettison.verify.exchange import Answer
from jettison.verify.readiness import run_health_command, wait_until_ready


class Machine:
    """This machine as a container: its ports are reached, and commands never end."""

    id = "this machine"

    def __init__(self, port: int = 0) -> None:
        self._port = port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Nothing was started."""

    def address(self, port: int) -> tuple[str, int]:
        return "127.0.0.1", self._port

    def state(self) -> ContainerState:
        return ContainerState(running=True, exit_status=0)

    def execute(
        self,
        command: tuple[str, ...],
        *,
        stdin: bytes = b"",
        user: str = "",
        environment: Mapping[str, str] | None = None,
        timeout: float | None = 60.0,
    ) -> Completed:
        raise ProgramError(f"{command[0]} did not end within {timeout:g} seconds")

    def logs(self) -> str:
        return ""

    def streams(self) -> tuple[str, str]:
        return "", ""

    def memory(self) -> int:
        return 0

    def stop(self, *, grace: float) -> Stopped:
        return Stopped(exit_status=0, seconds=0.0, killed=False)

    def restart(self) -> None:
        """Nothing was stopped."""


class Process(Machine):
    """A process of this machine as a container without ports."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__()
        self._process = process
        # as an engine does
        threading.Thread(target=process.wait, daemon=True).start()

    def state(self) -> ContainerState:
        status = self._process.poll()
        number = self._process.pid
        return ContainerState(running=status is None, exit_status=status or 0, process=number)


@contextmanager
def answering(status: Callable[[str], int]) -> Iterator[Machine]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status(self.path))
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Machine(server.server_port)
        server.shutdown()


@pytest.mark.parametrize("status", [200, 302, 404])
def test_any_answer_but_a_server_error_will_do(status: int) -> None:
    with answering(lambda _path: status) as machine:
        assert wait_until_ready(machine, 8000, "/health", 30).failure == ""


def test_a_path_that_is_named_for_health_has_to_be_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "STEADY_SECONDS", 0.0)
    with answering(lambda path: 503 if path == "/health" else 200) as machine:
        ready = wait_until_ready(machine, 8000, "/health", 1)
    assert ready.failure == "/health responds with 503 within 1 seconds"


def test_without_one_a_server_error_that_stays_is_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "STEADY_SECONDS", 0.0)
    with answering(lambda _path: 500) as machine:
        assert wait_until_ready(machine, 8000, "", 30).failure == ""


def test_start_up_counts_from_the_start_of_the_first_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with subprocess.Popen(("sleep", "60")) as first:
        state = ContainerState(running=True, exit_status=0, process=first.pid)
        monkeypatch.setattr(Machine, "state", lambda _: state)
        time.sleep(0.5)
        with answering(lambda _path: 200) as machine:
            ready = wait_until_ready(machine, 8000, "/", 30)
        first.kill()
    assert ready.failure == ""
    assert ready.seconds > 0.4


def test_a_server_that_takes_connections_and_answers_none_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited = [0.0]

    def silent(*_: object) -> Answer:
        waited.append(readiness._FIRST_ANSWER_SECONDS)
        return Answer(status=0)

    monkeypatch.setattr(readiness, "_first", silent)
    own = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: own() + sum(waited))
    with answering(lambda _path: 200) as machine:
        ready = wait_until_ready(machine, 8000, "/", 60)
    assert ready.failure == "port 8000 does not respond within 60 seconds"
    assert sum(waited) < 120


def test_time_for_which_this_machine_was_suspended_is_not_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, looks = time.monotonic, list[str]()
    monkeypatch.setattr(time, "monotonic", lambda: own() + 3600 * (len(looks) > 1))

    def status(path: str) -> int:
        looks.append(path)
        return 200 if len(looks) > 3 else 503

    with answering(status) as machine:
        ready = wait_until_ready(machine, 8000, "/health", 30)
    assert (ready.failure, ready.seconds < 30) == ("", True)


@pytest.mark.parametrize(
    ("listens", "shared", "failure"),
    [
        ("", False, "it listens on no port, and none is declared"),
        ("", True, "port 8080 does not respond within 1 seconds"),
        ("00000000:1F91", False, "port 8080 does not respond; it listens on 8081"),
        ("0100007F:1F90", False, "it listens on port 8080 of the loopback alone"),
        ("00000000:1F90", False, "port 8080 does not respond within 1 seconds"),
        ("0B00007F:8001", False, "port 8080 does not respond within 1 seconds"),
        ("00000000:1F91", True, "port 8080 does not respond within 1 seconds"),
    ],
)
def test_one_that_listens_elsewhere_is_given_up(
    listens: str, shared: bool, failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "7" / "net" / "tcp"
    table.parent.mkdir(parents=True)
    for process, network in (("7", "net:[8]"), ("self", "net:[8]" if shared else "net:[1]")):
        (tmp_path / process / "ns").mkdir(parents=True)
        (tmp_path / process / "ns" / "net").symlink_to(network)
    own = (f"0: {listens} 00000000:0000 0A 0:0 00:0 0 0 0 4711 1",) if listens else ()
    sockets = (*own, "1: 0100007F:2222 0100007F:1F99 01 0:0 00:0 0 0 0 4712 1")
    table.write_text("\n".join(("sl local_address rem_address st", *sockets)))
    monkeypatch.setattr(first_process, "_PROCESSES", tmp_path)
    state = ContainerState(running=True, exit_status=0, process=7)
    monkeypatch.setattr(Machine, "state", lambda _: state)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        machine = Machine(closed.getsockname()[1])
        ready = wait_until_ready(machine, 8080, "", 1.0, late=0.1, guess=not listens)
    assert ready.failure == failure


def test_what_is_still_at_work_without_a_port_is_not_ready_until_it_waits() -> None:
    at_work = "import time; end = time.time() + 5\nwhile time.time() < end: pass\n"
    ready = {}
    for name, code in {"waits": "", "works": at_work, "ends": f"{at_work}raise SystemExit"}.items():
        command = [sys.executable, "-c", f"{code}\nimport time; time.sleep(60)"]
        with subprocess.Popen(command) as process:
            ready[name] = wait_until_ready(Process(process), None, "", 30)
            process.kill()
    assert ready["ends"].failure == "it ended with status 0"
    assert ready["waits"].failure == ready["works"].failure == ""
    assert ready["waits"].seconds < 5 < ready["works"].seconds


def own_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A time that only waiting lets pass; not that of the module, by which other threads wait."""
    now = [0.0]
    clock = SimpleNamespace(
        monotonic=lambda: now[0], sleep=lambda some: now.append(now.pop() + some)
    )
    monkeypatch.setattr(readiness, "time", clock)
    monkeypatch.setattr(first_process, "time", clock)
    return now


@pytest.mark.parametrize(
    ("share", "failure", "seconds"),
    [(0.0, "", 3), (0.1, "it ended with status 0", 40), (1.0, "", 10)],
)
def test_what_gets_little_of_a_busy_machine_has_longer_to_load(
    monkeypatch: pytest.MonkeyPatch, share: float, failure: str, seconds: float
) -> None:
    now = own_clock(monkeypatch)
    monkeypatch.setattr(first_process, "_used", lambda _: now[0] * share)
    state = partial(ContainerState, exit_status=0)
    monkeypatch.setattr(Machine, "state", lambda _: state(running=now[0] < 40))
    ready = wait_until_ready(Machine(), None, "", 600)
    assert (ready.failure, round(ready.seconds)) == (failure, seconds)


@pytest.mark.parametrize(
    ("share", "alone", "failure"),
    [
        (0.01, True, "port 8080 does not respond; it listens on 8081"),
        (0.01, False, "port 8080 does not respond within 60 seconds"),
        (0.2, True, "port 8080 does not respond within 60 seconds"),
    ],
)
def test_what_is_idle_and_listens_elsewhere_is_given_up_soon(
    monkeypatch: pytest.MonkeyPatch, share: float, alone: bool, failure: str
) -> None:
    now = own_clock(monkeypatch)
    monkeypatch.setattr(first_process, "_used", lambda _: 1 + now[0] * share)
    monkeypatch.setattr(readiness, "listening", lambda _: {(8081, False)})
    monkeypatch.setattr(readiness, "_first", lambda *_: Answer(status=0))
    ready = wait_until_ready(Machine(8000), 8080, "", 60, alone=alone)
    assert ready.failure == failure


@pytest.mark.parametrize(
    ("logs", "share", "listens", "seconds"),
    [
        ("Traceback:\nKeyError: 'DATABASE_URL'\n", 0.1, False, 20),
        ("Traceback:\nKeyError: 'DATABASE_URL'\n", 0.2, False, 60),
        ("Traceback:\nKeyError: 'DATABASE_URL'\n", 0.1, True, 60),
        ("Traceback:\nKeyError: 'DATABASE_URL'\n", 0.1, None, 60),
        ("waiting for the database\n", 0.1, False, 60),
    ],
)
def test_what_only_waits_after_an_error_is_given_up_soon(
    monkeypatch: pytest.MonkeyPatch,
    logs: str,
    share: float,
    listens: bool | None,
    seconds: float,
) -> None:
    now = own_clock(monkeypatch)
    monkeypatch.setattr(first_process, "_used", lambda _: 1 + now[0] * share)
    monkeypatch.setattr(readiness, "listens", lambda _: listens)
    monkeypatch.setattr(readiness, "_first", lambda *_: Answer(status=0))
    monkeypatch.setattr(Machine, "logs", lambda _: logs)
    ready = wait_until_ready(Machine(8000), 8080, "", 60)
    assert ready.seconds == pytest.approx(seconds, abs=1.5)
    assert ready.failure.startswith("port 8080 does not respond")


def test_a_process_listens_by_its_own_sockets_and_those_of_what_it_started() -> None:
    listen = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); "
    start = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}])"
    hold = "print('ready', flush=True); sys.stdin.read()"
    sources = {
        "it": f"{listen}{hold}",
        "its child": start.format(f"{listen}{hold}"),
        "another": f"import sys; {hold}",
    }
    found = {}
    for name, source in sources.items():
        command = [sys.executable, "-c", source]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            found[name] = first_process.listens(process.pid)
            process.communicate()
    assert found == {"it": True, "its child": True, "another": False}
    assert first_process.listens(2**22 + 1) is None


def test_a_health_check_that_does_not_end_fails() -> None:
    outcome = run_health_command(Machine(), ("curl", "http://localhost"))
    assert outcome.status == 124
    assert "did not end within 60 seconds" in outcome.said


def test_a_server_of_grpc_is_known_by_its_first_frame() -> None:
    settings = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            if self.request.recv(24).startswith(b"PRI * HTTP/2.0"):
                self.request.sendall(settings)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        found = wait_until_ready(Machine(server.server_address[1]), 8080, "", 5.0)
        server.shutdown()
    assert found.failure == "port 8080 speaks HTTP/2 alone, as servers of gRPC do"


def test_what_answers_with_no_http_is_named_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_ODD_SECONDS", 1.0)

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(24)
            self.request.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-Field: value\r\n" * 200 + b"\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        found = wait_until_ready(Machine(server.server_address[1]), 8080, "", 30.0)
        server.shutdown()
    assert found.seconds < 10
    assert found.failure == (
        "port 8080 responds with no HTTP that is understood: "
        "unreadable response, HTTPException: got more than 100 headers"
    )


def test_what_began_to_listen_while_it_was_asked_may_speak_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Settings(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(24)
            self.request.sendall(bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))

    with ThreadingTCPServer(("127.0.0.1", 0), Settings) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        for statuses, alone in (([None, 200], False), ([None, None], True)):
            monkeypatch.setattr(readiness, "_status", lambda *_, told=statuses: told.pop(0))
            assert readiness._only_http2((str(host), port), port) is alone
        server.shutdown()
