"""Whole outputs of commands, kept as transcripts: ``$ jettison plan shop`` and what it says.

A transcript begins with ``project: CASE``, the case whose project lies in the folder ``shop``.
The commands run in the folder above it, offline and with an empty cache, one after the other.
What stands below each command is written by ``make golden``.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from cases import FOLDER as CASES
from cases import read_case
from command import ran

FOLDER = Path(__file__).parents[1] / "cli" / "snapshots"
PROJECT = "project: "
PROMPT = "$ "
NAME = "shop"
# The day that the transcripts were made on; support of releases ends by it.
ENVIRONMENT = {"COLUMNS": "100", "SOURCE_DATE_EPOCH": "1795478400"}


def transcripts() -> list[Path]:
    """Every transcript, by its name."""
    return sorted(FOLDER.glob("*.txt"))


def transcribed(path: Path, folder: Path) -> str:
    """The transcript with what its commands say now."""
    lines = path.read_text(encoding="utf-8").splitlines()
    case = read_case(CASES / f"{lines[0].removeprefix(PROJECT)}.case")
    for name, text in case.files.items():
        place = folder / NAME / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    commands = [line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT)]
    parts = [f"{lines[0]}\n"]
    for command in commands:
        parts += ["\n", f"{PROMPT}{command}\n", *_said(command, folder)]
    return "".join(parts)


def _said(command: str, folder: Path) -> Iterator[str]:
    program, *words = command.split()
    if program == "jettison":
        done = ran(*words, folder=folder, XDG_CACHE_HOME=str(folder / "cache"), **ENVIRONMENT)
    else:
        done = subprocess.run(
            [program, *words], cwd=folder, capture_output=True, text=True, check=False
        )
    yield done.stdout.replace(str(folder), "…")
    if done.stderr:
        yield "[stderr]\n" + done.stderr.replace(str(folder), "…")
    if done.returncode:
        yield f"[exit status {done.returncode}]\n"
