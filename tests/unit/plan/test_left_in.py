"""What a report says that is left in the image."""

from pathlib import Path

import pytest

from jettison.contents import Installed, Trace
from jettison.contents.reach import Observed, Reach
from jettison.contents.system import System, SystemPackage
from jettison.images.config import Config
from jettison.plan import Plan, Withdrawal
from jettison.plan.brought_by_base import with_observed
from jettison.plan.minimal_base import pattern
from jettison.plan.removal.listing import system_written
from jettison.plan.system_leaving import leaving_distributions, leaving_groups, left_in
from jettison.report.why import why
from jettison.report.why_text import LineAnswer
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import planned
from jettison.values import replace

DOCKERFILE = 'FROM python:3.13-slim\nCOPY . /app\nRUN /app/install\nCMD ["env", "python", "x.py"]\n'
PYTHON = "/usr/local/bin/python3.13"
TOOLS = {"/usr/bin/env": 50_000, "/usr/bin/sort": 3_000_000, "/usr/share/tools": 10}


def plan_of(
    folder: Path,
    files: dict[str, int],
    *tools: SystemPackage,
    site: str = "",
    module: str = "",
    apart: bool = False,
    steps: str = DOCKERFILE,
    imported: frozenset[str] = frozenset(),
    withdrawn: tuple[Withdrawal, ...] = (),
) -> Plan:
    (folder / "Dockerfile").write_text(steps)
    start = planned(folder, offline=True, cache=folder / "cache").start
    start = replace(start, withdrawn=withdrawn)
    system = System(
        files=files,
        links={},
        libraries={},
        packages={one.name: one for one in tools},
        environment={},
    )
    library = "/usr/local/lib/python3.13"
    application = {f"/app/{one.name}": one.read_bytes() for one in folder.glob("*.py")}
    installed = Installed(
        site=site or f"{library}/site-packages",
        library=library,
        files={f"{module}/__init__.py": 10} if module else {},
        owners={f"{module}/__init__.py": module} if module else {},
        entry_points=(),
        sources={},
        words={},
        application=application,
    )
    observed = Observed(
        installed=installed,
        trace=Trace(served=frozenset(), method=""),
        reach=Reach(modules={}, unsure=frozenset()),
        system=system,
        python=PYTHON,
        at_once=frozenset({"pkg_resources"}),
        imported=imported,
        apart=apart,
        config=Config(content=b'{"config": {"Cmd": ["env", "python", "x.py"]}}'),
    )
    return optimized(with_observed(start, observed), RULES)


def test_programs_of_a_package_that_nothing_calls_are_not_left_in(tmp_path: Path) -> None:
    tools = SystemPackage(name="coreutils", paths=frozenset(TOOLS))
    left = left_in(plan_of(tmp_path, {PYTHON: 5_000_000, **TOOLS}, tools))
    assert {row.what: row.bytes for row in left}["coreutils"] == 50_010


def test_the_package_of_an_imported_module_of_the_standard_library_stays(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("import shutil\n")
    library = "/usr/local/lib/python3.13"
    modules = {f"{library}/shutil.py": 50_000, f"{library}/xml/__init__.py": 600_000}
    display = {f"{library}/tkinter/__init__.py": 900_000}
    packages = (
        SystemPackage(name="python3-stdlib", paths=frozenset(modules)),
        SystemPackage(name="python3-tk", paths=frozenset(display)),
    )
    plan = plan_of(tmp_path, {PYTHON: 5_000_000, **modules, **display}, *packages)
    assert {row.what for row in left_in(plan)} == {"Python", "python3-stdlib"}


@pytest.mark.parametrize(
    ("imported", "kept"),
    [({"os.py"}, False), ({"os.py", "shelve.py", "dbm/__init__.py"}, True), (set(), True)],
)
def test_the_library_of_dbm_stays_wherever_that_may_be_imported(
    imported: set[str], kept: bool, tmp_path: Path
) -> None:
    inside = "/usr/local/lib/python3.13/lib-dynload"
    files = {f"{inside}/_dbm.so": 20_000, f"{inside}/_testcapi.so": 300_000}
    plan = plan_of(tmp_path, {PYTHON: 5_000_000, **files}, imported=frozenset(imported))
    wanted = pattern(path for group in leaving_groups(plan) for path in group.paths)
    assert bool(wanted.fullmatch(f"{inside}/_dbm.so")) is not kept
    assert wanted.fullmatch(f"{inside}/_testcapi.so")


def test_it_is_told_that_the_image_does_not_start_from_nothing_however_little_would_leave(
    tmp_path: Path,
) -> None:
    why = Withdrawal(rule="unreached-system", reason="images differ")
    tools = SystemPackage(name="coreutils", paths=frozenset(TOOLS))
    plan = plan_of(tmp_path, {PYTHON: 90_000_000, **TOOLS}, tools, withdrawn=(why,))
    told = {one.message for one in plan.findings if one.rule == why.rule}
    assert told == {"not applied: images differ"}


def test_no_name_of_an_image_is_a_line_of_its_own(tmp_path: Path) -> None:
    files = {PYTHON: 5_000_000, "/usr/bin/tool": 9_000_000, "/usr/bin/other": 9_000_000}
    odd = SystemPackage(name="tool\n/app/**", paths=frozenset({"/usr/bin/tool"}))
    plain = SystemPackage(name="other", paths=frozenset({"/usr/bin/other"}))
    lines = system_written(leaving_groups(plan_of(tmp_path, files, odd, plain))).splitlines()
    assert "package: other" in lines
    assert "/app/**" not in lines


@pytest.mark.parametrize(
    ("source", "kept"),
    [("status", ()), ("submodule", ("sed",)), ("filter_branch", ("perl", "sed"))],
)
def test_what_git_needs_for_some_commands_stays_where_they_are_called(
    tmp_path: Path, source: str, kept: tuple[str, ...]
) -> None:
    (tmp_path / "x.py").write_text(f"import subprocess\nsubprocess.run(['git', '{source}'])\n")
    packages = [
        SystemPackage(name="git", needs=(("perl",),), paths=frozenset({"/usr/bin/git"})),
        SystemPackage(name="perl", paths=frozenset({"/usr/bin/perl"})),
    ]
    files = {PYTHON: 5_000_000, "/usr/bin/git": 35_000_000, "/usr/bin/perl": 57_000_000}
    packages.append(SystemPackage(name="sed", paths=frozenset({"/usr/bin/sed"})))
    found = left_in(plan_of(tmp_path, {**files, "/usr/bin/sed": 9}, *packages))
    assert {row.what for row in found} - {"Python"} == {"git", *kept}


def test_a_distribution_of_a_package_that_leaves_may_be_gone(tmp_path: Path) -> None:
    metadata = "/usr/lib/python3/dist-packages/pip-25.1.dist-info/METADATA"
    files = {PYTHON: 5_000_000, metadata: 1_000, "/usr/bin/pip3": 200_000_000}
    package = SystemPackage(name="python3-pip", paths=frozenset(files) - {PYTHON})
    plan = plan_of(tmp_path, files, package)
    assert leaving_distributions(plan) == {"pip"}
    assert plan.prediction.after.size is not None
    assert plan.prediction.after.size.bytes < 10_000_000


def test_a_requirement_that_is_not_installed_any_more_is_not_left_in(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pytest\n")
    (tmp_path / "x.py").write_text("")
    steps = DOCKERFILE.replace("RUN /app/install", "RUN pip install -r /app/requirements.txt")
    module = "/usr/local/lib/python3.13/site-packages/pytest/__init__.py"
    files = {PYTHON: 5_000_000, module: 9_000_000}
    found = plan_of(tmp_path, files, module="pytest", steps=steps)
    assert [row.what for row in left_in(found)] == ["Python"]


def test_what_only_the_image_has_can_be_asked_for(tmp_path: Path) -> None:
    files = {PYTHON: 5_000_000, "/usr/local/lib/libpython3.13.so.1.0": 5_800_000}
    tools = SystemPackage(name="coreutils", paths=frozenset(TOOLS))
    (answer,) = why(plan_of(tmp_path, {**files, **TOOLS}, tools), "Python")
    assert isinstance(answer, LineAnswer)
    assert answer.verdict == "kept: the application starts it"
    assert answer.size
    assert answer.size.bytes == 10_800_000


@pytest.mark.parametrize("module", ["pkg_resources", ""])
def test_installers_of_the_interpreter_stay_for_what_no_other_environment_has(
    tmp_path: Path, module: str
) -> None:
    library = "/usr/local/lib/python3.13"
    pip = {f"{library}/site-packages/pip/main.py": 12_000_000, f"{library}/ensurepip/p.whl": 2}
    tools = SystemPackage(name="coreutils", paths=frozenset(TOOLS))
    found = plan_of(
        tmp_path, {PYTHON: 5, **pip, **TOOLS}, tools, site="/venv/site-packages", module=module
    )
    (row,) = [row for row in left_in(found) if row.what == "Python"]
    assert row.bytes == (5 if module else 12_000_007)


def test_what_the_rules_took_out_of_the_image_that_was_read_is_taken_out_again(
    tmp_path: Path,
) -> None:
    found = plan_of(tmp_path, {PYTHON: 5_000_000}, module="own")
    assert "own/__init__.py" in found.contents.files
    # of an image that the rules made, the files say nothing about what they removed
    found = plan_of(tmp_path, {PYTHON: 5_000_000}, module="own", apart=True)
    assert "own/__init__.py" not in found.contents.files
