"""Programs and Jettison's own command as tests run them, with all that they write."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from jettison.__main__ import run

JETTISON = (sys.executable, "-m", "jettison")


def ran(
    *words: object, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Jettison within this process, which need not start for it, in a folder."""
    arguments, out, err = [str(word) for word in words], io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in environment.items():
            patch.setenv(name, value)
        if folder:
            patch.chdir(folder)
        status = run(arguments)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def output(
    *command: str,
    allowed: tuple[int, ...] = (0,),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Give what a program writes, which has to end with one of the ``allowed`` statuses."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=folder
    )
    assert done.returncode in allowed, f"{command}\n{done.stderr[-4000:]}{done.stdout[-4000:]}"
    return done.stdout
