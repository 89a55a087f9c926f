"""The public index, asked by uv."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.distributions.resolving import Locked, resolve
from jettison.distributions.settings import PUBLIC_INDEX
from jettison.distributions.target import Target
from jettison.records import Records

pytestmark = pytest.mark.network


def test_a_pin_is_resolved_with_what_it_requires(tmp_path: Path) -> None:
    found = resolve(
        ["python-dateutil==2.9.0.post0", "six==1.17.0"],
        Target(python="3.12", libc="musl", libc_version="1.2"),
        cache=Records(tmp_path),
        index_url=PUBLIC_INDEX,
    )
    assert found == (
        Locked(name="python-dateutil", version="2.9.0.post0"),
        Locked(name="six", version="1.17.0", via=("python-dateutil",)),
    )
