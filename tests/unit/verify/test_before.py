from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.support.local_engine import LocalEngine

from jettison.engines import ImageFacts, ImageID
from jettison.progress import SilentProgress
from jettison.verify import batch, before, readiness, runs
from jettison.verify.before import Prefetched
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.observation import EXIT_STATUS, Conversation, Observation, Trial
from jettison.verify.request import (
    CustomRequest,
    NeededService,
    Surroundings,
    Unreached,
    VerificationRequest,
)
from jettison.verify.runs import Baseline, Begun
from jettison.verify.variables import errors_of, named_in

FAILING = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status = 200 if os.environ.get("SECRET") == "sample" else 500
        if status == 500:
            print("KeyError: 'SECRET'", flush=True)
        self.send_response(status)
        self.end_headers()

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

ASKED = VerificationRequest(image_before="before", image_after="watched", ports=(8000,))
FACTS = ImageFacts(id=ImageID("sha256:0"), size=1, layers=())
AHEAD = Prefetched(
    asked=ASKED,
    reached=replace(ASKED, unreached=(Unreached(name="queue", image="queue:1", why="not here"),)),
    first=Begun(
        baseline=Baseline(observation=Observation(facts=FACTS), conversation=Conversation()),
        stored=Future(),
    ),
    whole=Future(),
)


def test_what_only_the_image_after_is_asked_does_not_matter() -> None:
    asked = replace(
        ASKED, image_after="after", expected_user="10001", removed_distributions=("pytest",)
    )
    assert AHEAD.holds(asked)


@pytest.mark.parametrize(
    "asked",
    [
        replace(ASKED, image_before="another"),
        replace(ASKED, environment={"MODE": "production"}),
        replace(ASKED, ports=(80,)),
        replace(ASKED, volumes=("/data",)),
        replace(ASKED, probes=(CustomRequest(method="GET", path="/more"),)),
        replace(ASKED, modules=("shop",)),
        replace(ASKED, services=(NeededService(name="queue", image="queue:1"),)),
    ],
)
def test_another_question_is_asked_anew(asked: VerificationRequest) -> None:
    assert not AHEAD.holds(asked)


def test_services_that_could_not_be_had_are_not_tried_again() -> None:
    assert [one.name for one in AHEAD.within_reach(ASKED).unreached] == ["queue"]


def trial(asked: VerificationRequest, folder: Path) -> Trial:
    return Trial(request=asked, engine=LocalEngine(folder), progress=SilentProgress())


@pytest.mark.parametrize("serves", [False, True])
def test_an_image_without_a_port_that_ends_is_a_command(
    serves: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = Observation(facts=FACTS, failure="it ended with status 3")
    monkeypatch.setattr(runs, "observe", lambda *_: ended)
    monkeypatch.setattr(batch, "observed", lambda *_: Observation(facts=FACTS))
    asked = replace(ASKED, ports=(), serves=serves)
    begun = runs.begun(trial(asked, tmp_path), Future())
    assert begun.baseline.conversation.ends is not serves
    assert begun.whole


@pytest.mark.parametrize("speaks", [True, False])
@pytest.mark.parametrize("declared", [(), (5000,)])
def test_a_server_is_asked_where_it_listens_if_not_on_a_port_that_it_declares(
    declared: tuple[int, ...], speaks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "port 5000 does not respond within 60 seconds" if declared else ""
    listens = Observation(facts=FACTS, failure=why, listens=(9000,))
    silent = Observation(facts=FACTS, failure="port 9000 does not respond within 20 seconds")

    def begun(tried: Trial, *_: object) -> Begun:
        ports = tried.request.ports
        seen = Observation(facts=FACTS) if speaks else silent
        seen = seen if ports == (9000,) else listens
        return Begun(
            baseline=Baseline(observation=seen, conversation=Conversation()), stored=Future()
        )

    monkeypatch.setattr(before, "begun", begun)
    asked = replace(ASKED, ports=declared, serves=bool(declared))
    with ThreadPoolExecutor(1) as pool:
        found, _ = before.begun_somehow(trial(asked, tmp_path), pool)
    assert found.request.ports == ((9000,) if speaks else declared)
    assert found.request.startup_timeout == asked.startup_timeout


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (("python3",), ("finder",)),
        (("/bin/bash",), ("finder",)),
        (("python3", "main.py"), ()),
        (("server",), ()),
    ],
)
def test_the_installed_command_is_run_where_an_image_starts_nothing(
    words: tuple[str, ...], run: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalEngine, "inspect", lambda *_: replace(FACTS, command=words))
    seen = Observation(facts=FACTS)
    first = Begun(baseline=Baseline(observation=seen, conversation=Conversation()), stored=Future())
    monkeypatch.setattr(before, "begun", lambda *_: first)
    asked = replace(ASKED, serves=False, instead=Surroundings(entrypoint=("finder",)))
    with ThreadPoolExecutor(1) as pool:
        found, _ = before.begun_somehow(trial(asked, tmp_path), pool)
    assert found.request.entrypoint == run
    assert bool(found.request.ports) is not bool(run)


def test_an_image_that_starts_nothing_serves_in_each_way_to_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalEngine, "inspect", lambda *_: replace(FACTS, command=("python3",)))
    words = ("python3", "-m", "uvicorn", "main:app")
    with_key = Surroundings(how="with sample values", ports=(9,), environment={"KEY": "sample"})
    asked = replace(
        ASKED,
        serves=False,
        instead=Surroundings(entrypoint=words, ports=(8000,), directory="/app/api"),
        otherwise=(with_key, replace(with_key, ports=())),
    )
    tried = []

    def begun(one: Trial, *_: object) -> Begun:
        tried.append(one.request)
        failure = "" if "KEY" in one.request.environment else "it ended with status 1"
        seen = Observation(facts=FACTS, failure=failure, errors=("KeyError: 'KEY'",))
        baseline = Baseline(observation=seen, conversation=Conversation())
        return Begun(baseline=baseline, stored=Future())

    monkeypatch.setattr(before, "begun", begun)
    with ThreadPoolExecutor(1) as pool:
        found, _ = before.begun_somehow(trial(asked, tmp_path), pool)
    assert len(tried) == 2
    assert {one.entrypoint for one in tried} == {words}
    assert {one.directory for one in tried} == {"/app/api"}
    assert (found.request.ports, found.request.serves) == ((8000,), True)
    assert found.request.how == (
        "as python3 -m uvicorn main:app, because the image starts python3 alone, with sample values"
    )


def test_what_misses_a_folder_that_the_image_lacks_is_run_with_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = ("FileNotFoundError: [Errno 2] No such file or directory: '/srv/logs/app.log'",)

    def begun(tried: Trial, *_: object) -> Begun:
        fails = "/srv/logs" not in tried.request.empty
        seen = Observation(facts=FACTS, failure="it ended with status 1", errors=errors)
        seen = seen if fails else Observation(facts=FACTS)
        return Begun(
            baseline=Baseline(observation=seen, conversation=Conversation()), stored=Future()
        )

    monkeypatch.setattr(before, "begun", begun)
    monkeypatch.setattr(before, "_existing", lambda _, places: dict.fromkeys(places, False))
    with ThreadPoolExecutor(1) as pool:
        found, _ = before.begun_somehow(trial(ASKED, tmp_path), pool)
    assert found.request.how == "with an empty folder /srv/logs, which the image lacks"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (["KEY"], "with sample values for KEY"),
        (["KEY", "TOKEN"], "with sample values for KEY, TOKEN"),
        (["KEY", "TOKEN", "A", "B", "C"], "with sample values for A, B, C, KEY, TOKEN"),
        (["ELSE_TOKEN"], "with sample values for ELSE_TOKEN"),
        (["KEY", "ELSE_TOKEN"], "with sample values for ELSE_TOKEN, KEY"),
    ],
)
def test_a_command_that_fails_for_want_of_variables_is_run_with_values_for_them(
    wanted: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("A", "B", "C", "KEY", "TOKEN")
    way = Surroundings(
        how="with sample values", ports=(), environment=dict.fromkeys(names, "sample"),
        samples=names, optional=frozenset(names),
    )  # fmt: skip

    def begun(tried: Trial, *_: object) -> Begun:
        lacks = [one for one in wanted if one not in tried.request.environment]
        status = Exchange(name=EXIT_STATUS, answer=Answer(status=200, body=b"1" if lacks else b"0"))
        errors = (f"UndefinedValueError: {lacks[0]} not found",) if lacks else ()
        seen = Observation(facts=FACTS, exchanges=(status,), errors=errors)
        return Begun(
            baseline=Baseline(observation=seen, conversation=Conversation(ends=True)),
            stored=Future(),
        )

    monkeypatch.setattr(before, "begun", begun)
    asked = replace(ASKED, ports=(), otherwise=(way,))
    with ThreadPoolExecutor(1) as pool:
        found, _ = before.begun_somehow(trial(asked, tmp_path), pool)
    assert found.request.how == told


def test_what_listens_once_it_has_values_is_sent_requests_though_it_declares_no_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = Exchange(name=EXIT_STATUS, answer=Answer(status=200, body=b"2"))
    lacking = Observation(
        facts=FACTS, exchanges=(ended,), errors=("error: Failed to build `shop @ file:///srv`",)
    )

    def begun(tried: Trial, *_: object) -> Begun:
        works = "UV_NO_SYNC" in tried.request.environment
        seen = Observation(facts=FACTS, listens=(8000,)) if works else lacking
        return Begun(
            baseline=Baseline(observation=seen, conversation=Conversation()), stored=Future()
        )

    monkeypatch.setattr(before, "begun", begun)
    asked = replace(ASKED, ports=(), serves=False)
    with ThreadPoolExecutor(1) as pool:
        found, _ = before.begun_somehow(trial(asked, tmp_path), pool)
    assert found.request.ports == (8000,)
    assert found.request.environment["UV_NO_SYNC"] == "1"


def test_why_the_last_way_to_run_it_fails_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Surroundings(
        how="with sample values", ports=(8000,), environment={"KEY": "sample"}, samples=("KEY",)
    )

    def begun(tried: Trial, *_: object) -> Begun:
        lacks = "KEY" not in tried.request.environment
        error = "RuntimeError: KEY is not set" if lacks else "OSError: no host files.example"
        seen = Observation(facts=FACTS, failure="it ended with status 1", errors=(error,))
        return Begun(
            baseline=Baseline(observation=seen, conversation=Conversation()), stored=Future()
        )

    monkeypatch.setattr(before, "begun", begun)
    with ThreadPoolExecutor(1) as pool:
        _, found = before.begun_somehow(trial(replace(ASKED, otherwise=(way,)), tmp_path), pool)
    assert found.baseline.observation.errors == (
        "RuntimeError: KEY is not set",
        "with sample values for KEY: it ended with status 1: OSError: no host files.example",
    )


SETTINGS_V2 = """\
pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings
api_key
  Field required [type=missing, input_value={}, input_type=dict]
redis_url
  Field required [type=missing, input_value={}, input_type=dict]
"""
SETTINGS_V1 = """\
pydantic.error_wrappers.ValidationError: 1 validation error for Settings
api_key
  field required (type=value_error.missing)
"""


@pytest.mark.parametrize("log", [SETTINGS_V1, SETTINGS_V2])
@pytest.mark.parametrize(
    ("variable", "named"),
    [("API_KEY", True), ("SHOP_API_KEY", True), ("TIMEOUT", False)],
)
def test_a_field_of_settings_without_a_value_names_its_variable(
    log: str, variable: str, *, named: bool
) -> None:
    way = replace(ASKED, samples=(variable,))
    assert way.names_sample(errors_of(log)) is named


@pytest.mark.parametrize("value", ["sample", "another"])
def test_what_answers_with_server_errors_alone_is_run_in_another_way_where_that_helps(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "STEADY_SECONDS", 0.1)
    (tmp_path / "before").write_text(FAILING)
    way = Surroundings(
        how="with sample values",
        ports=(8000,),
        environment={"SECRET": value},
        samples=("SECRET",),
        optional=frozenset({"SECRET"}),
    )
    with ThreadPoolExecutor(1) as pool:
        trial_, found = before.begun_somehow(
            trial(replace(ASKED, otherwise=(way,)), tmp_path), pool
        )
    seen = found.baseline.observation
    assert not seen.failure
    assert trial_.request.how == ("with sample values for SECRET" if value == "sample" else "")
    statuses = {one.answer.status for one in seen.exchanges if one.name == "GET /"}
    assert statuses == {200 if value == "sample" else 500}


@pytest.mark.parametrize(
    ("log", "value"),
    [
        ("ValueError: invalid literal for int() with base 10: 'sample'", "1"),
        ("ValueError: could not convert string to float: 'sample'", "1"),
        ("A\n  Input should be a valid integer [type=int_parsing, input_value='sample']", "1"),
        ("a\n  Input should be a valid boolean [type=bool_parsing, input_value='sample']", "1"),
        ("a\n  Input should be 'INFO' or 'DEBUG' [input_value='sample']", "INFO"),
        ("ValueError: invalid literal for int() with base 10: ''", "sample"),
    ],
)
def test_a_sample_that_an_error_says_does_not_fit_gets_another_value(log: str, value: str) -> None:
    way = replace(
        ASKED, samples=("A", "B"), environment={"A": "sample", "B": "another", "C": "sample"}
    )
    found = before.fitting(way, errors_of(log))
    assert found.environment == {"A": value, "B": "another", "C": "sample"}


def test_an_address_of_another_scheme_becomes_one_of_what_has_an_allowed_one() -> None:
    log = (
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\n"
        "STORE\n  URL scheme should be 'postgres', 'postgresql', 'postgresql+asyncpg' or "
        "'postgresql+psycopg' [type=url_scheme, input_value='redis://redis:6379/0', "
        "input_type=str]\n"
    )
    way = replace(
        ASKED,
        samples=("STORE",),
        environment={"STORE": "redis://redis:6379/0"},
        distributions=frozenset({"asyncpg", "redis", "sqlalchemy"}),
    )
    found = before.fitting(way, errors_of(log))
    assert found.environment["STORE"].startswith("postgresql+asyncpg://application:")
    assert [one.port for one in found.services] == [5432]


def test_what_pydantic_says_of_a_field_is_told() -> None:
    log = "Validation\nSTORE\n  Value error, not mine [type=value_error, input_value='x']\n"
    assert any("STORE: Value error, not mine" in line for line in errors_of(log))


def test_variables_that_a_class_of_settings_asks_for_by_itself_are_named() -> None:
    log = (
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\n"
        "  Value error, Missing required settings: TOKEN_ISSUER, SIGNED_SINCE. "
        "[type=value_error, input_value={'A_B': 'c'}, input_type=dict]\n"
    )
    assert {"TOKEN_ISSUER", "SIGNED_SINCE"} <= named_in(errors_of(log))


def test_fields_of_settings_that_read_the_environment_themselves_are_variables() -> None:
    log = "Validation\nVERSION\n  Field required [type=missing, input_value={}, input_type=dict]\n"
    assert named_in(errors_of(log)) == {"VERSION"}
    assert named_in(errors_of(log.replace("VERSION", "version"))) == frozenset()
