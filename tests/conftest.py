"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from jettison.engines.engine import Engine
from jettison.engines.finding import find_engine
from jettison.errors import EngineError


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A container engine; without one the test is skipped, or fails where one is required."""
    try:
        found = find_engine()
    except EngineError as missing:
        if os.environ.get("JETTISON_REQUIRE_ENGINE") == "1":
            raise
        pytest.skip(f"{missing}: {missing.hint}")
    with found:
        yield found
