from pathlib import Path

import pytest

from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase, ComposedBaseSizes
from jettison.index.debian.mirror import CHECK_VALID_UNTIL, KEYRING, MIRROR, SECURITY_MIRROR

PAGE = (Path(__file__).parents[4] / "docs/explanation/composed-base.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("group", [group.name for group in table(ComposedBase).leave_out])
def test_every_group_that_is_left_out_is_documented(group):
    assert f"| {group} |" in PAGE


@pytest.mark.parametrize("python", table(ComposedBase).python)
def test_sizes_are_the_measured_ones(python):
    measured = table(ComposedBaseSizes).python[python].on("amd64")
    total = measured.files + measured.bytecode
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {python} |"))
    assert row.endswith(f"| {measured.files / 1e6:.1f} MB | {total / 1e6:.1f} MB |")


def test_every_variable_is_documented():
    names = [
        MIRROR, SECURITY_MIRROR, CHECK_VALID_UNTIL, KEYRING,
    ]  # fmt: skip
    assert all(f"`{name}`" in PAGE for name in names)
