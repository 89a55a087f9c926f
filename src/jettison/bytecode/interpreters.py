"""Finds an interpreter whose bytecode a given Python reads."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from jettison.bytecode.compiler import Compiler
from jettison.errors import ProgramError
from jettison.process import run
from jettison.values import Skipped

_SECONDS = 20
_QUESTION = (
    "import platform, sys; "
    "print(platform.python_implementation(), sys.version_info.releaselevel, "
    "platform.python_version())"
)


def host_compiler(python: str) -> Compiler | Skipped:
    """Return a CPython of the minor version ``python`` (``3.13``) that this machine has.

    It is the one that runs Jettison or ``python3.13`` in a directory of the search path. Bytecode
    does not depend on architecture or system, and not on the patch version once one is released.
    """
    if platform.python_implementation() == "CPython" and _version()[:2] == python.split("."):
        return Compiler(version=".".join(_version()), command=(sys.executable,))
    for path in _candidates(f"python{python}"):
        version = _released_version(path)
        if version.startswith(f"{python}."):
            return Compiler(version=version, command=(str(path),))
    return Skipped(
        what=f"bytecode for Python {python}",
        reason=f"there is no python{python} on this machine to compile it",
    )


def _version() -> list[str]:
    return [str(part) for part in sys.version_info[:3]]


def _candidates(name: str) -> Iterator[Path]:
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        path = Path(directory) / name
        # A folder that is not absolute may lie in a project, which is not asked to run anything.
        if path.is_absolute() and os.access(path, os.X_OK):
            yield path


def _released_version(path: Path) -> str:
    """Return the version of a released CPython, or nothing."""
    try:
        done = run((str(path), "-IESc", _QUESTION), timeout=_SECONDS)
    except (ProgramError, OSError):
        return ""
    words = done.text.split()
    return words[2] if done.status == 0 and words[:2] == ["CPython", "final"] else ""
