"""A difference that one of our own rules made is traced back to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from jettison.plan import Finding, Plan
from jettison.plan.changes import RemoveFiles
from jettison.plan.removal import Group
from jettison.rules import BY_CHECK, RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import planned
from jettison.tasks.withdrawing import as_different, explained
from jettison.verify import CheckResult, Outcome, Subject, Verdict
from jettison.verify.checks import CHECKS

FILES = {
    "Dockerfile": "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
    'RUN pip install -r requirements.txt\nCOPY . .\nCMD ["uvicorn", "main:app"]\n',
    "requirements.txt": "uvicorn\npytest\n",
    "main.py": "import uvicorn\n",
    "pages/.gitignore": "*\n",
    "tests/test_main.py": "import pytest\n",
}


def plan(folder: Path) -> Plan:
    for path, text in FILES.items():
        place = folder / "project" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return planned(folder / "project", offline=True, cache=folder / "cache").plan


def different(name: str, *details: str) -> Verdict:
    subject = Subject(image="", startup_seconds=None, memory=None)
    check = CheckResult(name=name, outcome=Outcome.DIFFERENT, message="", details=details)
    return Verdict(engine="", before=subject, after=subject, checks=(check,))


def test_a_file_that_was_kept_out_and_is_asked_for_stays(tmp_path: Path) -> None:
    made = plan(tmp_path)
    (found,) = explained(made, different("routes", "GET /pages/.gitignore: 200, then 404"))
    assert (found.rule, found.part) == ("build-context", "pages/.gitignore")
    start = replace(made, project=made.original, findings=(), withdrawn=(found,))
    again = optimized(start, RULES)
    assert not again.project.ignore.ignores("pages/.gitignore")
    assert again.project.ignore.ignores(".git/HEAD")
    assert any("not applied to pages/.gitignore" in one.message for one in again.findings)


def test_a_moved_requirement_whose_module_is_missing_stays(tmp_path: Path) -> None:
    made = plan(tmp_path)
    line = "GET /: 200, then 500\nModuleNotFoundError: No module named 'pytest'"
    found = {(one.rule, one.part): one for one in explained(made, different("routes", line))}
    assert ("development-requirements", "pytest") in found


def test_a_moved_requirement_stays_where_what_it_brought_is_missing(tmp_path: Path) -> None:
    line = "worker: ended with status 1: ModuleNotFoundError: No module named 'iniconfig'"
    found = explained(plan(tmp_path), different("workers", line))
    assert [(one.rule, one.part) for one in found] == [("development-requirements", "pytest")]


def test_what_was_written_into_the_home_of_root_keeps_the_user(tmp_path: Path) -> None:
    line = "file /root/.tool/settings.ini and 4 more: 200 text/plain became 404: no body"
    found = explained(plan(tmp_path), different("routes", line))
    assert [one.rule for one in found] == ["non-root-user"]
    assert not explained(plan(tmp_path), different("routes", line.replace("root", "data")))


def test_a_moved_requirement_whose_program_is_missing_stays(tmp_path: Path) -> None:
    line = "pytest: FileNotFoundError: pytest"
    found = explained(plan(tmp_path), different("programs", line))
    assert [(one.rule, one.part) for one in found] == [("development-requirements", "pytest")]


@pytest.mark.parametrize(
    "line",
    [
        "start: line 9: /usr/local/bin/supervisord: No such file or directory",
        "sh: 1: /usr/local/bin/gunicorn: not found",
        "ModuleNotFoundError: No module named 'uvicorn'",
        f"GET /config: body.component: '{'502f' * 15}' became '{'e54b' * 15}'",
        "GET /about: body.path: '/usr/local/lib/python3.13/s' became '/opt/venv/lib/python3.13/s'",
    ],
)
def test_an_environment_that_is_looked_for_where_it_was_stays_there(
    line: str, tmp_path: Path
) -> None:
    found = explained(plan(tmp_path), different("start", line))
    assert [one.rule for one in found] == ["build-stage"]


def test_a_moved_requirement_that_the_log_tells_of_stays(tmp_path: Path) -> None:
    line = "is written no more: INFO: tests are run by PyTest"
    found = explained(plan(tmp_path), different("logs", line))
    assert [(one.rule, one.part) for one in found] == [("development-requirements", "pytest")]


def test_what_a_check_looks_at_is_left_out_where_the_plan_changed_it(tmp_path: Path) -> None:
    made = plan(tmp_path)
    assert [one.rule for one in explained(made, different("user"))] == ["non-root-user"]
    start = replace(made, project=made.original, findings=(), withdrawn=())
    assert explained(start, different("user")) == ()


def test_a_user_who_may_not_write_where_the_application_does_is_left_out(tmp_path: Path) -> None:
    line = "no longer there: beat: [Errno 13] Permission denied: 'celerybeat-schedule'"
    found = explained(plan(tmp_path), different("workers", line))
    assert [one.rule for one in found] == ["non-root-user"]


def test_a_difference_that_nothing_of_the_plan_explains_stands(tmp_path: Path) -> None:
    made = plan(tmp_path)
    assert explained(made, different("routes", "GET /items: $.name: 'a', then 'b'")) == ()


def test_the_checks_that_rules_are_traced_by_are_there() -> None:
    assert set(BY_CHECK) <= {check.name for check in CHECKS}


def test_omitting_what_changes_no_difference_is_seen() -> None:
    two = replace(different("user"), checks=(*different("user").checks, *different("logs").checks))
    assert as_different(different("user", "1 s"), different("user", "2 s"))
    assert not as_different(two, different("user"))


def test_where_uv_installs_other_versions_pip_installs_in_the_build_stage(tmp_path: Path) -> None:
    made = plan(tmp_path)
    line = "typing: resolved differently, 3.7.4.3 became 3.10.0.0"
    (found,) = explained(made, different("distributions", line))
    start = replace(made, project=made.original, findings=(), withdrawn=(found,))
    again = optimized(start, RULES)
    assert "uv pip install" in made.project.dockerfile.text
    assert " AS build" in again.project.dockerfile.text
    assert "uv pip install" not in again.project.dockerfile.text
    assert any(line in one.message for one in again.findings)
    # what pip as well resolves differently is not for want of pip
    assert [one.rule for one in explained(again, different("distributions", line))] == [
        "development-requirements"
    ]


def test_a_file_of_a_distribution_that_was_taken_out_and_opened_stays(tmp_path: Path) -> None:
    group = Group(distribution="pdf", paths=("pdf/layout/",), reason="models")
    removed = Finding(rule="unused-parts", message="", changes=(RemoveFiles(groups=(group,)),))
    made = replace(plan(tmp_path), findings=(removed,))
    line = "pdf/layout/page.onnx of pdf is gone, and the baseline opened it"
    found = explained(made, different("files", line))
    assert [(one.rule, one.part) for one in found] == [("unused-parts", "pdf")]
