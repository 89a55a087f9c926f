"""Every case of every rule: what is found, what becomes of the files, and what holds of every plan.

`make golden` writes the expected results anew; read the difference before you keep it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cases import Case, all_cases

from jettison.formats.compose import parse as parse_compose
from jettison.formats.dockerfile import parse as parse_dockerfile
from jettison.plan import Plan, Safety
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import Planned, planned
from jettison.values import Origin

CASES = [pytest.param(case, id=case.name) for case in all_cases()]
# One for each rule: that nothing is applied is a matter of rules, and not of what they find.
ONE_OF_EACH_RULE = {case.values[0].path.parent: case for case in CASES}.values()


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    """Give one case after the other to all tests."""
    return request.param


@pytest.fixture(scope="module")
def start(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Load the project of the case once for all tests."""
    return case.start(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="module")
def plan(start: Planned) -> Plan:
    """The plan that all rules make of the case."""
    return optimized(start.start, RULES)


def test_case(case: Case, start: Planned) -> None:
    assert case.text(case.plan(start)) == case.path.read_text(encoding="utf-8")


def test_planning_the_result_finds_nothing(case: Case, plan: Plan, tmp_path: Path) -> None:
    root = tmp_path / "project"
    for path, text in {**case.files, **plan.project.texts}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
        place.chmod(0o755 if path in case.executable else 0o644)
    again = planned(
        root,
        dockerfile=case.field("File") or None,
        service=plan.project.service,
        level=plan.level,
        offline=True,
        cache=tmp_path / "cache",
    ).plan
    wanted = [item for item in again.findings if item.changes and item.safety is Safety.SAFE]
    assert [(item.rule, item.message) for item in wanted] == []
    assert [change.diff() for change in again.files] == []


def test_the_result_parses_and_keeps_its_place(plan: Plan) -> None:
    for change in plan.files:
        name = change.path.rpartition("/")[2]
        if name.startswith("Dockerfile"):
            assert parse_dockerfile(change.after, file=change.path).stages
        elif name.endswith((".yml", ".yaml")):
            assert parse_compose(change.after, file=change.path).services
    before, after = plan.original_stage, plan.stage
    assert after.folder == before.folder
    assert after.ports == before.ports
    kept = {name: value for name, value in before.environment.items() if name != "PATH"}
    assert after.environment.items() >= kept.items()


# What stands on the line that evidence of a kind names, where that is in the Dockerfile.
WORDS = {
    "copy": r"COPY|ADD",
    "health-check": r"HEALTHCHECK",
    "installation": r"pip|PIP_|uv|poetry|pipenv|pdm|RUN|ONBUILD",
    "folder": r"mkdir|chown|install|RUN",
    "permission": r"chown|chmod|RUN",
    "base": r"FROM",
    "label": r"FROM",
    "trigger": r"ONBUILD",
}


def test_evidence_names_the_right_lines_of_what_the_user_has(case: Case, plan: Plan) -> None:
    evidence = [each for finding in plan.findings for each in finding.evidence]
    evidence += [each for item in plan.requirements for each in item.evidence]
    evidence += [each for item in plan.packages for each in item.evidence]
    wrong = [each for each in evidence if each.origin and not exists(each.origin, case)]
    assert wrong == []
    file = plan.original.dockerfile_path
    lines = case.files[file].splitlines()
    for finding in plan.findings:
        for each in finding.evidence:
            if each.kind in WORDS and each.origin and each.origin.file == file:
                line = lines[(each.origin.line or 1) - 1]
                assert re.search(WORDS[each.kind], line), (each, line)


def exists(origin: Origin, case: Case) -> bool:
    """Whether the user's project has the line; files that Jettison adds have none."""
    if origin.file not in case.files:
        return False
    lines = case.files[origin.file].count("\n") + 1
    return origin.line is None or 1 <= origin.line <= lines


@pytest.mark.parametrize("case", ONE_OF_EACH_RULE)
def test_level_0_changes_nothing(case: Case, tmp_path: Path) -> None:
    plan = case.start(tmp_path, level=0).plan
    assert [item for item in plan.findings if item.changes] == []
    assert plan.files == ()
