"""Whole processes, measured."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds by the clock, seconds of processor time, and peak resident bytes, of a process.

    Processor time and memory count the children that the process waited for.
    """

    seconds: float
    processor: float
    memory: int

    def __str__(self) -> str:
        """Return the figures with their units."""
        return f"{self.seconds:6.2f} s  {self.processor:6.2f} s CPU  {self.memory / 1e6:4.0f} MB"


def measured(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Measured:
    """Run a command in ``folder``; SystemExit with what it said when it fails."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        if status:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(command)} ended with {status}:\n{said}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(
        seconds=seconds, processor=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss * unit
    )


def best(runs: int, run: Callable[[], Measured]) -> Measured:
    """Return the quickest of a few runs: other work on the machine only adds to one."""
    return min((run() for _ in range(runs)), key=lambda each: each.seconds)


def jettison_environment(cache: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of Jettison's processes, with everything kept below ``cache``.

    Jettison's own modules are compiled, as those of an installed one are.
    """
    own = {"XDG_CACHE_HOME": str(cache), "UV_CACHE_DIR": str(cache / "uv")}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **own, **(more or {})}


def jettison(*arguments: str) -> list[str]:
    """Return the command line of Jettison."""
    return [sys.executable, "-m", "jettison", *arguments]
