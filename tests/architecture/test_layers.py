"""Every part of the package has its place among the layers."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path

import jettison

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
