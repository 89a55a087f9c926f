"""Questions about a small project whose wheels are made up in a case."""

from pathlib import Path

import pytest
from cases import Case, read_case, with_wheels

from jettison.errors import ProjectError
from jettison.plan import Plan
from jettison.report.documents import why_document
from jettison.report.why import why
from jettison.report.why_text import DistributionAnswer, FileAnswer, LineAnswer, why_text
from jettison.rules import RULES
from jettison.rules.rule import optimized

CASE = """\
Why: everything that can be asked.

=== project: Dockerfile
FROM python:3.11-slim AS builder
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install -r requirements.txt

FROM python:3.11-slim
RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
COPY --from=builder /opt/venv /opt/venv
COPY . /app
USER 1000
CMD ["/opt/venv/bin/python", "/app/main.py"]
=== project: requirements.txt
counting==1.0
=== project: jettison.toml
keep = ["counting/tests/test_all.py"]
remove = [
    "numbers.fractions",
]
=== project: main.py
import counting
=== wheel: counting 1.0 numbers>=2
counting/__init__.py 20000
counting/tests/test_all.py 30000
counting/tests/test_more.py 30000
counting/one.so 90000
=== wheel: numbers 2.0
numbers/__init__.py 20000
numbers/fractions.py 50000
numbers/tests/test_all.py 30000
numbers/one.json 40000 = primes
numbers/two.json 40000 = primes
numbers-2.0.data/scripts/count 5000
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    path = tmp_path / "asked.case"
    path.write_text(CASE)
    case: Case = read_case(path)
    return optimized(with_wheels(case.start(tmp_path), case.wheels), RULES)


def test_a_requirement(plan: Plan) -> None:
    (answer,) = why(plan, "counting")
    assert isinstance(answer, DistributionAnswer)
    assert answer.scope == "runtime"
    assert str(answer.origin) == "requirements.txt:1"
    assert answer.without == "the import in main.py:1 would fail"
    assert answer.gone == ("numbers",)
    assert {share.rule for share in answer.rules} == {"installed-tests"}


def test_a_requirement_whose_move_is_for_review_is_not_called_moved(tmp_path: Path) -> None:
    path = tmp_path / "locked.case"
    path.write_text(
        """\
Why: a lock has to be made anew by hand.

=== project: Dockerfile
FROM python:3.11-slim
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen
COPY main.py .
CMD ["python", "main.py"]
=== project: pyproject.toml
[project]
name = "shop"
version = "1.0"
dependencies = ["pytest"]
=== project: uv.lock
version = 1

[[package]]
name = "pytest"
version = "9.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "pytest" }]
=== project: main.py
print("ready")
=== wheel: pytest 9.0
pytest/__init__.py 20
"""
    )
    case: Case = read_case(path)
    made = optimized(with_wheels(case.start(tmp_path), case.wheels), RULES)
    (answer,) = why(made, "pytest")
    assert isinstance(answer, DistributionAnswer)
    assert answer.scope == "development"
    assert answer.verdict.startswith("for development, and kept")


def test_what_a_requirement_brings(plan: Plan) -> None:
    (answer,) = why(plan, "Numbers")
    assert isinstance(answer, DistributionAnswer)
    assert answer.path == ("counting", "numbers")
    assert answer.required_by == ("counting",)
    assert answer.without == "counting would lack a requirement"


@pytest.mark.parametrize(
    ("question", "kept", "rule", "line"),
    [
        ("numbers/tests/test_all.py", False, "installed-tests", "numbers/tests/"),
        (
            "/opt/venv/lib/python3.11/site-packages/numbers/tests",
            False,
            "installed-tests",
            "numbers/tests/",
        ),
        ("numbers/__init__.py", True, "", ""),
        ("/opt/venv/bin/count", True, "", ""),
        ("counting/tests/test_all.py", True, "", ""),
        ("numbers.fractions", False, "requested-removals", "numbers/fractions.py"),
        ("/app/main.py", True, "", ""),
        ("Dockerfile", False, "build-context", "**/Dockerfile*"),
        ("pip/_internal/cli/main.py", False, "installers", "pip/"),
        ("numbers/two.json", True, "duplicate-files", "numbers/two.json"),
        ("numbers/one.json", True, "", ""),
    ],
)
def test_a_path(plan: Plan, question: str, kept: bool, rule: str, line: str) -> None:
    (answer,) = why(plan, question)
    assert isinstance(answer, FileAnswer)
    assert (answer.kept, answer.rule, answer.line) == (kept, rule, line)


def test_a_folder_of_which_some_leaves(plan: Plan) -> None:
    (answer,) = why(plan, "counting/tests")
    assert isinstance(answer, FileAnswer)
    assert answer.kept is None
    assert (answer.bytes, answer.removed_bytes) == (60_000, 30_000)


def test_a_kept_path_names_the_line_that_keeps_it(plan: Plan) -> None:
    (answer,) = why(plan, "counting/tests/test_all.py")
    assert isinstance(answer, FileAnswer)
    assert [str(item.origin) for item in answer.evidence] == ["jettison.toml:1"]


@pytest.mark.parametrize(
    ("question", "kind", "verdict"),
    [
        ("curl", "system package", "unneeded"),
        ("installed-tests", "rule", "remove tests of distributions from the environment"),
        ("jettison.toml:3", "setting", "matches 1 file (50 kB) of the wheels"),
        ("container-client", "rule", "Here: no finding"),
    ],
)
def test_other_decisions(plan: Plan, question: str, kind: str, verdict: str) -> None:
    answer = why(plan, question)[0]
    assert isinstance(answer, LineAnswer)
    assert answer.kind == kind
    assert verdict in answer.verdict


SETTINGS = """\
level = 2
base = "python:3.11-slim"
allow-source-builds = true
remove-unused = true
keep = ["tkinter", "nosuch"]
without = [
    "installed-tests",
    "end-of-life",
    "unreached-modules",
]
probes = ["requests.http"]
probe-commands = ["./smoke"]

[budgets]
size = "300 MB"
memory = "90 MB"
"""


@pytest.mark.parametrize(
    ("line", "verdicts"),
    [
        (1, [" rules are of this level or below"]),
        (2, ["python:3.11-slim is the base"]),
        (3, ["nothing is compiled on the chosen base"]),
        (4, ["every requirement has a detected use"]),
        (
            5,
            [
                "matches a module, a package or a program of the system",
                "no effect: no distribution",
            ],
        ),
        (7, ["the rule is not applied (Remove tests"]),
        (8, ["no effect: the rule would find nothing"]),
        (9, ["the rule is of -O3, above this plan's -O2"]),
        (11, ["no effect: there is no such file"]),
        (12, ["it is run against both images"]),
        (15, ["; 1"]),
        (16, ["measured after the build"]),
    ],
)
def test_every_key_of_the_settings(tmp_path: Path, line: int, verdicts: list[str]) -> None:
    path = tmp_path / "settings.case"
    before, _, after = CASE.partition("keep = ")
    path.write_text(f"{before}{SETTINGS}=== project: main.py{after.partition('main.py')[2]}")
    case: Case = read_case(path)
    start = with_wheels(case.start(tmp_path), case.wheels)
    plan = optimized(start, RULES, without=start.settings.without)
    answers = why(plan, f"jettison.toml:{line}")
    assert [answer.kind for answer in answers if isinstance(answer, LineAnswer)] == [
        "setting"
    ] * len(verdicts)
    for answer, verdict in zip(answers, verdicts, strict=True):
        assert isinstance(answer, LineAnswer)
        assert verdict in answer.verdict


def test_what_the_plan_does_not_know_is_an_error(plan: Plan) -> None:
    with pytest.raises(ProjectError, match="has nothing named nosuch"):
        why(plan, "nosuch")


def test_text_and_document_say_the_same(plan: Plan) -> None:
    answers = why(plan, "numbers/tests/test_all.py")
    text, document = why_text("asked", answers), why_document("asked", answers)
    assert text.startswith("numbers/tests/test_all.py: removed\n  owner   numbers 2.0\n")
    assert document["answers"][0]["kept"] is False
    assert document["answers"][0]["bytes"] == 30_000


def _carried_out(tmp_path: Path, listed: str) -> Plan:
    path = tmp_path / "carried-out.case"
    path.write_text(
        CASE.replace("=== wheel", f"=== project: .jettison/removed-files.txt\n{listed}=== wheel", 1)
    )
    case: Case = read_case(path)
    return optimized(with_wheels(case.start(tmp_path), case.wheels), RULES)


@pytest.mark.parametrize(
    ("question", "kept", "rule", "place"),
    [
        ("numbers/tests/test_all.py", False, "unreached-modules", ".jettison/removed-files.txt:4"),
        ("counting/one.so", True, "", ".jettison/removed-files.txt:7"),
        ("numbers/lost/never_in_a_wheel.py", False, "type-stubs", ".jettison/removed-files.txt:10"),
        ("numbers/two.json", True, "duplicate-files", ".jettison/removed-files.txt:13"),
    ],
)
def test_a_plan_that_was_carried_out_still_answers(
    tmp_path: Path, question: str, kept: bool, rule: str, place: str
) -> None:
    listed = """\
# Files that leave the Python environment of the image, and why.

# unreached-modules: modules of numbers that nothing reaches (30 kB)
numbers/tests/

# kept: 1 files of counting 1.0 (90 kB), counting/__init__.py loads by a computed name
#   counting/one.so

# type-stubs: stubs of numbers
numbers/lost/

# duplicate-files: files of numbers that it has twice or more (40 kB)
link: numbers/two.json -> numbers/one.json
"""
    (answer,) = why(_carried_out(tmp_path, listed), question)
    assert isinstance(answer, FileAnswer)
    assert (answer.kept, answer.rule) == (kept, rule)
    assert [str(item.origin) for item in answer.evidence] == [place]
