"""What the compose file runs beside the application is there for every run, empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from tests.support.names import RUN

from jettison.engines import BuildRequest, Engine
from jettison.progress import SilentProgress
from jettison.verify import CheckResult, Outcome, Verdict, runs
from jettison.verify.differential import compare
from jettison.verify.request import NeededService, VerificationRequest, Worker

pytestmark = [pytest.mark.engine]

STORE = """\
import socketserver
LINES = []

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            LINES.append(line)
            self.wfile.write(b"%d\\n" % len(LINES))

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

Server(("0.0.0.0", 7000), Handler).serve_forever()
"""
SITE = """\
import http.server, json, signal, socket, sys, time

def told():
    with socket.create_connection(("store", 7000), timeout=5) as connection:
        connection.sendall(b"visit\\n")
        return int(connection.makefile().readline())

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        paths = {"paths": {"/visits": {"get": {"responses": {}}}}}
        try:
            value = paths if self.path == "/openapi.json" else {"visits": told()}
            status = 200
        except OSError as failure:
            status, value = 503, {"failure": str(failure)}
        if self.path == "/":
            status = 200
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if sys.argv[1:] == ["work"]:
    import queues
    while told():
        time.sleep(0.5)
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /app
COPY store.py web.py queues.py ./
USER 10001
EXPOSE 8000
CMD ["python", "web.py"]
"""
BEFORE, AFTER = f"{RUN}/services:before", f"{RUN}/services:after"
SERVICE = NeededService(name="store", image=BEFORE, command=("python", "store.py"), port=7000)
REQUEST = VerificationRequest(
    image_before=BEFORE,
    image_after=AFTER,
    ports=(8000,),
    services=(SERVICE,),
    workers=(Worker(name="mail", command=("python", "web.py", "work")),),
)
Verify = Callable[..., Verdict]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at workers for less long: one that cannot work ends at once."""
    monkeypatch.setattr(runs, "_WATCHED_SECONDS", 4.0)
    monkeypatch.setattr(runs, "_LONG_WATCHED_SECONDS", 8.0)


@pytest.fixture(scope="module")
def verify(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Verify:
    folder = tmp_path_factory.mktemp("services")
    for name, text in (("store.py", STORE), ("web.py", SITE), ("queues.py", "")):
        (folder / name).write_text(text)

    def build(tag: str, text: str) -> None:
        (folder / "Dockerfile").write_text(text)
        request = BuildRequest(context=folder, dockerfile=folder / "Dockerfile", tag=tag)
        engine.build(request, SilentProgress())

    build(BEFORE, DOCKERFILE)

    def verify(request: VerificationRequest = REQUEST, fault: str = "LABEL a=b") -> Verdict:
        build(AFTER, f"FROM {BEFORE}\nUSER root\n{fault}\nUSER 10001\n")
        return compare(request, engine, SilentProgress())

    return verify


def result(verdict: Verdict, name: str) -> CheckResult:
    return next(check for check in verdict.checks if check.name == name)


def test_the_service_starts_empty_for_every_run(verify: Verify) -> None:
    found = verify()
    assert found.equivalent, found.differences
    assert result(found, "routes").outcome is Outcome.SAME
    assert result(found, "workers").message == "1 of 1 workers work"
    assert "store (" in result(found, "services").message


def test_a_worker_that_cannot_work_any_more_is_a_difference(verify: Verify) -> None:
    found = verify(fault="RUN rm queues.py")
    assert {check.name for check in found.differences} == {"files", "workers"}
    assert "No module named 'queues'" in result(found, "workers").details[0]


def test_without_the_service_nothing_is_called_equivalent(verify: Verify) -> None:
    missing = replace(SERVICE, command=("python", "-c", "raise SystemExit('no room left')"))
    found = verify(replace(REQUEST, services=(missing,), workers=()))
    assert not found.equivalent
    assert found.differences == ()
    assert "no room left" in result(found, "services").message
    assert "server errors in both" in result(found, "routes").message
