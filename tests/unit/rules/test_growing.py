"""What makes an image larger is left out one after the other, and only as much as costs bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from jettison.rules import RULES, build_stage, compiled_bytecode
from jettison.rules.rule import growing, optimized
from jettison.tasks.loading import Planned, planned

FILES = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["uvicorn"]\n',
    "uv.lock": 'version = 1\n\n[[package]]\nname = "shop"\nversion = "1"\n'
    'source = { virtual = "." }\n',
    "shop.py": "import uvicorn\n",
}
HEAD = "FROM python:3.13-slim\nCOPY --from=ghcr.io/astral-sh/uv:latest /uv /uvx /bin/\n"
TAIL = 'WORKDIR /app\nCOPY . .\nRUN uv sync\nCMD ["uv", "run", "uvicorn", "shop:app"]\n'
BUILD, COMPILED = build_stage.RULE.name, compiled_bytecode.RULE.name


def start(folder: Path, variables: str = "") -> Planned:
    for path, text in {**FILES, "Dockerfile": f"{HEAD}{variables}{TAIL}"}.items():
        (folder / path).write_text(text)
    return planned(folder, level=2, offline=True, cache=folder / "cache")


def left_out(found: Planned) -> list[tuple[str, str]]:
    """Leave out what costs bytes until nothing does."""
    first, order = found.start, []
    while more := growing(optimized(first, RULES), RULES, "1 MB by 1 kB"):
        order += [(one.rule, one.part) for one in more]
        first = replace(first, withdrawn=(*first.withdrawn, *more))
    return order


def test_bytecode_is_left_out_before_the_build_stage_is(tmp_path: Path) -> None:
    order = left_out(start(tmp_path))
    assert order == [(COMPILED, ""), (BUILD, build_stage.BYTECODE), (BUILD, "")]


def test_bytecode_that_the_image_has_already_is_not(tmp_path: Path) -> None:
    order = left_out(start(tmp_path, "ENV UV_COMPILE_BYTECODE=1\n"))
    assert order == [(COMPILED, ""), (BUILD, "")]


@pytest.mark.parametrize("withheld", [False, True])
def test_the_build_stage_compiles_unless_that_is_withheld(tmp_path: Path, withheld: bool) -> None:
    found = start(tmp_path).start
    plan = optimized(found, RULES)
    if withheld:
        more = growing(plan, [build_stage.RULE], "1 MB by 1 kB")
        plan = optimized(replace(found, withdrawn=more), RULES)
    told = [f"{one.rule}: {one.message}" for one in plan.findings]
    reason = "the image would grow from 1 MB by 1 kB; without it modules are compiled at each start"
    said = f"{BUILD}: not applied to {build_stage.BYTECODE}: {reason}"
    assert (said in told) == withheld
    assert ("UV_COMPILE_BYTECODE" in plan.project.dockerfile.text) != withheld
    assert "COPY --from=build /app/.venv /app/.venv" in plan.project.dockerfile.text
