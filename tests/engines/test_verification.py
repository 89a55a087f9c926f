"""Faults put into an image on purpose: verification catches each one and names it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.support.names import RUN
from tests.support.runners import Runner

from jettison.cli.verify import require_equivalent
from jettison.engines import BuildRequest, Engine
from jettison.engines.finding import EMBEDDED
from jettison.errors import NotEquivalentError
from jettison.processes.concurrent import beside
from jettison.progress import SilentProgress
from jettison.verify import CheckResult, Outcome, Verdict
from jettison.verify.before import Prefetched, prefetch
from jettison.verify.differential import compare
from jettison.verify.observation import Observation, Trial
from jettison.verify.request import Suite, VerificationRequest
from jettison.verify.runs import Baseline, counted_to_its_end

pytestmark = [pytest.mark.engine]

SAMPLE = Path(__file__).parent / "cases" / "sample"
LIBRARY = "/usr/local/lib/python3.11"
NAME = f"{RUN}/sample"
BEFORE = f"{NAME}:before"
REQUEST = VerificationRequest(
    image_before=BEFORE,
    image_after=BEFORE,
    ports=(8000,),
    volumes=("/data",),
    modules=("reports", "sqlite3"),
    programs=("cp",),
    libraries=("sqlite3",),
    time_zones=("Europe/Berlin",),
)


@dataclass(frozen=True)
class Fault:
    """What is wrong in an ``image``, maybe beside other faults: each has to be named."""

    image: str
    name: str
    instruction: str
    check: str
    says: str


FAULTS = (
    Fault("one", "lazy module", "RUN rm /app/reports.py", "routes", "No module named 'reports'"),
    Fault("one", "libsqlite3", "RUN rm /usr/lib/*/libsqlite3.so*", "modules", "libsqlite3.so.0"),
    Fault(
        "one",
        "dist-info",
        "RUN rm -r /usr/local/lib/python3.11/site-packages/sample_app-1.0.dist-info",
        "distributions",
        "sample-app",
    ),
    Fault(
        "one",
        "dpkg list",
        "RUN rm /var/lib/dpkg/info/libssl*",
        "sbom",
        "libssl.so.3: owned by no package",
    ),
    Fault(
        "one", "CA bundle", "RUN rm -r /etc/ssl/certs", "certificates", "certificate authorities"
    ),
    Fault("one", "tz data", "RUN rm -r /usr/share/zoneinfo", "time-zones", "+0545"),
    Fault("one", "cp", "RUN rm /usr/bin/cp", "programs", "cp"),
    Fault("one", "health check", "HEALTHCHECK NONE", "health-check", "dropped"),
    Fault("two", "template", "RUN rm /app/page.html", "routes", "'/app/page.html'"),
    Fault(
        "two",
        "RECORD",
        f"RUN rm {LIBRARY}/site-packages/pip/__main__.py",
        "sbom",
        "pip: its RECORD lists missing files",
    ),
    Fault("two", "wrong user", "USER 4242", "user", "4242"),
    Fault("three", "entry point", "RUN rm /usr/local/bin/sample-server", "start", "sample-server"),
)


def of_an_engine(fault: Fault) -> bool:
    found = {"routes", "modules", "programs", "start", "health-check"}
    return fault.check in found and fault.image != "two"


NOTHING = ("nothing", "LABEL another=one")

Build = Callable[[str, str], None]
Faulty = Callable[[str], Verdict]


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
def before(runner: Runner, build: Build) -> VerificationRequest:
    """Ask the sample, by the name that the engine which runs it knows."""
    build(BEFORE, (SAMPLE / "Dockerfile").read_text())
    image = runner.image(BEFORE)
    return replace(REQUEST, image_before=image, image_after=image)


@pytest.fixture(scope="module")
def ahead(runner: Runner, before: VerificationRequest) -> Future[Prefetched]:
    """Look at the image before once, as is done while the image after is built."""
    found: Future[Prefetched] = Future()
    with beside() as pool:
        found.set_result(prefetch(before, runner.engine, SilentProgress(), pool))
    return found


@pytest.fixture(scope="module")
def baseline(ahead: Future[Prefetched]) -> Baseline:
    return ahead.result().whole.result()


@pytest.fixture(scope="module")
def verify(
    runner: Runner, build: Build, before: VerificationRequest, ahead: Future[Prefetched]
) -> Callable[..., Verdict]:
    found: dict[str, Verdict] = {}

    def verify(name: str, instruction: str, suite: Suite | None = None) -> Verdict:
        if name not in found:
            found[name] = verified(name, instruction, suite)
        return found[name]

    def verified(name: str, instruction: str, suite: Suite | None) -> Verdict:
        tag = f"{NAME}:{name.replace(' ', '-').lower()}"
        build(tag, f"FROM {BEFORE}\nUSER root\n{_with_user(instruction)}")
        request = replace(before, image_after=runner.image(tag), suite=suite)
        return compare(request, runner.engine, SilentProgress(), ahead)

    return verify


def _with_user(instructions: str) -> str:
    return instructions if "USER" in instructions else f"{instructions}\nUSER 10001\n"


@pytest.fixture(scope="module")
def faulty(verify: Callable[..., Verdict]) -> Faulty:
    def faulty(image: str) -> Verdict:
        return verify(image, "\n".join(one.instruction for one in FAULTS if one.image == image))

    return faulty


def result(verdict: Verdict, name: str) -> CheckResult:
    return next(check for check in verdict.checks if check.name == name)


@pytest.fixture(scope="module")
def suite(runner: Runner, build: Build, before: VerificationRequest) -> Suite:
    assert before.image_before == runner.image(BEFORE)
    tools = f"{NAME}:tools"
    build(
        tools,
        f"FROM {BEFORE}\nUSER root\n"
        "RUN mkdir tests && touch tests/__init__.py && printf 'import unittest, reports\\n\\n"
        "class T(unittest.TestCase):\\n"
        '    def test(self): self.assertEqual(reports.TEXT, "a report")\\n\''
        " > tests/test_reports.py\n",
    )
    command = ("python", "-m", "unittest", "discover", "-s", "tests", "-t", ".")
    return Suite(image=runner.image(tools), command=command)


# How what is observed is compared is a matter of no engine; how programs are started is one.
@pytest.mark.parametrize("runner", ["engine"], indirect=True, scope="module")
def test_the_same_image_is_equivalent_and_what_is_flaky_is_set_apart(
    verify: Callable[..., Verdict], suite: Suite
) -> None:
    found = verify(*NOTHING, suite)
    assert found.equivalent, found.differences
    routes = result(found, "routes")
    assert "3 were server errors before and still are" in routes.message
    assert result(found, "signals").outcome is Outcome.SAME
    assert found.after.memory is not None


def test_requests_reach_what_the_application_declares(baseline: Baseline) -> None:
    answers = {one.name: one.answer.status for one in baseline.observation.exchanges}
    assert answers["POST /notes"] == 201
    assert answers["GET /notes/{note_id}"] == 200
    assert answers["GET /notes/{note_id} (absent)"] == 404
    assert answers["POST /names (form on /)"] == 200


def test_the_lines_of_a_command_that_ends_are_counted(
    runner: Runner, before: VerificationRequest, baseline: Baseline
) -> None:
    asked = replace(before, ports=(), serves=False, command=("python", "-c", "import reports"))
    trial = Trial(request=asked, engine=runner.engine, progress=SilentProgress())
    stored, facts = baseline.observation.stored, baseline.observation.facts
    assert stored
    seen = counted_to_its_end(trial.before(), Observation(facts=facts), stored.site)
    executed, lines = seen.executed["reports.py"]
    assert executed == lines > 0
    assert seen.executed["server.py"][0] == 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("runner", ["engine"], indirect=True, scope="module")
def test_a_fault_is_caught_and_named(fault: Fault, faulty: Faulty) -> None:
    found = faulty(fault.image)
    caught = result(found, fault.check)
    assert not found.equivalent
    assert caught.outcome is Outcome.DIFFERENT
    assert fault.says in " ".join((caught.message, *caught.reported))
    with pytest.raises(NotEquivalentError) as ended:
        require_equivalent(found, different=("they differ", ""), unknown=("", ""))
    assert ended.value.exit_status == 4


@pytest.mark.parametrize("fault", [*filter(of_an_engine, FAULTS)], ids=lambda fault: fault.name)
@pytest.mark.parametrize("runner", [EMBEDDED], indirect=True, scope="module")
def test_a_fault_is_caught_and_named_without_an_engine(fault: Fault, faulty: Faulty) -> None:
    test_a_fault_is_caught_and_named(fault, faulty)


@pytest.mark.parametrize(
    ("name", "instruction", "outcome"),
    [(*NOTHING, Outcome.SAME), ("gone", "RUN rm reports.py", Outcome.DIFFERENT)],
)
@pytest.mark.parametrize("runner", ["engine"], indirect=True, scope="module")
def test_the_projects_tests_run_against_what_the_image_after_has(
    name: str, instruction: str, outcome: Outcome, suite: Suite, verify: Callable[..., Verdict]
) -> None:
    found = verify(name, instruction, suite)
    assert result(found, "test-suite").outcome is outcome, result(found, "test-suite")


@pytest.mark.parametrize(
    ("name", "instruction", "outcome"),
    [
        ("trimmed", f"RUN rm -r {LIBRARY}/unittest {LIBRARY}/doctest.py", Outcome.SAME),
        (
            "needed",
            f"RUN rm {LIBRARY}/doctest.py && echo import doctest >> reports.py",
            Outcome.DIFFERENT,
        ),
    ],
)
@pytest.mark.parametrize("runner", ["engine"], indirect=True, scope="module")
def test_the_projects_tests_have_what_only_tests_need(
    name: str, instruction: str, outcome: Outcome, suite: Suite, verify: Callable[..., Verdict]
) -> None:
    test_the_projects_tests_run_against_what_the_image_after_has(
        name, instruction, outcome, suite, verify
    )
