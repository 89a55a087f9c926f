"""The public index, asked by uv."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from jettison.index.index_settings import PUBLIC_INDEX
from jettison.index.resolving import Resolution, resolved
from jettison.index.target import Target
from jettison.records import Records

pytestmark = pytest.mark.network


def test_a_pin_is_resolved_with_what_it_requires(tmp_path: Path) -> None:
    found = resolved(
        [Requirement("python-dateutil==2.9.0.post0")],
        {},
        Target(python="3.12", libc="musl", libc_version="1.2"),
        cache=Records(tmp_path),
        index=PUBLIC_INDEX,
        offline=False,
    )
    assert found.versions["python-dateutil"] == "2.9.0.post0"
    assert set(found.versions) == {"python-dateutil", "six"}
    assert found == Resolution(versions=found.versions)
