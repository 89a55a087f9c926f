"""Every rule is registered, explained and held by cases."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

from jettison import rules
from jettison.rules import RULES, Rule, file_kinds

ROOT = Path(__file__).parents[2]
EACH = pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.name) for rule in RULES])
NOT_RULES = {"rule", "file_kinds"}
ROWS = {rule.name for rule in file_kinds.RULES}


def test_every_module_has_rules_that_are_registered_once_and_is_named_for_one() -> None:
    modules = {module.name for module in pkgutil.iter_modules(rules.__path__)} - NOT_RULES
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    defined = [one for name in modules for one in of_module(name) if one.name not in ROWS]
    assert sorted(one.name for one in defined) == sorted(set(names) - ROWS)
    for name in modules:
        assert name.replace("_", "-") in {rule.name for rule in of_module(name)}


def of_module(name: str) -> list[Rule]:
    module = importlib.import_module(f"jettison.rules.{name}")
    return [one for one in vars(module).values() if isinstance(one, Rule)]


@EACH
def test_it_is_explained_where_it_is(rule: Rule) -> None:
    if rule.name not in ROWS:
        module = importlib.import_module(rule.detect.__module__)
        alone = len(of_module(module.__name__.rpartition(".")[2])) == 1
        own = module.__doc__ if alone else inspect.cleandoc(rule.detect.__doc__ or "")
        assert rule.documentation == own
    assert "\n\nSource: " in rule.documentation
    assert "\n\nSafe: " in rule.documentation
    assert rule.title.endswith(".")


@EACH
def test_it_has_a_page_and_is_in_the_list(rule: Rule) -> None:
    folder = ROOT / "docs" / "reference" / "rules"
    assert (folder / f"{rule.name}.md").is_file()
    assert f"]({rule.name}.md)" in (folder / "index.md").read_text(encoding="utf-8")


@EACH
def test_it_finds_something_in_a_case(rule: Rule) -> None:
    found = re.compile(rf"^{rule.name} \[", re.MULTILINE)
    cases = (ROOT / "tests" / "rules" / "cases").glob("*/*.case")
    assert any(found.search(case.read_text(encoding="utf-8")) for case in cases)
