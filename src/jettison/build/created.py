"""When an image was made, by what makes two builds of the same source equal."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from jettison.build.scheme import FIXED_TIME
from jettison.errors import JettisonError, ProjectError
from jettison.process import run


def creation_time(root: Path) -> int:
    """Return seconds since 1970: SOURCE_DATE_EPOCH, else the last commit, else a fixed time.

    ProjectError when SOURCE_DATE_EPOCH is no number.
    """
    named = os.environ.get("SOURCE_DATE_EPOCH", "")
    if named:
        if not named.isdecimal():
            raise ProjectError(
                f"SOURCE_DATE_EPOCH is {named!r}",
                why="it is a number of seconds since 1970",
                hint="Correct or unset it.",
            )
        return int(named)
    return _last_commit(root) or FIXED_TIME


def _last_commit(root: Path) -> int:
    try:
        done = run(("git", "-C", str(root), "log", "-1", "--format=%ct"), timeout=20)
    except (JettisonError, OSError):
        return 0
    return int(done.text) if done.status == 0 and done.text.strip().isdecimal() else 0


def rfc3339(seconds: int) -> str:
    """Return a time as configs have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
