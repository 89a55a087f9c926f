"""Foundations by the state of the project that they were made for."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path

from jettison.build.foundation import Foundation
from jettison.build.state import state_of
from jettison.records import Records

_FORMAT = "3"
# What else decides what is planned, resolved and fetched.
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "HOME")


def remembered(key: str, records: Records) -> Foundation | None:
    """Return what was made for a key; None when there is nothing or it cannot be read."""
    return records.get(Foundation, "foundation", key)


def remember(key: str, foundation: Foundation, records: Records) -> None:
    """Keep a foundation under its key."""
    records.put(foundation, "foundation", key)


def key_of(root: Path, asked: str, records: Records, outputs: Container[str] = ()) -> str:
    """Return the key of a build; ``asked`` is everything that the user asks for, as text.

    It changes with the day, as package indexes and archives do, and not with what is in
    ``outputs``, which the build writes.
    """
    state = state_of(root, records, time.time_ns(), outputs)
    day = datetime.now(UTC).date().isoformat()
    variables = [f"{name}={os.environ.get(name, '')}" for name in _VARIABLES]
    variables += sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith("JETTISON_"))
    parts = "\0".join((_FORMAT, state, day, asked, *variables))
    return hashlib.sha256(parts.encode()).hexdigest()
