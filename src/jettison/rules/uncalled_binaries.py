"""Remove large programs that nothing calls.

Some wheels bring a compiled program beside their package: the command line of magika has 30 MB, and
its Python package does not start it.

Source: docs.python.org, ``subprocess`` and ``os``: the ways to start a program.

Safe: a program is removed only when the source, the scripts and the start commands do not call it;
a call whose program is computed keeps all. In an image that was watched, it is removed when it was
not opened, no module of its distribution starts any program, and no module that starts programs
names it. Without a trace, only programs that the catalogue lists are removed. The others are
reported for review.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.plan import Finding, Plan
from jettison.plan.removal import OwnedFile
from jettison.plan.removing import group, present, removal
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Saving, human

NAME = "uncalled-binaries"
PROGRAMS = "/bin/"
# What starts programs: subprocess, and the functions of os, pty and asyncio.
_STARTS = re.compile(
    rb"subprocess|popen|\bsystem\b|startfile|\bp?spawn|\bexec[lv]|posix_spawn", re.IGNORECASE
)


def detect(plan: Plan) -> Iterator[Finding]:
    """Find large files among the programs that distributions install."""
    large = [
        file
        for file in present(plan).values()
        if file.path.startswith(PROGRAMS)
        and file.size >= table(DeadWeight).binaries.large
        and _program(file) not in plan.usage.programs
    ]
    why = {} if plan.usage.computed else {file: _why(plan, file) for file in large}
    sure = {file: reason for file, reason in why.items() if reason}
    groups = [
        group(f"{_program(file)} of {label}, {reason}", [file])
        for file, reason in sure.items()
        for label in [plan.contents.label(file.distribution)]
    ]
    evidence = [plan.usage.search(_program(file)) for file in sure]
    found = removal(plan, NAME, "programs that nothing calls", groups, evidence)
    yield from found
    yield from (_told(plan, file) for file in large if file not in sure)


def _why(plan: Plan, file: OwnedFile) -> str:
    """Why nothing installed needs a program; empty where something may."""
    known = table(DeadWeight).binaries.known.get(file.distribution)
    if known and _program(file) in known.programs:
        return known.reason
    seen = plan.observed
    if seen is None or any(path.endswith(file.path) for path in seen.trace.touched):
        return ""
    for path, source in seen.installed.sources.items():
        own = seen.installed.owners.get(path) == file.distribution
        if (own or _program(file).encode() in source) and _STARTS.search(source):
            return ""
    return "which no module starts, and which was not opened while the image was watched"


def _told(plan: Plan, file: OwnedFile) -> Finding:
    label = plan.contents.label(file.distribution)
    why = (
        plan.usage.computed[0]
        if plan.usage.computed
        else Evidence(kind="search", message=f"the package of {label} may start it")
    )
    message = (
        f"{_program(file)} of {label} has {human(file.size)}, and nothing of the "
        "application calls it by its name"
    )
    return Finding.advice(
        message,
        why,
        saving=Saving(bytes=file.size, basis=Basis.MEASURED, source="file of the wheel"),
    )


def _program(file: OwnedFile) -> str:
    return file.path.removeprefix(PROGRAMS)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
