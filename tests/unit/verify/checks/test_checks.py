from typing import Any

import pytest
from msgspec.structs import replace

from jettison.cli.verify import require_equivalent
from jettison.engines import ImageFacts, ImageID, Stopped
from jettison.errors import NotEquivalentError
from jettison.images.config import SECOND, HealthCheck
from jettison.verify import CheckResult, Outcome, Subject, Verdict
from jettison.verify.checks import CHECKS
from jettison.verify.checks.configuration import tries_read_only
from jettison.verify.checks.contents import (
    leaves_else,
    resolved_at_another_time,
    resolved_differently,
)
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.observation import (
    HealthOutcome,
    Interior,
    Inventory,
    Loaded,
    Observation,
    Start,
    Stored,
    SuiteOutcome,
    WorkerOutcome,
)
from jettison.verify.request import (
    OWN_COMMAND,
    NeededService,
    Suite,
    Unreached,
    VerificationRequest,
    Worker,
    request_of,
)

WORKS, GONE = Loaded(works=True, said="/usr/bin/cp"), Loaded(works=False, said="not found")
LISTS = Inventory(
    packages={"libc6": "2.41-12", "tzdata": "2025b"}, unclaimed=("/usr/bin/own",), missing={}
)
INTERIOR = Interior(
    user_id=10001,
    groups=(10001,),
    process={
        "signals": "SIGHUP handled, SIGTERM handled",
        "umask": "0022",
        "limit of processes": "unlimited",
        "listens": "on every address",
        "ports": "8000",
        "variables": "API_KEY, LANG, PATH, TZ",
    },
    processes={"gunicorn": 3},
    early=3,
    python="3.11.7",
    distributions={"fastapi": "0.115.6", "pytest": "8.3.4", "pip": "23.2.1"},
    certificates=140,
    time_zones={"": "+0545 5:45:00, +0545 5:45:00"},
    programs={"cp": WORKS},
    libraries={"magic": WORKS},
    modules={"app.main": WORKS},
    writable={"/data": WORKS},
    names={"localhost": WORKS},
    secure=Loaded(works=True, said="TLSv1.3"),
    inventory=LISTS,
)
SUBJECT = Subject(image="x", startup_seconds=None, memory=None)
FACTS = ImageFacts(
    id=ImageID("sha256:aa"),
    size=1,
    layers=("base",),
    command=("/bin/sh", "-c", "uvicorn main:app"),
    working_directory="/app",
    ports=("8000/tcp",),
    labels=(("title", "x"),),
    health_check=HealthCheck(test=("CMD", "true")),
    environment=(("TZ", "Asia/Kathmandu"), ("PATH", "/bin"), ("API_KEY", "s3cret")),
)
START = Start(
    seconds=2.0,
    memory=90_000_000,
    health=HealthOutcome(status=0, said=""),
    stopped=Stopped(exit_status=0, seconds=0.2, killed=False),
)
SEEN = Observation(
    facts=FACTS,
    read_only=True,
    starts=(START, replace(START, seconds=2.1), replace(START, seconds=9.0)),
    interior=INTERIOR,
    exchanges=(Exchange(name="GET /", answer=Answer(status=200)),),
    grown=100_000_000,
)
REQUEST = VerificationRequest(image_before="a", image_after="b")
DIFFERENT, SAME, IMPROVED = Outcome.DIFFERENT, Outcome.SAME, Outcome.IMPROVED


def inside(**changes: Any) -> Observation:
    return replace(SEEN, interior=replace(INTERIOR, **changes))


def starting(**changes: Any) -> Observation:
    """Give what was seen of an image that starts otherwise, each time."""
    return replace(SEEN, starts=(replace(START, **changes),) * 3)


def facts(**changes: Any) -> Observation:
    return replace(SEEN, facts=replace(FACTS, **changes))


def check(
    name: str, before: Observation, after: Observation, request: VerificationRequest = REQUEST
) -> CheckResult:
    (one,) = (check for check in CHECKS if check.name == name)
    return one.compare(before, after, request)


def test_the_same_observation_differs_in_nothing() -> None:
    results = [one.compare(SEEN, SEEN, REQUEST) for one in CHECKS]
    assert {result.outcome for result in results} == {SAME, Outcome.SKIPPED}
    assert [one.name for one in results] == [one.name for one in CHECKS]


@pytest.mark.parametrize(
    ("name", "after", "outcome", "says"),
    [
        ("start", replace(SEEN, failure="it ended with status 1"), DIFFERENT, "status 1"),
        ("health-check", facts(health_check=None), DIFFERENT, "dropped"),
        (
            "health-check",
            starting(health=HealthOutcome(status=1, said="curl: not found")),
            DIFFERENT,
            "curl: not found",
        ),
        ("user", inside(user_id=0), DIFFERENT, "root"),
        ("user", inside(user_id=4242), DIFFERENT, "4242"),
        ("read-only-root", replace(SEEN, read_only_failure="EROFS"), DIFFERENT, "EROFS"),
        ("writable-paths", inside(writable={"/data": GONE}), DIFFERENT, "/data"),
        ("modules", inside(modules={"app.main": GONE}), DIFFERENT, "app.main"),
        ("programs", inside(programs={"cp": GONE}), DIFFERENT, "cp"),
        ("libraries", inside(libraries={}), DIFFERENT, "magic"),
        ("distributions", inside(distributions={"fastapi": "0.115.6"}), DIFFERENT, "pytest"),
        (
            "distributions",
            inside(distributions={"fastapi": "0.116", "pytest": "8.3.4"}),
            DIFFERENT,
            "fastapi",
        ),
        ("python", inside(python="3.12.1"), DIFFERENT, "3.12.1"),
        ("python", inside(python="3.11.9"), SAME, "3.11.9"),
        ("environment", facts(environment=FACTS.environment[1:]), DIFFERENT, "TZ"),
        ("environment", facts(environment=(*FACTS.environment, ("HOME", "/"))), DIFFERENT, "HOME"),
        (
            "environment",
            facts(environment=(*FACTS.environment, ("PYTHONOPTIMIZE", "2"))),
            DIFFERENT,
            "PYTHONOPTIMIZE",
        ),
        ("memory", replace(SEEN, grown=300_000_000), DIFFERENT, "100.0 MB after all requests"),
        (
            "entry-point",
            facts(id=ImageID("sha256:bb"), volumes=("/app",)),
            DIFFERENT,
            "newly declared: /app",
        ),
        ("entry-point", facts(stop_signal="SIGQUIT"), DIFFERENT, "SIGTERM and is SIGQUIT"),
        (
            "health-check",
            facts(health_check=HealthCheck(test=("CMD", "true"), interval=300 * SECOND)),
            DIFFERENT,
            "interval was 0 s and is 300 s",
        ),
        (
            "health-check",
            facts(health_check=HealthCheck(test=("CMD", "echo", "well"))),
            DIFFERENT,
            "'echo well'",
        ),
        ("user", inside(groups=(0, 10001)), DIFFERENT, "groups"),
        ("process", inside(process={"umask": "0077"}), DIFFERENT, "0022 and is 0077"),
        (
            "process",
            inside(process={"umask": "0022", "listens": "on the loopback alone"}),
            DIFFERENT,
            "where it listens was on every address and is on the loopback alone",
        ),
        (
            "process",
            inside(process={**INTERIOR.process, "ports": "5678, 8000"}),
            DIFFERENT,
            "open ports was 8000 and is 5678, 8000",
        ),
        (
            "process",
            inside(process={**INTERIOR.process, "limit of processes": "60"}),
            DIFFERENT,
            "its limit of processes was unlimited and is 60",
        ),
        (
            "process",
            inside(process={**INTERIOR.process, "variables": "API_KEY, LANG, PATH, SHLVL, STAGE"}),
            DIFFERENT,
            "STAGE is not set in the baseline, and is set in the candidate; when it starts, TZ is",
        ),
        ("process", inside(process={**INTERIOR.process, "variables": ""}), SAME, ""),
        (
            "process",
            inside(process={**INTERIOR.process, "signals": "SIGTERM handled"}),
            DIFFERENT,
            "signals was SIGHUP handled, SIGTERM handled and is SIGTERM handled",
        ),
        ("process", inside(processes={"gunicorn": 2}), SAME, ""),
        (
            "process",
            inside(processes={"gunicorn": 2}, early=2),
            DIFFERENT,
            "3 gunicorn and are 2 gunicorn",
        ),
        ("entry-point", facts(command=("uvicorn", "main:app")), SAME, "same"),
        ("entry-point", facts(command=("uvicorn", "x:app")), DIFFERENT, "x:app"),
        ("entry-point", facts(working_directory="/srv"), DIFFERENT, "/srv"),
        ("entry-point", facts(ports=()), DIFFERENT, "8000/tcp"),
        ("labels", facts(labels=()), DIFFERENT, "title"),
        ("labels", facts(labels=(("dev.jettison.run", "1"), ("title", "x"))), SAME, "kept"),
        ("time-zones", inside(time_zones={"": "Asia 0:00:00"}), DIFFERENT, "+0545"),
        ("certificates", inside(certificates=0), DIFFERENT, "bundle"),
        ("certificates", inside(certificates=-1), DIFFERENT, "ssl"),
        ("certificates", inside(secure=GONE), DIFFERENT, "over TLS: not found"),
        ("resolver", inside(names={"localhost": GONE}), DIFFERENT, "localhost"),
        (
            "sbom",
            inside(inventory=replace(LISTS, unclaimed=("/usr/bin/own", "/usr/lib/libz.so.1.3"))),
            DIFFERENT,
            "/usr/lib/libz.so.1.3: owned by no package",
        ),
        (
            "sbom",
            inside(inventory=replace(LISTS, missing={"six": "1 files, such as six.py"})),
            DIFFERENT,
            "six: its RECORD lists missing files: 1 files, such as six.py",
        ),
        ("sbom", inside(inventory=replace(LISTS, packages={"libc6": "3"})), SAME, "tzdata"),
        ("sbom", inside(inventory=None), DIFFERENT, "no longer lists"),
        (
            "sbom",
            inside(
                inventory=replace(LISTS, unclaimed=("/venv/site-packages/jettison_removed.py",))
            ),
            SAME,
            "every file has an owner",
        ),
        (
            "signals",
            starting(stopped=Stopped(exit_status=137, seconds=5.0, killed=True)),
            DIFFERENT,
            "killed",
        ),
        (
            "signals",
            starting(stopped=Stopped(exit_status=0, seconds=3.4, killed=False)),
            DIFFERENT,
            "ended after 0.2 s and ends after 3.4 s",
        ),
        (
            "signals",
            starting(stopped=Stopped(exit_status=0, seconds=1.2, killed=False)),
            SAME,
            "by itself",
        ),
        ("start-up-time", starting(seconds=4.2), DIFFERENT, "4.20 s"),
        ("start-up-time", starting(seconds=0.5), IMPROVED, "0.50 s"),
        ("memory", starting(memory=140_000_000), DIFFERENT, "140.0 MB"),
        ("memory", starting(memory=50_000_000), IMPROVED, "50.0 MB"),
        ("routes", replace(SEEN, exchanges=()), DIFFERENT, "0 of 1"),
    ],
)
def test_a_change_is_judged(name: str, after: Observation, outcome: Outcome, says: str) -> None:
    found = check(name, SEEN, after)
    assert found.outcome is outcome
    assert says in " ".join((found.message, *found.reported))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("user", inside(user_id=0), SEEN),
        ("libraries", inside(libraries={"magic": GONE}), SEEN),
        ("health-check", starting(health=None), SEEN),
        ("signals", starting(stopped=Stopped(exit_status=137, seconds=5, killed=True)), SEEN),
    ],
)
def test_what_works_only_now_is_an_improvement(
    name: str, before: Observation, after: Observation
) -> None:
    assert check(name, before, after).outcome is IMPROVED


@pytest.mark.parametrize(
    ("name", "after", "request_"),
    [
        (
            "distributions",
            inside(distributions={"fastapi": "0.115.6"}),
            replace(REQUEST, removed_distributions=("PyTest",)),
        ),
        (
            "distributions",
            inside(distributions={"fastapi": "0.115.6"}),
            replace(REQUEST, installed_distributions=("FastAPI",)),
        ),
        ("environment", facts(environment=FACTS.environment[:2]),
         replace(REQUEST, planned_environment={"API_KEY": None})),
        ("environment", facts(layers=("b",), environment=(*FACTS.environment, ("LANG", "C.UTF-8"))),
         REQUEST),
        ("environment", facts(environment=(("PATH", "/venv/bin:/bin"), *FACTS.environment[::2])),
         replace(REQUEST, planned_environment={"PATH": "/venv/bin:"})),
        ("health-check", facts(health_check=HealthCheck(test=("CMD", "python"))),
         replace(REQUEST, planned_health_check=("CMD", "python"))),
        ("process", replace(facts(command=("gunicorn", "--workers", "1")),
                            interior=replace(INTERIOR, processes={"gunicorn": 2}, early=2)),
         replace(REQUEST, expected_command=("gunicorn", "--workers", "1"))),
        ("entry-point", facts(command=("uvicorn", "x:app")),
         replace(REQUEST, expected_command=("/venv/bin/uvicorn", "x:app"))),
        ("user", inside(user_id=4242), replace(REQUEST, expected_user="4242")),
    ],
)  # fmt: skip
def test_what_the_plan_meant_to_change_is_no_difference(
    name: str, after: Observation, request_: VerificationRequest
) -> None:
    assert check(name, SEEN, after, request_).outcome is Outcome.SAME


@pytest.mark.parametrize(
    ("name", "after", "request_"),
    [
        ("environment", facts(environment=(("PATH", "/usr/bin"), *FACTS.environment[::2])),
         replace(REQUEST, planned_environment={"PATH": "/venv/bin:"})),
        ("environment", facts(environment=FACTS.environment[1:]),
         replace(REQUEST, planned_environment={"TZ": "UTC"})),
        ("environment", facts(environment=(("TZ", "UTC"), *FACTS.environment[1:])),
         replace(REQUEST, planned_environment={"TZ": None})),
        ("health-check", facts(health_check=HealthCheck(test=("CMD", "false"))),
         replace(REQUEST, planned_health_check=("CMD", "python"))),
        ("process", inside(processes={"gunicorn": 2}, early=2),
         replace(REQUEST, expected_command=("gunicorn", "--workers", "1"))),
    ],
)  # fmt: skip
def test_what_the_plan_means_to_change_otherwise_is_a_difference(
    name: str, after: Observation, request_: VerificationRequest
) -> None:
    assert check(name, SEEN, after, request_).outcome is DIFFERENT


@pytest.mark.parametrize(
    ("versions", "differently"),
    [
        ({"fastapi": "0.116", "pytest": "8.3.4"}, True),
        ({"fastapi": "0.115.6"}, False),
        ({"fastapi": "0.115.6", "pytest": "8.3.4", "pip": "26.0"}, False),
    ],
)
def test_other_versions_are_told_from_what_is_missing(
    versions: dict[str, str], differently: bool
) -> None:
    found = check("distributions", SEEN, inside(distributions=versions))
    assert resolved_differently(found) is differently


@pytest.mark.parametrize(
    ("before", "after", "cached"),
    [(0, 9 * 3600, True), (9 * 3600, 0, True), (0, 600, False), (None, 9 * 3600, False)],
)
def test_versions_that_an_engine_cached_are_told_from_those_of_another_installer(
    before: float | None, after: float, cached: bool
) -> None:
    def made(version: str, installed: float | None) -> Observation:
        since = {} if installed is None else {"fastapi": 1.8e9 + installed}
        return inside(distributions={"fastapi": version}, installed=since)

    found = check("distributions", made("0.115", before), made("0.116", after))
    assert resolved_differently(found)
    assert resolved_at_another_time(found) is cached


@pytest.mark.parametrize(
    ("required", "outcome"),
    [
        ({"wheel": ("packaging",), "packaging": ()}, SAME),
        ({"wheel": ("helper",), "helper": ("packaging",), "packaging": ()}, SAME),
        ({"wheel": ("packaging",), "fastapi": ("packaging",)}, DIFFERENT),
        ({"wheel": ("helper",), "fastapi": ("helper",), "helper": ("packaging",)}, DIFFERENT),
        ({"packaging": ()}, DIFFERENT),
    ],
)
def test_what_installers_alone_require_may_go_with_them(required, outcome) -> None:
    versions = {"fastapi": "0.115.6", "pytest": "8.3.4", "wheel": "0.46.1"}
    before = inside(
        distributions={**versions, "packaging": "26.0", "helper": "1"}, required=required
    )
    after = inside(distributions={**versions, "helper": "1"})
    assert check("distributions", before, after).outcome is outcome


def test_an_account_of_the_same_name_may_get_another_number_in_another_build() -> None:
    before, after = (
        inside(user_id=number, process={"umask": "0022", "name": "shop"}) for number in (999, 998)
    )
    assert check("user", before, after).outcome is Outcome.SAME
    upon = replace(FACTS, id=ImageID("sha256:bb"), layers=("base", "more"))
    assert check("user", before, replace(after, facts=upon)).outcome is DIFFERENT
    other = inside(user_id=998, process={"umask": "0022", "name": "unknown"})
    assert check("user", before, other).outcome is DIFFERENT


ROOT, OWN = inside(user_id=0), replace(REQUEST, expected_user="pkms")


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [(REQUEST, SAME), (OWN, DIFFERENT), (replace(OWN, root_allowed=True), SAME)],
)
def test_root_in_both_counts_when_the_plan_gave_another_user(
    request_: VerificationRequest, outcome: Outcome
) -> None:
    assert check("user", ROOT, ROOT, request_).outcome is outcome


def test_an_entry_point_that_is_gone_is_named() -> None:
    before = facts(entrypoint=("./start.sh",), command=("uvicorn", "x:app"))
    after = facts(command=("uvicorn", "x:app"))
    assert check("entry-point", before, after).outcome is DIFFERENT
    # that of the base image
    planned = replace(REQUEST, expected_command=("uvicorn", "y:app"))
    other = facts(entrypoint=("./start.sh",), command=("uvicorn", "y:app"))
    assert check("entry-point", before, other, planned).outcome is Outcome.SAME


def test_the_folder_of_a_shell_is_not_that_of_the_program_that_it_starts() -> None:
    shell = inside(process={"folder": "/code"})
    elsewhere = inside(process={"folder": "/var/spool/cron"})
    assert check("process", shell, elsewhere).outcome is DIFFERENT
    without = replace(elsewhere, facts=replace(FACTS, command=("uvicorn", "main:app")))
    assert check("process", shell, without).outcome is Outcome.SAME


def test_the_command_may_stay_as_it_was_although_the_plan_has_another() -> None:
    request = replace(REQUEST, expected_command=("uvicorn", "x:app"))
    assert check("entry-point", SEEN, SEEN, request).outcome is Outcome.SAME


def test_a_root_that_both_must_write_to_is_no_difference() -> None:
    before = replace(SEEN, read_only_failure="it ended with status 1")
    after = replace(before, read_only=False)
    found = check("read-only-root", before, after)
    assert found.outcome is Outcome.SAME
    assert "neither works with a read-only root" in found.message


@pytest.mark.parametrize(
    ("sockets", "tried"),
    [
        ("/app/control.ctl (0600)", False),
        ("/data/control.ctl (0600)", True),
        ("none", True),
    ],
)
def test_a_root_that_files_to_listen_at_lie_in_stays_writable(sockets: str, tried: bool) -> None:
    request = replace(REQUEST, volumes=("/data",))
    before = inside(process={"sockets": sockets})
    assert tries_read_only(before, request) is tried
    assert tries_read_only(before, replace(request, expected_read_only=True))
    after = replace(before, read_only=tried)
    found = check("read-only-root", before, after, request)
    assert found.outcome is (Outcome.SAME if tried else Outcome.SKIPPED)
    assert ("/app/control.ctl" in found.message) is not tried


def test_what_works_in_neither_shows_nothing() -> None:
    before = inside(modules={"app.main": GONE})
    found = check("modules", before, before)
    assert found.outcome is Outcome.SKIPPED
    assert "app.main: fails in both: not found" in found.message


def test_server_errors_alone_show_nothing() -> None:
    before, after = (
        replace(SEEN, exchanges=(Exchange(name="GET /", answer=Answer(status=500, body=b)),))
        for b in (b"one trace", b"another trace")
    )
    found = check("routes", before, after)
    assert found.outcome is Outcome.SKIPPED
    assert "all of 1 responses are server errors" in found.message


def test_requests_without_any_response_are_no_identical_responses() -> None:
    lost = Exchange(name="GET /b", answer=Answer(status=0, failure="no response within 20 seconds"))
    well = Exchange(name="GET /a", answer=Answer(status=200, body=b"a"))
    broken = Exchange(name="GET /c", answer=Answer(status=500))
    some, none = replace(SEEN, exchanges=(well, lost)), replace(SEEN, exchanges=(lost, lost))
    found = check("routes", some, some)
    assert found.outcome is Outcome.SAME
    assert found.message == "1 of 2 responses identical; 1 had no response before and after"
    assert check("routes", none, none).message == "all of 2 responses are missing in both"
    mixed = replace(SEEN, exchanges=(broken, lost))
    assert (
        "all of 2 responses are server errors or missing" in check("routes", mixed, mixed).message
    )


def test_what_chance_explains_is_noted_and_is_no_difference() -> None:
    usual, lost = (
        tuple(
            (
                Exchange(
                    name="GET /",
                    answer=Answer(status=200, headers={"content-type": "text/plain"}, body=b),
                ),
            )
            for b in bodies
        )
        for bodies in ([b"title\na\nb", b"title\nb\na"] * 3, [b"title\na\nb"] * 4 + [b"a\nb"])
    )
    before, after = (replace(SEEN, exchanges=one[0], reruns=one[1:]) for one in (usual, lost))
    found = check("routes", before, after)
    assert found.outcome is Outcome.SAME
    assert "may be chance, as it varies in the baseline: GET /: " in " ".join(found.notes)


STAYS = WorkerOutcome(running=True, status=0, seconds=8.0, said="")
ENDS = WorkerOutcome(running=False, status=0, seconds=0.5, said="done")
FAILS = WorkerOutcome(running=False, status=1, seconds=0.5, said="No module named 'tasks'")


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (STAYS, STAYS, SAME),
        (ENDS, ENDS, SAME),
        (STAYS, FAILS, DIFFERENT),
        (ENDS, FAILS, DIFFERENT),
        (STAYS, ENDS, DIFFERENT),
        (ENDS, STAYS, SAME),
        (FAILS, STAYS, IMPROVED),
        (FAILS, FAILS, Outcome.SKIPPED),
    ],
)
def test_workers_do_as_they_did(
    before: WorkerOutcome, after: WorkerOutcome, outcome: Outcome
) -> None:
    request = replace(REQUEST, workers=(Worker(name="mail"),))
    one, other = (replace(SEEN, workers={"mail": each}) for each in (before, after))
    found = check("workers", one, other, request)
    assert found.outcome is outcome
    if outcome is DIFFERENT:
        assert "mail: ended with status" in found.details[0]


def test_what_requests_leave_open_is_counted() -> None:
    few, more, many = (
        inside(process={"umask": "0022"}, held={"open files": one}) for one in (20, 60, 320)
    )
    assert check("process", few, more).outcome is Outcome.SAME
    found = check("process", few, many)
    assert found.outcome is DIFFERENT
    assert "open files were 20 and are 320" in found.message


def test_an_image_that_listens_nowhere_is_a_worker_itself() -> None:
    alone = replace(REQUEST, ports=())
    stays, ends = (
        replace(SEEN, workers={OWN_COMMAND: one}, logs=(frozenset({"INFO mails #"}),) * 2)
        for one in (STAYS, FAILS)
    )
    assert check("workers", stays, stays, alone).outcome is Outcome.SAME
    assert check("workers", stays, ends, alone).outcome is DIFFERENT
    silent = replace(stays, logs=(frozenset(),) * 2)
    assert check("workers", silent, stays, alone).outcome is Outcome.SKIPPED
    server = replace(stays, workers={OWN_COMMAND: replace(STAYS, ports=(9000,))})
    assert "9000" in check("workers", server, server, alone).message


def test_services_that_could_not_be_started_are_named() -> None:
    missing = Unreached(name="db", image="postgres:16", why="no such image")
    request = replace(REQUEST, unreached=(missing,))
    found = check("services", SEEN, SEEN, request)
    assert found.outcome is Outcome.SKIPPED
    assert "not compared: db (postgres:16): no such image" in found.message
    stopped = replace(SEEN, failure="it ended with status 1")
    assert "it may need what could not be started here: db (postgres:16)" in (
        check("start", stopped, stopped, request).message
    )


def test_services_that_ran_beside_are_named() -> None:
    request = replace(REQUEST, services=(NeededService(name="db", image="postgres:16"),))
    assert check("services", SEEN, SEEN, request).message == (
        "started empty for each run of both: db (postgres:16)"
    )


@pytest.mark.parametrize(("status", "outcome"), [(404, Outcome.SKIPPED), (200, SAME)])
def test_without_a_router_something_must_be_found(status: int, outcome: Outcome) -> None:
    exchanges = (Exchange(name="GET /", answer=Answer(status=status)),)
    seen = replace(SEEN, exchanges=exchanges, missing={"routes": "no known framework"})
    found = check("routes", seen, seen)
    assert found.outcome is outcome
    assert "no known framework" in found.message


def test_secrets_of_the_environment_are_not_shown() -> None:
    found = check("environment", SEEN, facts(environment=FACTS.environment[:2]))
    assert "API_KEY" in found.message
    assert "s3cret" not in " ".join((found.message, *found.reported))


def test_lines_that_only_the_image_after_wrote_explain_an_answer() -> None:
    broken = (Exchange(name="GET /", answer=Answer(status=500)),)
    after = replace(SEEN, exchanges=broken, errors=("ModuleNotFoundError: No module named 'x'",))
    assert "No module named 'x'" in " ".join(check("routes", SEEN, after).reported)


def test_an_address_that_holds_the_time_of_a_file_is_the_same_where_the_file_is() -> None:
    def seen(moment: int) -> Observation:
        html = {"content-type": "text/html"}
        page = Answer(status=200, headers=html, body=f"app.v2m{moment}.js".encode())
        exchanges = (Exchange(name="GET /", answer=page),)
        held = Stored(times={"/app/static/app.js": moment, "/app/main.py": 1_600_000_000})
        return replace(SEEN, exchanges=exchanges, reruns=(exchanges,), stored=held)

    before, after = seen(1_700_000_000), seen(1_577_836_800)
    assert check("routes", before, after).outcome is Outcome.SAME
    assert check("routes", before, replace(after, stored=before.stored)).outcome is DIFFERENT


def test_an_image_that_did_not_start_says_so_once() -> None:
    after = Observation(facts=FACTS, failure="it ended with status 3")
    outcomes = {one.name: one.compare(SEEN, after, REQUEST).outcome for one in CHECKS}
    different = {name for name, outcome in outcomes.items() if outcome is DIFFERENT}
    assert different == {"start"}


def test_a_python_that_does_not_answer_any_more_is_a_difference() -> None:
    after = replace(SEEN, interior=None, missing={"interior": "no module named encodings"})
    found = check("modules", SEEN, after)
    assert found.outcome is DIFFERENT
    assert "encodings" in found.message


def test_tests_that_fail_count_only_when_they_passed_before() -> None:
    request = replace(REQUEST, suite=Suite(image="dev"))
    failed = SuiteOutcome(status=1, lines=("FAILED test_x", "1 failed"))
    after = replace(SEEN, suite=failed)
    found = check("test-suite", SEEN, after, request)
    assert found.outcome is DIFFERENT
    assert "FAILED test_x" in found.details
    nothing = check("test-suite", replace(SEEN, suite=failed), after, request)
    assert nothing.outcome is Outcome.SKIPPED
    assert "fail with all requirements" in nothing.message
    passed = replace(SEEN, suite=SuiteOutcome(status=0, lines=("87 passed",)))
    assert check("test-suite", SEEN, passed, request).message == "87 passed"


@pytest.mark.parametrize(
    ("name", "value", "outcome"),
    [
        ("BUILD_DATE", "2026-12-01T10:00:00Z", SAME),
        ("APP_BUILT_AT", "2026-12-01", SAME),
        ("SOURCE_DATE_EPOCH", "1796119200", SAME),
        ("BUILD_DATE", "nightly", DIFFERENT),
        ("SALE_ENDS", "2026-12-01", DIFFERENT),
    ],
)
def test_when_an_image_was_built_may_be_another_moment(
    name: str, value: str, outcome: Outcome
) -> None:
    had, has = (facts(environment=((name, one),)) for one in ("2026-11-30", value))
    assert check("environment", had, has).outcome is outcome
    page = Answer(status=200, headers={"content-type": "text/plain"}, body=b"built 2026-11-30")
    now = replace(page, body=f"built {value}".encode())
    both = [
        replace(one, exchanges=(Exchange(name="GET /", answer=answer),))
        for one, answer in ((had, page), (has, now))
    ]
    assert check("routes", *both).outcome is outcome


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("org.opencontainers.image.revision", SAME),
        ("maintainer", SAME),
        ("traefik.http.routers.shop.rule", DIFFERENT),
    ],
)
def test_a_label_that_only_describes_an_image_may_have_another_value(
    name: str, outcome: Outcome
) -> None:
    had, has, without = (facts(labels=one) for one in (((name, "1"),), ((name, "2"),), ()))
    assert check("labels", had, has).outcome is outcome
    assert check("labels", had, without).outcome is DIFFERENT


def test_labels_of_a_base_image_may_leave_with_it() -> None:
    without = facts(labels=())
    of_base = replace(REQUEST, labels=frozenset())
    assert check("labels", SEEN, without, of_base).outcome is Outcome.SAME
    of_project = replace(REQUEST, labels=frozenset({"title"}))
    assert check("labels", SEEN, without, of_project).outcome is DIFFERENT


def test_what_neither_image_gets_over_is_said_although_both_say_it() -> None:
    both = [
        Observation(facts=FACTS, failure="it ended with status 3", errors=errors)
        for errors in (("ImportError: no module x",), ())
    ]
    found = next(check for check in CHECKS if check.name == "start").compare(
        both[0], both[1], VerificationRequest(image_before="a", image_after="b")
    )
    assert found.details == ("ImportError: no module x",)
    verdict = Verdict(engine="", before=SUBJECT, after=SUBJECT, checks=(found,))
    with pytest.raises(NotEquivalentError, match="the baseline does not become ready") as told:
        require_equivalent(verdict, different=("differs", ""), unknown=("is not known", ""))
    assert told.value.why.splitlines()[-1] == "ImportError: no module x"


KILLED = replace(START, stopped=Stopped(exit_status=137, seconds=5.0, killed=True))
SICK = replace(START, health=HealthOutcome(status=1, said="refused"))


@pytest.mark.parametrize(("name", "failing"), [("signals", KILLED), ("health-check", SICK)])
def test_what_fails_now_and_then_counts_unless_it_did_before(name: str, failing: Start) -> None:
    sometimes = replace(SEEN, starts=(START, START, failing))
    found = check(name, SEEN, sometimes)
    assert (found.outcome, "in 1 of 3 runs" in found.message) == (DIFFERENT, True)
    assert check(name, sometimes, sometimes).outcome is Outcome.SAME


def test_an_image_that_starts_only_now_and_then_is_different() -> None:
    sometimes = replace(SEEN, starts=SEEN.starts[:2], failed_starts=("it ended with status 3",))
    found = check("start", SEEN, sometimes)
    assert found.outcome is DIFFERENT
    assert "fails in 1 of 3 further starts: it ended with status 3" in found.message
    assert check("start", sometimes, sometimes).outcome is Outcome.SAME


def test_an_image_that_does_not_start_on_what_it_wrote_is_different() -> None:
    ready, fails, unknown = (starting(again=one) for one in ("", "it ended with status 3", None))
    found = check("start", ready, fails)
    assert found.outcome is DIFFERENT
    assert "on what it wrote before: it ended with status 3" in found.message
    assert {
        check("start", *both).outcome
        for both in ((fails, fails), (fails, ready), (unknown, fails), (ready, unknown))
    } == {SAME}


def test_a_start_that_compiles_what_was_compiled_may_take_longer() -> None:
    def seen(seconds: float, compiled: int) -> Observation:
        starts = tuple(replace(one, seconds=seconds) for one in SEEN.starts)
        return replace(SEEN, starts=starts, stored=Stored(compiled=compiled))

    before = seen(3.5, 4000)
    found = check("start-up-time", before, seen(7.0, 12))
    assert (found.outcome, "4000 modules became such of 12" in found.message) == (SAME, True)
    assert check("start-up-time", before, seen(7.0, 3900)).outcome is DIFFERENT
    assert check("start-up-time", before, seen(12.0, 12)).outcome is DIFFERENT


def test_one_slow_start_of_several_does_not_count() -> None:
    slow = (replace(START, seconds=20.0), START, START)
    assert check("start-up-time", SEEN, replace(SEEN, starts=slow)).outcome is Outcome.SAME


@pytest.mark.parametrize(
    ("name", "before", "after", "outcome"),
    [
        ("table a", "CREATE TABLE a(b)", "CREATE TABLE a(b)", SAME),
        ("table a", "CREATE TABLE a(b unique)", "CREATE TABLE a(b)", DIFFERENT),
        ("table a", "CREATE TABLE a(b varchar(8))", "CREATE TABLE a(b varchar(9))", DIFFERENT),
        ("table a_7", "CREATE TABLE a_7(b)", "CREATE TABLE a_8(b)", SAME),
    ],
)
def test_parts_of_databases_are_compared(
    name: str, before: str, after: str, outcome: Outcome
) -> None:
    both = (
        inside(written={"/data/a.db": "0644 own", f"/data/a.db, {name}": said})
        for said in (before, after)
    )
    found = check("written-files", *both)
    assert found.outcome is outcome
    assert found.before == "1 files"


@pytest.mark.parametrize(
    ("mode", "outcome"), [("0640 own", Outcome.SAME), ("0600 own", Outcome.DIFFERENT)]
)
def test_modes_of_written_files_are_compared(mode: str, outcome: Outcome) -> None:
    def seen(mode: str, number: int) -> Observation:
        path = f"/data/2024-05-0{number}.txt"
        return replace(SEEN, interior=replace(INTERIOR, written={path: mode}))

    check = next(one for one in CHECKS if one.name == "written-files")
    found = check.compare(seen("0640 own", 1), seen(mode, 2), REQUEST)
    assert found.outcome is outcome
    assert outcome is Outcome.SAME or "0640 own became 0600 own" in found.message


@pytest.mark.parametrize(
    ("had", "has", "outcome"),
    [(0, 0, SAME), (0, 7, DIFFERENT), (143, 143, SAME), (143, 1, DIFFERENT)],
)
def test_the_status_with_which_the_application_ends_counts(
    had: int, has: int, outcome: Outcome
) -> None:
    before, after = (
        starting(stopped=Stopped(exit_status=status, seconds=0.1, killed=False))
        for status in (had, has)
    )
    assert check("signals", before, after).outcome is outcome


def test_the_report_says_how_routes_do_that_the_trace_did_not_see() -> None:
    asked = replace(REQUEST, trained=8, withheld=("GET /kept", "GET /gone"))
    runs = [
        tuple(
            Exchange(name=name, answer=Answer(status=status))
            for name, status in (("GET /kept", 200), ("GET /gone (absent)", gone))
        )
        for gone in (404, 500)
    ]
    before, after = (replace(SEEN, exchanges=run) for run in runs)
    assert "2 of 10 routes were withheld from the trace: GET /gone differ" in (
        check("routes", before, after, asked).message
    )
    assert "withheld from the trace: identical responses" in (
        check("routes", before, before, asked).message
    )
    more = replace(asked, withheld=(*asked.withheld, "GET /unasked"))
    assert "3 of 11 routes were withheld from the trace, 1 of these were not requested: id" in (
        check("routes", before, before, more).message
    )
    few = replace(REQUEST, trained=5)
    assert "too few routes (5) to withhold any" in check("routes", before, before, few).message


def test_a_group_that_the_plan_takes_the_user_out_of_is_no_difference() -> None:
    check = next(one for one in CHECKS if one.name == "user")
    had, has = inside(groups=(999, 10001)), inside(groups=(10001,))
    request = replace(REQUEST, fewer_groups=True)
    assert check.compare(had, has, request).outcome is Outcome.SAME
    assert check.compare(has, had, request).outcome is DIFFERENT


def test_ports_that_no_machine_has_are_not_asked() -> None:
    declared = replace(FACTS, ports=(f"{'9' * 5000}/tcp", "80/tcp", "70000/tcp", "53/udp"))
    assert request_of(declared, FACTS).ports == (80,)


def test_a_file_that_every_run_wrote_and_none_does_any_more_is_missed() -> None:
    def seen(*runs: set[str]) -> Observation:
        first = dict.fromkeys(runs[0], "0644 own")
        inner = replace(INTERIOR, written=first)
        return replace(SEEN, interior=inner, wrote=tuple(map(frozenset, runs)))

    def found(before: Observation, after: Observation) -> CheckResult:
        return check("written-files", before, after)

    always = seen({"/data/a.txt", "/data/7.bin"}, {"/data/a.txt", "/data/8.bin"})
    lost = found(always, seen({"/data/9.bin"}, {"/data/1.bin"}))
    assert lost.outcome is DIFFERENT
    assert "/data/a.txt is not written any more" in lost.details
    assert (
        found(always, seen({"/data/9.bin"}, {"/data/a.txt", "/data/1.bin"})).outcome is Outcome.SAME
    )
    new = found(seen({"/data/9.bin"}, {"/data/1.bin"}), always)
    assert "/data/a.txt is written now" in new.details
    asked = replace(REQUEST, kept_out=("a.txt",))
    empty = seen({"/data/9.bin"}, {"/data/1.bin"})
    assert check("written-files", empty, always, asked).outcome is Outcome.SAME
    once = seen({"/data/9.bin", "/data/a.txt"}, {"/data/1.bin"})
    assert found(once, always).outcome is Outcome.SAME
    assert found(seen({"/data/9.bin"}, {"/data/1.bin"}), once).outcome is Outcome.SAME
    at_times = seen({"/data/a.txt", "/data/b.txt"}, {"/data/b.txt"})
    assert found(at_times, seen({"/data/b.txt"}, {"/data/b.txt"})).outcome is Outcome.SAME
    for_a_moment = seen({"/data/a.db-wal", "/data/a.db"}, {"/data/a.db-wal", "/data/a.db"})
    assert found(for_a_moment, seen({"/data/a.db"}, {"/data/a.db"})).outcome is Outcome.SAME


def test_what_is_written_only_at_the_end_has_to_be_there_after_each_start() -> None:
    def seen(*left: set[str]) -> Observation:
        starts = tuple(replace(START, left=frozenset(one)) for one in left)
        return replace(SEEN, interior=INTERIOR, wrote=(frozenset(),) * 2, starts=starts)

    file, text = "/data/state.json", "/data/state.json, content abcd"
    before = seen({file, text}, {file, text})
    assert check("written-files", before, before).outcome is Outcome.SAME
    lost = check("written-files", before, seen(set(), set()))
    assert lost.details == ("/data/state.json is not written any more when it ends",)
    other = check("written-files", before, seen({file, text[:-1]}, {file, text[:-1]}))
    assert other.details == ("/data/state.json has another content when it has ended",)
    once = seen(set(), {file, text})
    assert check("written-files", before, once).outcome is Outcome.SAME
    assert leaves_else(before, seen(set()))
    assert not leaves_else(before, once)
    unknown = replace(before, starts=(START, START))
    assert check("written-files", before, unknown).outcome is Outcome.SAME


def test_how_a_command_that_ends_is_stopped_before_is_compared() -> None:
    def seen(status: int, *, killed: bool = False) -> Observation:
        stop = Stopped(exit_status=status, seconds=0.2, killed=killed)
        return replace(SEEN, starts=(), stops=(stop, stop))

    assert check("signals", seen(75), seen(75)).outcome is Outcome.SAME
    assert check("signals", seen(75), seen(0)).outcome is DIFFERENT
    assert "has to be killed" in check("signals", seen(75), seen(137, killed=True)).message
    assert check("signals", seen(75), replace(SEEN, starts=())).outcome is Outcome.SKIPPED


def test_what_is_written_below_the_home_of_another_user_is_the_same_there() -> None:
    def seen(home: str, name: str) -> Observation:
        path = f"{home}/.streamlit/{name}"
        process = {**INTERIOR.process, "home": home}
        inner = replace(INTERIOR, written={path: "0644 own"}, process=process)
        return replace(SEEN, interior=inner, wrote=(frozenset({path}),) * 2)

    before = seen("/root", "machine_id_7")
    assert check("written-files", before, seen("/home/app", "machine_id_8")).outcome is Outcome.SAME
    other = check("written-files", before, seen("/home/app", "other"))
    assert "~/.streamlit/machine_id_# is not written any more" in other.details
    nowhere = check("written-files", seen("/root", "x"), seen("/", "x"))
    assert "/root/.streamlit/x is not written any more" in nowhere.details


def test_what_every_run_holds_in_a_file_or_column_has_to_be_there() -> None:
    def seen(*runs: set[str]) -> Observation:
        names = {"/data/a.db", "/data/7.txt"}
        written = dict.fromkeys(runs[0] | names, "0644 own")
        inner = replace(INTERIOR, written=written)
        return replace(SEEN, interior=inner, wrote=tuple(frozenset(one | names) for one in runs))

    def found(*runs: set[str]) -> CheckResult:
        return check("written-files", before, seen(*runs))

    column, text = "/data/a.db, content abcdefgh of done.result", "/data/7.txt, content abcdabcd"
    before = seen({column, text}, {column, text})
    assert found({column, text}, {column, text}).outcome is Outcome.SAME
    # chance, or what is not decided yet
    assert found({column, text}, set()).outcome is Outcome.SAME
    other = found({column, text[:-1]}, {column, text[:-1]})
    assert other.details == ("/data/7.txt has another content",)
    other = found({f"{column[:-10]}e.result", text}, {text})
    assert other.details == ("done.result in /data/a.db has another content",)
    varying = seen({column, text}, {column})
    assert check("written-files", varying, seen({column}, {column})).outcome is Outcome.SAME


def told(text: str) -> tuple[Exchange, ...]:
    plain = Answer(status=200, headers={"content-type": "text/plain"}, body=text.encode())
    return (Exchange(name="python manage.py count", answer=plain),)


@pytest.mark.parametrize(
    ("now", "request_", "outcome"),
    [
        ("exit status 0\n3 things", REQUEST, SAME),
        ("exit status 0\n4 things", REQUEST, DIFFERENT),
        ("exit status 1\nNo module named 'faker'", REQUEST, DIFFERENT),
        (
            "exit status 1\nNo module named 'faker'",
            replace(REQUEST, removed_distributions=frozenset({"faker"})),
            SAME,
        ),
    ],
)
def test_own_commands_have_to_do_the_same_unless_they_lack_what_the_plan_takes(
    now: str, request_: VerificationRequest, outcome: Outcome
) -> None:
    before = replace(SEEN, stored=Stored(), ran=(told("exit status 0\n3 things"),) * 3)
    found = check("commands", before, replace(before, ran=(told(now),) * 3), request_)
    assert found.outcome is outcome
    assert any("manage.py count" in one for one in found.reported) is (now[-1] != "s" or "4" in now)
