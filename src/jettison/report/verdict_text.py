"""Verdicts and checks of imports, as text and as ``jettison.imports/v1``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from jettison.report import fitted, table
from jettison.values import counted, some
from jettison.verify import (
    COVERAGE,
    LIMITED,
    ROUTES,
    START,
    WAY,
    Attempt,
    CheckResult,
    ImportResult,
    Loss,
    Outcome,
    Subject,
    Verdict,
)

_MARKS = {
    Outcome.SAME: "same",
    Outcome.IMPROVED: "better",
    Outcome.DIFFERENT: "DIFFERENT",
    Outcome.SKIPPED: "skipped",
}
_MEGABYTE = 1_000_000
_DETAILS_SHOWN = 10


def verdict_text(verdict: Verdict) -> str:
    """Give the verdict, what was measured, and a line for each check; below one what differs."""
    lines = (conclusion(verdict), *figures(verdict), "", *_checks(verdict.checks))
    return "\n".join((*lines, ""))


def differences_text(verdict: Verdict) -> str:
    """Give the checks that differ, and those that could not compare anything."""
    unequal = (Outcome.DIFFERENT, Outcome.SKIPPED)
    return "\n".join(_checks([each for each in verdict.checks if each.outcome in unequal]))


def figures(verdict: Verdict) -> tuple[str, ...]:
    """Say when each image was healthy, and the memory that it uses, where both became ready."""
    fine = any(check.name == START and check.outcome is Outcome.SAME for check in verdict.checks)
    subjects = (("before: ", verdict.before), ("after:  ", verdict.after)) if fine else ()
    return tuple(f"{name}{_figures(one)}" for name, one in subjects)


def _printable(line: str) -> str:
    """Leave out what would steer a terminal: parts of the text come from the application."""
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _checks(checks: Sequence[CheckResult]) -> Iterator[str]:
    if not checks:
        return
    unshown = _unshown(checks)
    rows = []
    for check in checks:
        if check.name in unshown:
            continue
        rows.append((check.name, _MARKS[check.outcome], _printable(check.message)))
        if check.outcome is Outcome.DIFFERENT:
            rows += [("", "", f"- {_printable(line)}") for line in _details(check)]
    yield table(("check", "result", "what was compared"), rows)
    if unshown:
        yield fitted(f"skipped: {next(iter(unshown.values()))} ({', '.join(unshown)})")


def _unshown(checks: Sequence[CheckResult]) -> dict[str, str]:
    """Give the checks that were skipped for one reason, where most of them were."""
    skipped = [check for check in checks if check.outcome is Outcome.SKIPPED]
    why = Counter(check.message for check in skipped)
    common = {message for message, count in why.most_common(1) if 2 * count > len(checks)}
    return {check.name: _printable(check.message) for check in skipped if check.message in common}


def _gathered(details: Sequence[str]) -> list[str]:
    """Say a change that many places share once, after the first of them."""
    places: dict[str, list[str]] = {}
    for line in details:
        place, _, change = line.partition(": ")
        places.setdefault(change or line, []).append(place)
    return [
        f"{first}{f' and {len(others)} more' * bool(others)}: {change}"
        if change != first
        else first
        for change, (first, *others) in places.items()
    ]


def _details(check: CheckResult) -> Iterator[str]:
    details = _gathered(check.reported)
    yield from details[:_DETAILS_SHOWN]
    left = len(details) - _DETAILS_SHOWN
    if left > 0:
        yield f"and {left} more (all of them are in the JSON)"


def _figures(subject: Subject) -> str:
    startup = subject.startup_seconds
    ready = "ran to its end" if startup is None else f"healthy after {startup:.2f} s"
    memory = "" if subject.memory is None else f", {subject.memory / _MEGABYTE:.0f} MB at rest"
    return ready + memory


def conclusion(verdict: Verdict) -> str:
    """State the verdict in a line."""
    if verdict.equivalent:
        compared = sum(check.outcome is not Outcome.SKIPPED for check in verdict.checks)
        executed = [
            check.message.partition(f"; {WAY}")[0]
            for check in verdict.checks
            if verdict.is_of_ended(check)
            or (check.name == COVERAGE and (check.before or verdict.ran))
        ]
        ways = [
            WAY + check.message.partition(WAY)[2]
            for check in verdict.checks
            if check.name == START and WAY in check.message
        ]
        limited = [
            part
            for check in verdict.checks
            for part in check.message.split("; ")
            if check.name == ROUTES and LIMITED in part
        ]
        how = _isolation(verdict)
        said = f"Verdict: equivalent ({counted(compared, 'check')}{how})"
        return fitted(_printable("; ".join((said, *ways, *executed, *limited))))
    if not verdict.differences:
        return "Verdict: unknown (no behaviour of the application could be compared)"
    if verdict.dead_before:
        return "Verdict: unknown (the baseline does not become ready)"
    return f"Verdict: not equivalent ({', '.join(check.name for check in verdict.differences)})"


def _isolation(verdict: Verdict) -> str:
    """Say how the images were kept apart where no engine did."""
    if not verdict.isolation:
        return ""
    unrun = "" if verdict.ran else ", neither image was run"
    return f", isolation: {verdict.isolation}{unrun}"


SHOWN = 8


def imports_text(result: ImportResult) -> str:
    """Give the sets, what is missing, what cannot be tried here, and the verdict last."""
    return fitted("\n".join((*_attempt_lines(result), "")))


def _attempt_lines(result: ImportResult) -> Iterator[str]:
    gone = sorted(set(result.full) - set(result.runtime))
    other = f" (the image has {result.image_python})" if _differs(result) else ""
    yield f"Imports checked without a container, with Python {result.python}{other}"
    yield f"  everything:  {counted(len(result.full), 'distribution')}"
    left = f", without {some(gone, SHOWN)}" if gone else ", all of them"
    yield f"  runtime set: {counted(len(result.runtime), 'distribution')}{left}"
    if _differs(result):
        yield f"  hint: `uv python install {result.image_python}` provides the same version"
    if gone:
        yield f"  {counted(result.imported, 'module')} imported with the runtime set"
    if result.not_apart:
        yield f"  ran without namespaces ({result.not_apart}): empty environment and home,"
        yield "  no network where the kernel filters calls, but able to read what you can read"
    for loss in result.losses:
        yield from _loss(loss)
    if result.failed:
        yield f"  {counted(len(result.failed), 'module')} fail with both sets, so not compared"
        yield from (f"    - {_attempt(each)}" for each in result.failed[:SHOWN])
        if len(result.failed) > SHOWN:
            yield f"    and {len(result.failed) - SHOWN} more (all of them are in the JSON)"
    for skip in result.skipped:
        yield f"  not installed here: {skip.what}: {skip.reason}"
    if result.kept:
        yield f"Plan corrected: keep {', '.join(result.kept)} in production"
    yield f"Verdict: {_verdict(result)}"


def _differs(result: ImportResult) -> bool:
    return result.python != result.image_python


def _loss(loss: Loss) -> Iterator[str]:
    yield f"  MISSING {_attempt(loss.attempt)}"
    if loss.requirement and loss.requirement != loss.distribution:
        yield f"    {loss.distribution} provides it, a dependency of {loss.requirement}"
    elif loss.distribution:
        yield f"    the requirement {loss.distribution} provides it"
    else:
        yield "    no known distribution provides it"


def _attempt(attempt: Attempt) -> str:
    place = f" ({attempt.origin})" if attempt.origin else ""
    return f"{attempt.module}: {attempt.message or attempt.error}{place}"


def _verdict(result: ImportResult) -> str:
    if not result.equivalent and not result.losses:
        return "unknown (nothing could be imported)"
    if not result.equivalent:
        return f"not equivalent ({counted(len(result.losses), 'import')} missing)"
    if result.full == result.runtime:
        return "equivalent (no distribution is removed)"
    return "equivalent (no import is missing)"
