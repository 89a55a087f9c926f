"""What BuildKit and buildah print while they build, as steps."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_BUILDKIT_LINE = re.compile(r"^#(?P<vertex>\d+) (?P<text>.*)$")
_BUILDKIT_STEP = re.compile(r"^\[(?P<name>[^\]]*)\] ?(?P<instruction>.*)$")
_OUTPUT = re.compile(r"^\d+\.\d+ (?P<line>.*)$")
_BUILDAH_STEP = re.compile(r"^(?:\[[^\]]+\] )?STEP (?P<number>\d+(?:/\d+)?): (?P<instruction>.*)$")
_LAST_LINES = 20


class BuildStep(Struct, frozen=True, kw_only=True):
    """One step of a build: its title, its output, and its error if it failed."""

    title: str
    lines: tuple[str, ...] = ()
    error: str = ""


def buildkit_steps(lines: Iterable[str]) -> tuple[BuildStep, ...]:
    """Read the lines of ``--progress=plain``, in the order in which the steps began."""
    steps: dict[str, BuildStep] = {}
    for line in lines:
        found = _BUILDKIT_LINE.match(line)
        if found:
            vertex, text = found["vertex"], found["text"]
            steps[vertex] = _with_text(steps.get(vertex), text)
    return tuple(steps.values())


def _with_text(step: BuildStep | None, text: str) -> BuildStep:
    if step is None:
        return BuildStep(title=text)
    if text.startswith("ERROR: "):
        return BuildStep(title=step.title, lines=step.lines, error=text[len("ERROR: ") :])
    output = _OUTPUT.match(text)
    if output:
        return BuildStep(
            title=step.title, lines=(*step.lines, output["line"])[-_LAST_LINES:], error=step.error
        )
    return step


def buildah_steps(lines: Iterable[str]) -> tuple[BuildStep, ...]:
    """Read the lines of ``podman build``; a failing build ends with ``Error: …``."""
    steps: list[BuildStep] = []
    for line in lines:
        found = _BUILDAH_STEP.match(line)
        if found:
            steps.append(BuildStep(title=f"[{found['number']}] {found['instruction']}"))
        elif steps:
            last = steps[-1]
            error = line[len("Error: ") :] if line.startswith("Error: ") else last.error
            kept = (*last.lines, line)[-_LAST_LINES:]
            steps[-1] = BuildStep(title=last.title, lines=kept, error=error)
    return tuple(steps)


def failure_text(steps: tuple[BuildStep, ...], lines: Iterable[str]) -> str:
    """Give the step that failed with its last lines, or else the last lines of the build."""
    failed = next((step for step in steps if step.error), None)
    if failed is None:
        return "\n".join(list(lines)[-_LAST_LINES:])
    return "\n".join((failed.title, *(f"  {line}" for line in failed.lines), failed.error))


def step_title(line: str) -> str:
    """Give the instruction that a line announces, or nothing."""
    found = _BUILDKIT_LINE.match(line)
    named = _BUILDKIT_STEP.match(found["text"]) if found else None
    if named and not named["name"].startswith("internal"):
        return f"[{named['name']}] {named['instruction']}"
    buildah = _BUILDAH_STEP.match(line)
    return f"[{buildah['number']}] {buildah['instruction']}" if buildah else ""
