"""Every part of the package has its place among the layers."""

from __future__ import annotations

import ast
import builtins
import pkgutil
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from click import Context, Group

import jettison
from jettison.cli import COMMANDS, command_line

ROOT = Path(__file__).parents[2]


def test_no_part_is_outside_of_the_layers() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = [each["layers"] for each in contracts if each["type"] == "layers"]
    placed = {name for layer in layers for name in re.findall(r"jettison\.(\w+)", layer)}
    assert placed == {module.name for module in pkgutil.iter_modules(jettison.__path__)}


def test_the_design_names_every_part() -> None:
    text = (ROOT / "docs" / "development" / "design.md").read_text(encoding="utf-8")
    parts = {module.name for module in pkgutil.iter_modules(jettison.__path__)}
    assert {part for part in parts if f"`{part}`" not in text} == set()


def test_no_two_modules_import_each_other() -> None:
    source = ROOT / "src"
    imports = {}
    for path in (source / "jettison").rglob("*.py"):
        parts = path.relative_to(source).with_suffix("").parts
        imports[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(
            path.read_text(encoding="utf-8")
        )
    graph = {
        name: {
            full if (full := f"{node.module}.{alias.name}") in imports else node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jettison")
            for alias in node.names
        }
        - {name}
        for name, tree in imports.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


def test_no_module_hides_a_builtin_from_its_package() -> None:
    names = {path.stem for path in (ROOT / "src" / "jettison").rglob("*.py")} - {"__init__"}
    assert names & set(dir(builtins)) == set()


def test_one_module_makes_the_folders_that_a_killed_run_would_leave() -> None:
    source = ROOT / "src" / "jettison"
    makers = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if re.search(r"TemporaryDirectory|mkdtemp\((?!.*dir=)", path.read_text(encoding="utf-8"))
    }
    assert makers <= {"images/stores/unpack.py", "tasks/imports/__init__.py"}


def test_no_module_is_too_long_and_few_stand_alone() -> None:
    modules = {
        path: path.read_text(encoding="utf-8").count("\n")
        for path in (ROOT / "src" / "jettison").rglob("*.py")
    }
    assert {path.name: lines for path, lines in modules.items() if lines > 320} == {}
    assert len([path for path in modules if path.parent.name == "jettison"]) <= 6


@pytest.mark.parametrize(
    ("command", "late"),
    [
        ("plan", "urllib3 ssl importlib.metadata"),
        ("check", "urllib3 ssl jettison.plan jettison.rules jettison.tasks.loading"),
        ("build", "urllib3 ssl csv html.parser packaging.requirements concurrent.futures"),
    ],
)
def test_a_command_starts_without_what_it_may_not_need(command: str, late: str) -> None:
    program = f"import sys, jettison.cli.{command}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert set(late.split()) & set(loaded.stdout.split()) == set()


def test_help_is_told_without_loading_a_command() -> None:
    program = "import sys; from jettison.__main__ import run; run(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not {name for name in loaded if name.startswith("jettison.cli.")}
    assert not {"hashlib", "subprocess", "jettison.records"} & loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_in_a_line_is_that_of_the_command(name: str) -> None:
    command = command_line.get_command(Context(command_line), name)
    assert command is not None
    assert COMMANDS[name][1] == command.get_short_help_str(80)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_group_has_its_commands_in_whole_lines(name: str) -> None:
    command = command_line.get_command(Context(command_line), name)
    if isinstance(command, Group):
        text = command.get_help(Context(command, max_content_width=80))
        assert "..." not in text.partition("Commands:")[2]
