"""What holds of every plan, over all cases: it ends, it is true, and it leaves what parses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cases import Case, all_cases

from jettison.loading.plan import planned
from jettison.plan.plan import Plan
from jettison.planning import optimized
from jettison.project.compose import parse as parse_compose
from jettison.project.dockerfile import parse as parse_dockerfile
from jettison.rules import RULES
from jettison.values import Origin

CASES = [pytest.param(case, id=case.name) for case in all_cases()]


def written(plan: Plan, folder: Path) -> Path:
    """The project with the plan's changes, in a folder of its own."""
    root = folder / "again" / "project"
    for path, text in plan.project.texts.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    return root


@pytest.mark.parametrize("case", CASES)
def test_planning_the_result_finds_nothing(case: Case, tmp_path: Path) -> None:
    start = case.start(tmp_path).start
    plan = optimized(start, RULES)
    for path, text in case.files.items():
        place = tmp_path / "again" / "project" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    root = written(plan, tmp_path)
    again = planned(
        root,
        dockerfile=plan.project.dockerfile_path if case.field("File") else None,
        service=plan.project.service,
        level=plan.level,
        offline=True,
        cache=tmp_path / "cache",
    ).plan
    assert [(item.rule, item.message) for item in again.findings if item.changes] == []
    assert [change.diff() for change in again.files] == []


@pytest.mark.parametrize("case", CASES)
def test_level_0_changes_nothing(case: Case, tmp_path: Path) -> None:
    plan = case.start(tmp_path, level=0).plan
    assert plan.findings == ()
    assert plan.files == ()


@pytest.mark.parametrize("case", CASES)
def test_the_result_parses_and_keeps_its_place(case: Case, tmp_path: Path) -> None:
    plan = optimized(case.start(tmp_path).start, RULES)
    for change in plan.files:
        name = change.path.rpartition("/")[2]
        if name.startswith("Dockerfile"):
            assert parse_dockerfile(change.after, file=change.path).stages
        elif name.endswith((".yml", ".yaml")):
            assert parse_compose(change.after, file=change.path).services
    assert plan.stage.command == plan.original_stage.command or plan.stage.command
    assert plan.stage.folder == plan.original_stage.folder
    assert plan.stage.ports == plan.original_stage.ports
    assert plan.stage.environment.items() >= {
        (name, value) for name, value in plan.original_stage.environment.items() if name != "PATH"
    }


@pytest.mark.parametrize("case", CASES)
def test_evidence_names_lines_that_the_user_has(case: Case, tmp_path: Path) -> None:
    plan = optimized(case.start(tmp_path).start, RULES)
    evidence = [each for finding in plan.findings for each in finding.evidence]
    evidence += [each for item in plan.requirements for each in item.evidence]
    evidence += [each for item in plan.packages for each in item.evidence]
    wrong = [each for each in evidence if each.origin and not exists(each.origin, case)]
    assert wrong == []


# What stands on the line that evidence of a kind names, where that is in the Dockerfile.
WORDS = {
    "copy": r"COPY|ADD",
    "health-check": r"HEALTHCHECK",
    "installation": r"pip|uv|poetry|pipenv|pdm|RUN|ONBUILD",
    "folder": r"mkdir|chown|install|RUN",
    "permission": r"chown|chmod|RUN",
    "base": r"FROM",
    "label": r"FROM",
    "trigger": r"ONBUILD",
}


@pytest.mark.parametrize("case", CASES)
def test_evidence_of_the_dockerfile_names_the_right_line(case: Case, tmp_path: Path) -> None:
    plan = optimized(case.start(tmp_path).start, RULES)
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
