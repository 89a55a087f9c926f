"""What the image runs, and where: command, working directory, ports, volumes."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.engines.engine import ImageFacts
from jettison.verify.application import words_of
from jettison.verify.checks.check import Check
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_NAME = "entry-point"


def _compare(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
    had, has = before.facts, after.facts
    details = tuple(_differences(had, has, request))
    return CheckResult(
        name=_NAME,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message="; ".join(details) or "command, working directory, ports and volumes are the same",
        before=_shown(had),
        after=_shown(has),
        details=details,
    )


def _differences(had: ImageFacts, has: ImageFacts, request: VerificationRequest) -> Iterator[str]:
    expected = request.expected_command
    wanted = _words((), had) if expected is None else _words(expected, None)
    if _words((), has) not in (wanted, _words((), had)):
        yield f"the command was {' '.join(wanted)!r} and is {_shown(has)!r}"
    folders = had.working_directory or "/", has.working_directory or "/"
    if folders[0] != folders[1]:
        yield f"the working directory was {folders[0]} and is {folders[1]}"
    for what, one, other in (
        ("port", had.ports, has.ports),
        ("volume", had.volumes, has.volumes),
    ):
        lost = sorted(set(one) - set(other))
        if lost:
            yield f"{what}s no longer declared: {', '.join(lost)}"


def _words(command: tuple[str, ...], facts: ImageFacts | None) -> tuple[str, ...]:
    """Give the words that are run; the program without its folder, and not the shell around it."""
    whole = (*facts.entrypoint, *facts.command) if facts else command
    words = words_of(whole)
    return (words[0].rpartition("/")[2], *words[1:]) if words else ()


def _shown(facts: ImageFacts) -> str:
    return " ".join((*facts.entrypoint, *facts.command)) or "nothing"


CHECK = Check(name=_NAME, compare=_compare)
