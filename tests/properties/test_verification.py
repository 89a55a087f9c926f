"""Whatever is verified: a verdict is read back, and nothing differs from itself."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from jettison.report import rendered
from jettison.report.verdict_text import verdict_text
from jettison.verify import CheckResult, Outcome, Subject, Verdict
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.comparison import compare_exchanges
from jettison.verify.exchange.forms import encode
from jettison.verify.workload.openapi import interface
from jettison.verify.workload.plan import workload

TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
SUBJECTS = st.builds(
    Subject,
    image=TEXT,
    startup_seconds=st.none() | st.floats(0, 100),
    memory=st.none() | st.integers(0),
)
VERDICTS = st.builds(
    Verdict,
    engine=TEXT,
    before=SUBJECTS,
    after=SUBJECTS,
    checks=st.lists(
        st.builds(
            CheckResult,
            name=TEXT,
            outcome=st.sampled_from(Outcome),
            message=TEXT,
            before=TEXT,
            after=TEXT,
            details=st.lists(TEXT, max_size=3).map(tuple),
        ),
        max_size=4,
    ).map(tuple),
)
TYPES = st.sampled_from(["application/json", "text/html", "text/plain", "image/png", ""])


def exchange(value: object, kind: str, status: int = 200) -> list[Exchange]:
    headers = {"content-type": kind} if kind else {}
    body = json.dumps(value).encode()
    return [Exchange(name="GET /", answer=Answer(status=status, headers=headers, body=body))]


@given(VERDICTS)
def test_a_verdict_can_be_told_in_any_form(verdict: Verdict) -> None:
    assert json.loads(rendered("verdict", "json", verdict))["equivalent"] == verdict.equivalent
    first = verdict_text(verdict).split("\n")[0]
    assert first.startswith("Verdict: equivalent") == verdict.equivalent
    assert first.startswith(("Verdict: not ", "Verdict: unknown ")) != verdict.equivalent


@given(JSON, TYPES, st.sampled_from([200, 404, 500]))
def test_an_answer_does_not_differ_from_itself(value: object, kind: str, status: int) -> None:
    run = exchange(value, kind, status)
    found = compare_exchanges([run, run], [run])
    assert (found.differences, found.varying, found.same) == ((), (), 1)


@given(JSON, JSON)
def test_what_two_runs_before_say_differently_never_counts(one: object, other: object) -> None:
    first, second = (exchange({"x": value}, "application/json") for value in (one, other))
    assert compare_exchanges([first, second], [second]).differences == ()


@given(JSON, TYPES)
def test_a_body_is_the_same_bytes_every_time(value: object, kind: str) -> None:
    assert encode(kind, value) == encode(kind, value)


@given(
    st.dictionaries(
        st.sampled_from(["/a", "/a/{id}", "/b", "/auth/login"]),
        st.dictionaries(
            st.sampled_from(["get", "post", "put", "delete", "x-other"]),
            st.fixed_dictionaries(
                {},
                optional={
                    "parameters": st.lists(
                        st.fixed_dictionaries(
                            {
                                "name": TEXT,
                                "in": st.sampled_from(["path", "query", "header", "cookie"]),
                                "schema": st.fixed_dictionaries(
                                    {},
                                    optional={
                                        "type": st.sampled_from(["string", "integer", "array"]),
                                        "enum": st.lists(TEXT, max_size=2),
                                        "pattern": TEXT,
                                        "minimum": st.integers(-5, 5),
                                    },
                                ),
                            }
                        ),
                        max_size=2,
                    )
                },
            ),
            max_size=3,
        ),
        max_size=3,
    )
)
def test_any_document_gives_the_same_requests_every_time(paths: dict[str, object]) -> None:
    found = interface({"paths": paths})
    assert workload(found) == workload(found)
    methods = {"get", "post", "put", "delete"}
    declared = {
        (method.upper(), path) for path, entry in paths.items() for method in methods & set(entry)
    }
    assert declared <= {(step.method, step.path) for step in workload(found)}
