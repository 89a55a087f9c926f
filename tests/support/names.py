"""Names that tests share: of images, which another run must not take, and of long tests."""

from __future__ import annotations

import os

import pytest

RUN = f"jettison-test-{os.getpid()}"

LONG = pytest.mark.skipif(
    not os.environ.get("JETTISON_LONG_TESTS"),
    reason="builds and compares for many minutes: set JETTISON_LONG_TESTS=1",
)
