"""Whole comparisons of servers that run on this machine."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from msgspec.structs import replace
from tests.support.local_engine import LocalEngine

from jettison.engines import Engine, ImageFacts, ImageID
from jettison.engines.limits import Limits
from jettison.errors import FullEngineError, TimeLimitError
from jettison.processes.concurrent import beside
from jettison.progress import SilentProgress
from jettison.report.verdict_text import conclusion
from jettison.verify import (
    CheckResult,
    Outcome,
    Verdict,
    batch,
    before,
    differential,
    observe,
    readiness,
    retries,
    runs,
    time_limit,
)
from jettison.verify.before import Prefetched, prefetch
from jettison.verify.differential import compare
from jettison.verify.observation import Conversation, Observation, Setting, Stored, SuiteOutcome
from jettison.verify.request import CustomRequest, Suite, Surroundings, VerificationRequest, Worker
from jettison.verify.runs import Baseline

# Without http.server, whose import is most of what a start would take.
SERVER = """
import json, os, random, socketserver, sys, time, uuid

start, count = int(sys.argv[2]), 0

class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            method, self.path, _ = line.decode().split()
            self.headers = {}
            while line := self.rfile.readline().strip():
                name, _, value = line.decode().partition(": ")
                self.headers[name.title()] = value
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer() if method == "GET" else self.send(501, {}, b"")

    def answer(self):
        global count
        count += 1
        status, found, headers = self.found()
        body = json.dumps(found).encode()
        if self.headers.get("If-None-Match") == headers.get("ETag", "-"):
            status, body = 304, b""
        self.send(status, {**headers, "Content-Type": "application/json"}, body)

    def send(self, status, headers, body):
        headers["Content-Length"] = len(body)
        lines = [f"HTTP/1.1 {status} said", *(f"{name}: {headers[name]}" for name in headers)]
        self.wfile.write("\\r\\n".join([*lines, "", ""]).encode() + body)

    def found(self):
        headers = {}
        status = 200
        found = {
            "id": str(uuid.uuid4()), "at": time.time(), "words": list({"a", "b", "c", "d"}),
            "now": time.strftime("%Y-%m-%d %H:%M:%S"), "payload": {"total": 3},
        }
        FAULT
        return status, found, headers

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
REQUEST = VerificationRequest(
    image_before="before.py",
    image_after="after.py",
    ports=(8000,),
    read_only_after=False,
    probes=(CustomRequest(method="GET", path="/x"),),
)


def verdict(
    folder: Path, before: str, after: str, request: VerificationRequest = REQUEST
) -> Verdict:
    """Compare a server with one that has another fault."""
    for name, fault in (("before.py", before), ("after.py", after)):
        (folder / name).write_text(SERVER.replace("FAULT", fault))
    return compare(request, LocalEngine(folder), SilentProgress())


def routes(found: Verdict) -> CheckResult:
    return next(check for check in found.checks if check.name == "routes")


NOTHING = "pass"


def test_a_comparison_ends_in_time_whatever_the_images_do(tmp_path: Path) -> None:
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text("import time\ntime.sleep(600)\n")
    engine = LocalEngine(tmp_path)
    engine.limits = Limits(seconds=0.5)
    begun = monotonic()
    with pytest.raises(TimeLimitError, match="not compared within"):
        compare(REQUEST, engine, SilentProgress())
    assert monotonic() - begun < 10
    assert sum(engine.starts.values()) < 3


def test_a_comparison_ends_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text("import time\ntime.sleep(600)\n")
    engine = LocalEngine(tmp_path)
    engine.storage = str(tmp_path)
    left = iter(range(20, 0, -1))
    monkeypatch.setattr(time_limit, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(time_limit, "_free", lambda _: next(left, 1) * 10**9)
    begun = monotonic()
    with pytest.raises(FullEngineError, match=r"lost 17.0 GB while the images were compared"):
        compare(REQUEST, engine, SilentProgress())
    assert monotonic() - begun < 10


@pytest.mark.parametrize(
    ("limits", "wait", "said"),
    [
        (Limits(requests=30), 0.0, r"^28 of 300 .*: limit of 30 requests \(--request-limit\)$"),
        (
            Limits(request_seconds=3.0), 0.05,
            r"^\d\d of 300 .*: limit of 3 s \(--request-time\)$",
        ),
    ],
)  # fmt: skip
def test_of_many_routes_as_many_are_requested_as_the_limits_allow(
    limits: Limits, wait: float, said: str, tmp_path: Path
) -> None:
    document = {"paths": {f"/thing{number}": {"get": {}} for number in range(300)}}
    served = f"time.sleep({wait}); found = {document} if 'openapi' in self.path else found"
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text(SERVER.replace("FAULT", served))
    engine = LocalEngine(tmp_path)
    engine.limits = limits
    found = compare(REQUEST, engine, SilentProgress())
    assert not found.differences, [check.details for check in found.differences]
    assert re.search(said, routes(found).message.rpartition("; ")[2])
    assert " of 300 routes were requested, of each kind some" in " ".join(conclusion(found).split())


def test_a_read_only_root_that_nobody_promised_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = "import os, time\nif 'READ_ONLY' in os.environ: time.sleep(600)\n"
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text(f"{stuck}{SERVER.replace('FAULT', NOTHING)}")
    monkeypatch.setattr(retries, "_HASTY_SECONDS", 1.0)
    asked = replace(REQUEST, read_only_after=True)
    begun = monotonic()
    found = compare(asked, LocalEngine(tmp_path), SilentProgress())
    assert monotonic() - begun < 40
    assert found.equivalent, [check.details for check in found.differences]


def test_where_the_baseline_does_not_become_ready_the_candidate_is_waited_for_briefly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(differential, "_AGAIN_SECONDS", 0.5)
    begun = monotonic()
    found = compare(replace(REQUEST, startup_timeout=8.0), LocalEngine(tmp_path), SilentProgress())
    assert monotonic() - begun < 14
    assert found.dead_before
    assert "neither image becomes ready" in found.differences[0].message


def test_tests_are_not_run_in_vain_where_the_baseline_is_known_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text("raise SystemExit('no settings')\n")
    monkeypatch.setattr(differential, "run_suite", lambda *_: pytest.fail("the tests are run"))
    asked = replace(REQUEST, suite=Suite(image="after.py"))
    engine, progress = LocalEngine(tmp_path), SilentProgress()
    with beside() as pool:
        ahead = pool.submit(prefetch, asked, engine, progress, pool)
        ahead.result()
        found = compare(asked, engine, progress, ahead)
    assert found.dead_before
    start = next(check for check in found.checks if check.name == "start")
    assert "no settings" in " ".join(start.details)


def test_what_is_looked_at_ahead_ends_in_time_too(tmp_path: Path) -> None:
    (tmp_path / "before.py").write_text("import time\ntime.sleep(600)\n")
    engine = LocalEngine(tmp_path)
    engine.limits = Limits(seconds=0.5)
    with beside() as pool, pytest.raises(TimeLimitError):
        prefetch(REQUEST, engine, SilentProgress(), pool)


@pytest.mark.parametrize(
    "restless",
    [
        (
            "found['pick'] = random.choice(['red', 'green', 'blue']); "
            "found['uptime_seconds'] = random.choice([1, 2]); headers['ETag'] = str(start)"
        ),
        "status = random.choice([200, 503])",
    ],
)
def test_a_server_is_equivalent_to_itself(restless: str, tmp_path: Path) -> None:
    found = verdict(tmp_path, restless, restless)
    assert not found.differences, [check.details for check in found.differences]


@pytest.mark.parametrize("odd", [0, 1])
def test_a_last_line_that_only_some_starts_write_is_no_difference(odd: int, tmp_path: Path) -> None:
    for name in ("before.py", "after.py"):
        last = (
            "import signal\n"
            "def end(*_):\n"
            f"    start % 2 == {odd} and print('INFO closed', flush=True)\n"
            "    os._exit(0)\n"
            "signal.signal(signal.SIGTERM, end)\n"
        )
        text = SERVER.replace("Server((", f"{last}Server((")
        (tmp_path / name).write_text(text.replace("FAULT", NOTHING))
    found = compare(REQUEST, LocalEngine(tmp_path), SilentProgress())
    assert not found.differences, [check.details for check in found.differences]


def test_an_image_that_fails_with_the_files_of_its_first_start_is_different(tmp_path: Path) -> None:
    fails = (
        "import pathlib, sys\n"
        "kept = pathlib.Path(sys.argv[0]).with_suffix(f'.{sys.argv[2]}.kept')\n"
        "kept.exists() and sys.exit(3)\n"
        "kept.touch()\n"
    )
    for name, first in (("before.py", ""), ("after.py", fails)):
        (tmp_path / name).write_text(f"{first}{SERVER}".replace("FAULT", NOTHING))
    found = compare(REQUEST, LocalEngine(tmp_path), SilentProgress())
    assert [check.name for check in found.differences] == ["start"]
    assert "on what it wrote before: it ended with status 3" in found.differences[0].message


def test_what_a_writable_root_alone_makes_possible_is_no_difference(tmp_path: Path) -> None:
    says = "'READ_ONLY' in os.environ or print('INFO control socket is ready', flush=True)"
    found = verdict(tmp_path, says, says, replace(REQUEST, read_only_after=True))
    assert not found.differences, [check.details for check in found.differences]


def test_a_run_with_a_writable_root_counts_where_the_other_did_not_start(tmp_path: Path) -> None:
    ends = "'READ_ONLY' in os.environ and os._exit(3)"
    for name in ("before.py", "after.py"):
        text = SERVER.replace("start, count", f"{ends}\nstart, count", 1)
        (tmp_path / name).write_text(text.replace("FAULT", NOTHING))
    engine = LocalEngine(tmp_path)
    found = compare(replace(REQUEST, read_only_after=True), engine, SilentProgress())
    assert not found.differences, [check.details for check in found.differences]
    # two beside each other, of which one fails, then one more, and one to be timed
    assert engine.starts["after.py"] == 4


def test_a_last_line_that_needs_a_writable_root_is_no_difference(tmp_path: Path) -> None:
    for name in ("before.py", "after.py"):
        last = (
            "import signal\n"
            "def end(*_):\n"
            "    'READ_ONLY' in os.environ or print('INFO state saved', flush=True)\n"
            "    os._exit(0)\n"
            "signal.signal(signal.SIGTERM, end)\n"
        )
        text = SERVER.replace("Server((", f"{last}Server((")
        (tmp_path / name).write_text(text.replace("FAULT", NOTHING))
    request = replace(REQUEST, read_only_after=True)
    found = compare(request, LocalEngine(tmp_path), SilentProgress())
    assert not found.differences, [check.details for check in found.differences]


@pytest.mark.parametrize("planned", [False, True])
def test_workers_run_as_production_will_run_them(
    planned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # one that ends does so at once
    monkeypatch.setattr(runs, "_WATCHED_SECONDS", 2.0)
    monkeypatch.setattr(runs, "_LONG_WATCHED_SECONDS", 4.0)
    writes = "'ROLE' in os.environ and 'READ_ONLY' in os.environ and sys.exit(1)"
    for name in ("before.py", "after.py"):
        # before anything takes time
        text = f"import os, sys\n{writes}\n{SERVER}"
        (tmp_path / name).write_text(text.replace("FAULT", NOTHING))
    beat = Worker(name="beat", environment={"ROLE": "beat"})
    request = replace(REQUEST, read_only_after=True, expected_read_only=planned, workers=(beat,))
    found = compare(request, LocalEngine(tmp_path), SilentProgress())
    check = next(check for check in found.checks if check.name == "workers")
    assert check.outcome is (Outcome.DIFFERENT if planned else Outcome.SAME)


def write_servers_that_end_in_development(folder: Path) -> None:
    ends = "os.environ.get('MODE') == 'development' and sys.exit(2)"
    for name in ("before.py", "after.py"):
        text = SERVER.replace("start, count", f"{ends}\nstart, count", 1)
        (folder / name).write_text(text.replace("FAULT", NOTHING))


def test_what_does_not_start_as_its_service_runs_it_is_compared_in_another_way(
    tmp_path: Path,
) -> None:
    write_servers_that_end_in_development(tmp_path)
    request = replace(
        REQUEST,
        environment={"MODE": "development"},
        otherwise=(Surroundings(how="without the variables of the service", ports=(8000,)),),
    )
    found = compare(request, LocalEngine(tmp_path), SilentProgress())
    start = next(check for check in found.checks if check.name == "start")
    assert start.outcome is Outcome.SAME
    assert start.message.endswith("both were run without the variables of the service")


GRPC = """
import os, socketserver, sys

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        if self.request.recv(24).startswith(b"PRI * HTTP/2.0"):
            self.request.sendall(bytes(3) + bytes([4]) + bytes(5))

if not os.environ.get("CATALOG"):
    sys.exit("CATALOG is not set")
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_server_of_grpc_that_needs_a_variable_is_run_with_one(tmp_path: Path) -> None:
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text(GRPC)
    way = Surroundings(how="with a catalog", ports=(8000,), environment={"CATALOG": "sample"})
    request = replace(REQUEST, probes=(), otherwise=(way,))
    found = compare(request, LocalEngine(tmp_path), SilentProgress())
    start = next(check for check in found.checks if check.name == "start")
    assert start.outcome is Outcome.SAME
    assert "with a catalog, with calls in place of requests, as port 8000 speaks" in start.message


def test_what_runs_and_listens_on_no_port_is_given_no_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "is_apart", lambda _: True)
    monkeypatch.setattr(readiness, "listening", lambda _: set())
    monkeypatch.setattr(observe, "_ELSEWHERE", 0.5)
    for name in ("before.py", "after.py"):
        (tmp_path / name).write_text("import time\ntime.sleep(600)\n")
    sample = {"BROKER": "sample"}
    ways = (
        Surroundings(how="with sample values", ports=(), environment=sample, samples=("BROKER",)),
        Surroundings(how="without a port", ports=()),
    )
    request = replace(REQUEST, probes=(), serves=False, otherwise=ways)
    found = compare(request, LocalEngine(tmp_path), SilentProgress())
    start = next(check for check in found.checks if check.name == "start")
    assert start.message.endswith("both were run without a port")


@pytest.mark.parametrize(("environment", "times"), [({}, 1), ({"MODE": "development"}, 2)])
def test_the_suite_begins_at_once_and_runs_as_the_images_are_run(
    environment: dict[str, str], times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ran = Event(), []

    def suite(
        _engine: Engine, request: VerificationRequest, seen: Observation, *_: object
    ) -> Observation:
        ran.append(request.environment)
        begun.set()
        outcome = SuiteOutcome(status=int(bool(request.environment)), lines=("1 passed",))
        return replace(seen, suite=outcome)

    monkeypatch.setattr(differential, "run_suite", suite)
    write_servers_that_end_in_development(tmp_path)
    request = replace(
        REQUEST,
        suite=Suite(image="after.py"),
        environment=environment,
        otherwise=(Surroundings(how="without the variables of the service", ports=(8000,)),),
    )
    engine, progress = LocalEngine(tmp_path), SilentProgress()

    def once_the_suite_runs() -> Prefetched:
        assert begun.wait(60)
        return prefetch(request, engine, progress, pool)

    with beside() as pool:
        found = compare(request, engine, progress, pool.submit(once_the_suite_runs))
    check = next(check for check in found.checks if check.name == "test-suite")
    assert (check.outcome, check.message) == (Outcome.SAME, "1 passed")
    assert len(ran) == times
    assert ran[-1] == {}


@pytest.mark.parametrize(("with_all", "outcome"), [(5, Outcome.SKIPPED), (0, Outcome.DIFFERENT)])
def test_tests_of_a_command_that_fail_are_run_with_all_requirements_too(
    with_all: int, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def suite(
        _engine: Engine, request: VerificationRequest, seen: Observation, *_: object
    ) -> Observation:
        status = with_all if request.image_after == "all.py" else 5
        return replace(seen, suite=SuiteOutcome(status=status, lines=("no tests ran",)))

    def ended(setting: Setting, *_: object) -> Observation:
        return Observation(facts=setting.facts)

    monkeypatch.setattr(differential, "run_suite", suite)
    monkeypatch.setattr(batch, "observed", ended)
    for name in ("before.py", "after.py", "all.py"):
        (tmp_path / name).write_text("print('done')\n")
    request = replace(REQUEST, ports=(), probes=(), suite=Suite(image="all.py"))
    found = compare(request, LocalEngine(tmp_path), SilentProgress())
    check = next(check for check in found.checks if check.name == "test-suite")
    assert check.outcome is outcome


def test_what_is_masked_is_listed_with_its_reason(tmp_path: Path) -> None:
    details = routes(verdict(tmp_path, NOTHING, NOTHING)).notes
    assert any("body.id in " in one and "a UUID, which varies in" in one for one in details)
    assert any("body.at in " in one and "a time, which follows the clock" in one for one in details)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("found['payload']['total'] = 0", "body.payload.total: 3 became 0"),
        ("status = 404 if count % 3 == 0 else 200", "200 application/json became 404"),
        ("found['words'] = found['words'][:3]", "4 elements became 3"),
        ("found['id'] = 'none'", "body.id"),
        ("found['at'] = 1", "body.at"),
        ("found['now'] = '2001-01-01 00:00:00'", "body.now"),
        ("headers['Cache-Control'] = 'no-store'", "header.cache-control"),
        ("status = 500 if start == 2 else 200", "a new server error"),
    ],
)
def test_a_fault_is_named(fault: str, says: str, tmp_path: Path) -> None:
    found = verdict(tmp_path, NOTHING, fault)
    assert any(says in one for one in routes(found).details), routes(found)
    assert "routes" in [check.name for check in found.differences]


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("If-None-Match", "headers.pop('ETag')"),
        ("Origin", "headers['Access-Control-Allow-Origin'] = 'null'"),
        ("Accept-Language", "found['text'] = 'changed'"),
        ("Accept-Encoding", "headers['Content-Encoding'] = 'none'"),
    ],
)
def test_what_only_some_clients_see_is_compared(header: str, fault: str, tmp_path: Path) -> None:
    usual = "headers['ETag'] = str(7)"
    seen = f"{usual}\n        if self.headers.get({header!r}): {fault}"
    found = verdict(tmp_path, usual, seen)
    assert "routes" in [check.name for check in found.differences]


def test_a_server_that_fails_in_its_second_start_is_different(tmp_path: Path) -> None:
    found = verdict(tmp_path, NOTHING, "if start == 2: os._exit(3)")
    assert "start" in [check.name for check in found.differences]


def test_a_server_that_never_starts_again_is_decided_by_a_few_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[int] = []

    def starting(*given: Any, at_once: bool) -> tuple[Observation, Observation]:
        starts.append(given[-1])
        return own(*given, at_once=at_once)

    own = retries.starting
    monkeypatch.setattr(retries, "starting", starting)
    found = verdict(tmp_path, NOTHING, "if start >= 3: os._exit(3)")
    assert "start" in [check.name for check in found.differences]
    assert sum(starts) == 5


def test_a_server_with_other_code_is_started_more_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {name: Stored(application={"lib.py": name}) for name in ("before.py", "after.py")}

    def stored(setting: Setting, *_: object, **__: object) -> object:
        return Observation(facts=setting.facts, stored=held[setting.image])

    for module in (before, differential):
        monkeypatch.setattr(module, "with_stored", stored)
    monkeypatch.setattr(differential, "_DOUBTS", 1)
    found = verdict(tmp_path, NOTHING, "if start == 5: os._exit(3)")
    assert {"start", "files"} <= {check.name for check in found.differences}


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [("port 8000 does not respond within 60 seconds", 24.0), ("ended", 60.0)],
)
def test_one_that_is_not_ready_in_time_has_less_with_a_writable_root(
    failure: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = ImageFacts(id=ImageID("sha256:1"), size=0, layers=())
    given = []

    def twice(setting: Setting, *_: object) -> tuple[Observation, Observation]:
        given.append(setting.request.startup_timeout)
        return Observation(facts=facts, failure=failure), Observation(facts=facts)

    monkeypatch.setattr(differential, "_twice", twice)
    baseline = Baseline(
        observation=Observation(facts=facts, seconds=4.0), conversation=Conversation()
    )
    setting = Setting(
        engine=LocalEngine(Path()),
        request=replace(REQUEST, read_only_after=True),
        image="after",
        facts=facts,
        health_path="",
    )
    differential._ran(setting, baseline, SilentProgress())
    assert given == [60.0, seconds]


def test_what_a_server_that_does_not_start_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"before.py": Stored(application={"lib.py": "1"}), "after.py": Stored()}

    def stored(setting: Setting, *_: object, **__: object) -> Observation:
        return Observation(facts=setting.facts, stored=held[setting.image])

    for module in (before, differential):
        monkeypatch.setattr(module, "with_stored", stored)
    found = {one.name: one for one in verdict(tmp_path, NOTHING, "os._exit(3)").differences}
    assert "does not become ready" in found["start"].message
    assert found["files"].message == "lib.py of the application is gone"


@pytest.mark.parametrize(("seconds", "times"), [(0.4, 8), (5.0, 6), (40.0, 4)])
def test_what_is_ready_soon_is_started_more_often(seconds: float, times: int) -> None:
    assert differential.tries(seconds) == times
