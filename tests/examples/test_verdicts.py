"""Every small example against what its ``expected.toml`` says, without network and engine."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.support.recorded_index import examples, unpack

from jettison.plan import Plan
from jettison.tasks.loading import planned

EXAMPLES = [pytest.param(path, id=path.name) for path in examples()]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Plan]:
    """Give the plan of every example; each is made once for all tests."""
    cache = unpack(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_DEFAULT_INDEX", "https://pypi.org/simple")
        return {one: planned(one, offline=True, cache=cache).plan for one in examples()}


def expected(example: Path) -> dict[str, Any]:
    return tomllib.loads((example / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_base_gets_its_verdict(example: Path, plans: dict[Path, Plan]) -> None:
    wanted = expected(example)
    base = plans[example].base
    assert base.chosen == wanted["base"].pop("chosen")
    found = {item.facts.variant.value: item for item in base.candidates}
    for variant, (works, why) in wanted["base"].items():
        assert found[variant].works == works, found[variant].evidence
        assert why in found[variant].verdict
    for variant, names in wanted.get("adds", {}).items():
        assert list(found[variant].adds) == names


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_package_gets_its_scope_and_each_change_its_finding(
    example: Path, plans: dict[Path, Plan]
) -> None:
    wanted, plan = expected(example), plans[example]
    assert {item.name: item.scope.value for item in plan.packages} == wanted.get("packages", {})
    messages = {item.rule: item.message for item in plan.findings}
    for rule, part in wanted.get("findings", {}).items():
        assert part in messages[rule]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_dockerfile_has_what_is_needed_and_no_more(
    example: Path, plans: dict[Path, Plan]
) -> None:
    wanted, plan = expected(example).get("dockerfile", {}), plans[example]
    text = "".join(item.text for item in plan.stage.instructions)
    for part in wanted.get("has", ()):
        assert part in text
    for part in wanted.get("lacks", ()):
        assert part not in text


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_stays_small_enough_to_be_read(example: Path) -> None:
    wanted = expected(example)
    assert wanted["why"]
    lines = [
        line
        for path in example.iterdir()
        if path.is_file()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(lines) <= 150
