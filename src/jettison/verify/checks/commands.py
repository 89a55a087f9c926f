"""The check of commands: those of distributions with --help, and what the application's own do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jettison.values import replace
from jettison.verify import CheckResult, Outcome
from jettison.verify.checks.behaviour import beyond_doubt, times_of
from jettison.verify.checks.check import homes_of, skipped
from jettison.verify.exchange import Exchange
from jettison.verify.exchange.comparison import compare_exchanges
from jettison.verify.exchange.times import dated
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest

# How one that imports what the plan took out says so.
_EXPLAINED = "Jettison removed"


# Where Python is installed is another matter.
_PATHS = re.compile(r"(?:/[\w.+@%-]+){2,}")
_WORDS = re.compile(r"(?<![\w-])-{0,2}[A-Za-z][A-Za-z_-]{2,}(?![\w-])")


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(_PATHS.sub(" ", text)))


def compare_commands(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare what the commands of distributions say."""
    if before.stored is None or after.stored is None:
        return skipped("the commands could not be run")
    had, has = before.stored, after.stored
    worked = {name: said for name, (status, said) in had.commands.items() if not status}
    ran, lost, notes = _beside(before, after, request)
    if not (worked or ran):
        return skipped("no command of a distribution ends well with --help")
    paths = (*has.removed, *request.removed_files)
    removed = {part for path in paths for part in path.split("/")}
    for name, first in worked.items():
        status, said = has.commands.get(name, (0, first))
        explained = _EXPLAINED in said or any(path.endswith(f"/{name}") for path in has.removed)
        if status:
            last = "".join(said.strip().splitlines()[-1:])
            line = f"{name} --help ends with status {status}: {last}"
            (notes if explained else lost).append(line)
        elif gone := sorted(_words(first) - _words(said)):
            # commands and options come from other distributions too, and may list files
            line = f"{name} --help no longer says {', '.join(gone)}"
            explained = bool(request.removed_distributions) or removed.issuperset(gone)
            (notes if explained else lost).append(line)
    also = f", and {ran} of the application do as they did" if ran else ""
    return CheckResult(
        outcome=Outcome.DIFFERENT if lost else Outcome.SAME,
        message="; ".join(lost)
        or f"{len(worked) - len(notes)} start with --help as they did{also}",
        before=f"{len(worked)} start",
        after=f"{len(worked) - len(lost) - len(notes)} start",
        details=tuple(lost),
        notes=tuple(notes),
    )


def _beside(
    before: Observation, after: Observation, request: VerificationRequest
) -> tuple[int, list[str], list[str]]:
    """Compare what the application's own commands did beside the server.

    Gives how many were run, what differs, and what does by the plan. One that was not run
    everywhere is left out: there was no time for it.
    """
    runs = [{one.name: one for one in run} for run in (*before.ran, *after.ran)]
    names = [name for name in (runs[0] if runs else ()) if all(name in run for run in runs)]
    if not (before.ran and after.ran and names):
        return 0, [], []
    named = [tuple(replace(run[name], name=f"`{name}`") for name in names) for run in runs]
    had, has = named[: len(before.ran)], named[len(before.ran) :]
    homes, times = homes_of(before, after), dated(times_of(before), times_of(after))
    found = beyond_doubt(compare_exchanges(had, has, times, homes, strict=request.strict))
    meant = [f"`{name}`" for name in names if _is_meant(request, has, f"`{name}`")]
    notes = [one for one in found.differences if one.startswith(tuple(meant))]
    return len(names), [one for one in found.differences if one not in notes], notes


def _is_meant(
    request: VerificationRequest, runs: Iterable[tuple[Exchange, ...]], name: str
) -> bool:
    """Tell whether a command says that it lacks what the plan takes from it."""
    text = b"".join(one.answer.body for run in runs for one in run if one.name == name)
    explained = _EXPLAINED.encode() in text
    lacks = bool(request.removed_distributions) and b"No module named" in text
    return explained or lacks or (request.expected_read_only and b"Read-only file system" in text)
