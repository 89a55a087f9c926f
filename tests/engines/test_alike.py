"""An image that is verified against itself is equivalent, however restless it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.support.names import RUN
from tests.support.runners import Runner

from jettison.engines import BuildRequest, Engine
from jettison.engines.finding import EMBEDDED
from jettison.progress import SilentProgress
from jettison.verify import CheckResult, Verdict
from jettison.verify.differential import compare
from jettison.verify.request import request_of

pytestmark = [pytest.mark.engine]

# Runs as root, has orders, numbers and states that never repeat, and writes below its own folder.
RESTLESS = """\
import json, os, pathlib, random, signal, sys, time, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATHS = ("/broken", "/order", "/coin", "/kept", "/id", "/clock")
OPENAPI = {"openapi": "3.1.0", "paths": {path: {"get": {"responses": {}}} for path in PATHS}}

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, value = self.answer(self.path.partition("?")[0])
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def answer(self, path):
        if path == "/openapi.json":
            return 200, OPENAPI
        if path == "/order":
            return 200, random.sample(range(9), 9)
        if path == "/coin":
            return random.choice((*range(200, 208), *range(400, 420))), {}
        if path == "/kept":
            pathlib.Path("/app/kept").write_text("x")
            return 200, {"kept": os.getuid()}
        if path == "/id":
            return 200, {"id": str(uuid.uuid4()), "at": time.time()}
        if path == "/clock":
            return 200, {"now": time.strftime("%Y-%m-%d %H:%M:%S"), "pid": os.getpid()}
        if path == "/":
            return 200, {}
        return 500, {"detail": f"{path} at {time.time()}"}

if len(sys.argv) == 1:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
SERVER = "FROM python:3.11-slim\nWORKDIR /app\nCOPY server.py .\nEXPOSE 8000\n"
RUNS = {
    "restless": 'CMD ["python", "server.py"]\n',
    "writes at once": "CMD touch /app/started && exec python server.py\n",
}

Verify = Callable[[str, str], Verdict]


@pytest.fixture
def itself(engine: Engine, runner: Runner, tmp_path: Path) -> Verify:
    def itself(run: str, tag: str) -> Verdict:
        (tmp_path / "server.py").write_text(RESTLESS)
        (tmp_path / "Dockerfile").write_text(SERVER + run)
        request = BuildRequest(context=tmp_path, dockerfile=tmp_path / "Dockerfile", tag=tag)
        engine.build(request, SilentProgress())
        image = runner.image(tag)
        facts = runner.engine.inspect(image)
        asked = replace(request_of(facts, facts), image_before=image, image_after=image)
        return compare(asked, runner.engine, SilentProgress())

    return itself


def result(verdict: Verdict, name: str) -> CheckResult:
    return next(check for check in verdict.checks if check.name == name)


def test_root_may_need_its_capabilities_for_a_folder_of_another_user(itself: Verify) -> None:
    run = (
        "RUN mkdir /data && chown 1000:2000 /data\n"
        'VOLUME ["/data/"]\n'
        'CMD ["python", "-m", "http.server", "8000"]\n'
    )
    found = itself(run, f"{RUN}/alike:folder")
    assert found.equivalent, [(check.name, check.details) for check in found.differences]
    told = result(found, "read-only-root").message
    assert told == "neither works with a read-only root: no file can be made in /data"


# Another root is asked for in the same way with every engine.
@pytest.mark.parametrize(
    ("runner", "kind"),
    [("engine", "restless"), (EMBEDDED, "writes at once")],
    indirect=["runner"],
    scope="module",
)
def test_it_is_equivalent(itself: Verify, kind: str) -> None:
    found = itself(RUNS[kind], f"{RUN}/alike:{kind.replace(' ', '-')}")
    assert found.equivalent, [(check.name, check.details) for check in found.differences]
    assert "neither works with a read-only root" in result(found, "read-only-root").message
    assert result(found, "user").message == "runs as root in both"
    assert "10 were server errors before" in result(found, "routes").message
