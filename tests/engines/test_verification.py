"""Faults put into an image on purpose: verification catches each one and names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.names import RUN

from jettison.engines.engine import BuildRequest, Engine
from jettison.progress import SilentProgress
from jettison.verify.differential import Baseline, observe_after, observe_before, verdict
from jettison.verify.request import Suite, VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome, Verdict

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("verification")]

SAMPLE = Path(__file__).parent / "cases" / "sample"
LIBRARY = "/usr/local/lib/python3.11"
BEFORE = f"{RUN}/sample:before"
AFTER = f"{RUN}/sample:after"
REQUEST = VerificationRequest(
    image_before=BEFORE,
    image_after=AFTER,
    ports=(8000,),
    volumes=("/data",),
    modules=("reports", "sqlite3"),
    programs=("cp",),
    libraries=("sqlite3",),
    time_zones=("Europe/Berlin",),
    startup_runs=1,
)


@dataclass(frozen=True)
class Fault:
    name: str
    instruction: str
    check: str
    says: str


FAULTS = (
    Fault("lazy module", "RUN rm /app/reports.py", "routes", "No module named 'reports'"),
    Fault("template", "RUN rm /app/page.html", "routes", "'/app/page.html'"),
    Fault("libsqlite3", "RUN rm /usr/lib/*/libsqlite3.so*", "modules", "libsqlite3.so.0"),
    Fault(
        "dist-info",
        "RUN rm -r /usr/local/lib/python3.11/site-packages/sample_app-1.0.dist-info",
        "distributions",
        "sample-app",
    ),
    Fault("CA bundle", "RUN rm -r /etc/ssl/certs", "certificates", "certificate authorities"),
    Fault("tz data", "RUN rm -r /usr/share/zoneinfo", "time-zones", "+0545"),
    Fault("cp", "RUN rm /usr/bin/cp", "programs", "cp"),
    Fault("entry point", "RUN rm /usr/local/bin/sample-server", "start", "sample-server"),
    Fault("wrong user", "USER 4242", "user", "4242"),
    Fault("health check", "HEALTHCHECK NONE", "health-check", "dropped"),
)

Build = Callable[[str, str], None]


@pytest.fixture(scope="module")
def build(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("faults")

    def build(tag: str, text: str) -> None:
        dockerfile = folder / "Dockerfile"
        dockerfile.write_text(text)
        request = BuildRequest(context=SAMPLE, dockerfile=dockerfile, tag=tag)
        engine.build(request, SilentProgress())

    return build


@pytest.fixture(scope="module")
def baseline(engine: Engine, build: Build) -> Baseline:
    text = (SAMPLE / "Dockerfile").read_text()
    build(BEFORE, text)
    build(AFTER, text)
    return observe_before(REQUEST, engine, SilentProgress())


@pytest.fixture
def verify(engine: Engine, build: Build, baseline: Baseline) -> Callable[[str], Verdict]:
    def verify(instruction: str, request: VerificationRequest = REQUEST) -> Verdict:
        build(AFTER, f"FROM {BEFORE}\nUSER root\n{instruction}\n{_user(instruction)}")
        after = observe_after(request, baseline, engine, SilentProgress())
        return verdict(request, engine.name, baseline.observation, after)

    return verify


def _user(instruction: str) -> str:
    return "" if instruction.startswith("USER") else "USER 10001\n"


def result(verdict: Verdict, name: str) -> CheckResult:
    return next(check for check in verdict.checks if check.name == name)


def test_the_same_image_is_equivalent_and_what_is_flaky_is_set_apart(
    verify: Callable[[str], Verdict],
) -> None:
    found = verify("LABEL another=one")
    assert found.equivalent, found.differences
    routes = result(found, "routes")
    assert "1 were server errors before and still are" in routes.message
    assert result(found, "signals").outcome is Outcome.SAME
    assert found.after.memory is not None


def test_requests_reach_what_the_application_declares(baseline: Baseline) -> None:
    answers = {one.name: one.answer.status for one in baseline.observation.exchanges}
    assert answers["POST /notes"] == 201
    assert answers["GET /notes/{note_id}"] == 200
    assert answers["GET /notes/{note_id} (absent)"] == 404
    assert answers["POST /names (form on /)"] == 200


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_caught_and_named(fault: Fault, verify: Callable[[str], Verdict]) -> None:
    found = verify(fault.instruction)
    caught = result(found, fault.check)
    assert not found.equivalent
    assert caught.outcome is Outcome.DIFFERENT
    assert fault.says in " ".join((caught.message, *caught.details))


def test_the_projects_tests_run_against_what_the_image_after_has(
    engine: Engine, build: Build, baseline: Baseline
) -> None:
    tools = f"{RUN}/sample:tools"
    build(
        tools,
        f"FROM {BEFORE}\nUSER root\n"
        "RUN mkdir tests && touch tests/__init__.py && printf 'import unittest, reports\\n\\n"
        "class T(unittest.TestCase):\\n"
        '    def test(self): self.assertEqual(reports.TEXT, "a report")\\n\''
        " > tests/test_reports.py\n",
    )
    command = ("python", "-m", "unittest", "discover", "-s", "tests", "-t", ".")
    request = replace(REQUEST, suite=Suite(image=tools, command=command))
    for instruction, outcome in (
        ("LABEL another=one", Outcome.SAME),
        ("RUN rm reports.py", Outcome.DIFFERENT),
        (f"RUN rm -r {LIBRARY}/unittest {LIBRARY}/doctest.py", Outcome.SAME),
        (
            f"RUN rm {LIBRARY}/doctest.py && echo import doctest >> reports.py",
            Outcome.DIFFERENT,
        ),
    ):
        build(AFTER, f"FROM {BEFORE}\nUSER root\n{instruction}\nUSER 10001\n")
        after = observe_after(request, baseline, engine, SilentProgress())
        found = verdict(request, engine.name, baseline.observation, after)
        assert result(found, "test-suite").outcome is outcome, result(found, "test-suite")
