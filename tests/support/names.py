"""Names of images that tests build: another run on the same engine must not take them."""

from __future__ import annotations

import os

RUN = f"jettison-test-{os.getpid()}"
