"""The port of one verification, what checks share, and what kinds of lines a log has. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from jettison.engines import ImageFacts
from jettison.values import replace
from jettison.verify import CheckResult, Outcome
from jettison.verify.application import words_of
from jettison.verify.observation import Interior, Loaded, Observation
from jettison.verify.request import VerificationRequest

Compare = Callable[[Observation, Observation, VerificationRequest], CheckResult]


class Check(Struct, frozen=True, kw_only=True):
    """One verification: holds what was observed of the image after against the one before.

    Its results have its ``name``, which ``of`` need not know.
    """

    name: str
    of: Compare

    def compare(
        self, before: Observation, after: Observation, request: VerificationRequest
    ) -> CheckResult:
        """Give the result."""
        return replace(self.of(before, after, request), name=self.name)


def skipped(reason: str) -> CheckResult:
    """Say why nothing was compared."""
    return CheckResult(outcome=Outcome.SKIPPED, message=reason)


def command_of(facts: ImageFacts) -> tuple[str, ...]:
    """Give the words that an image is started with."""
    return (*facts.entrypoint, *facts.command)


def started_words(command: tuple[str, ...]) -> tuple[str, ...]:
    """Give the words that are run; the program without its folder, and not the shell around it."""
    words = words_of(command)
    return (words[0].rpartition("/")[2], *words[1:]) if words else ()


def same_base(before: Observation, after: Observation) -> bool:
    """Tell whether both images are made from the same one."""
    return before.facts.layers[:1] == after.facts.layers[:1]


def made_from(had: ImageFacts, has: ImageFacts) -> bool:
    """Tell whether an image is another one with further layers, or with another configuration."""
    layers = had.layers
    return bool(layers) and has.layers[: len(layers)] == layers and had.id != has.id


def keeps_command(request: VerificationRequest, had: ImageFacts, has: ImageFacts) -> bool:
    """Tell whether the image after runs the same command as the one before, or is to."""
    own, now = (started_words(command_of(one)) for one in (had, has))
    expected = request.expected_command
    return expected is None or own in (now, started_words(expected))


def often(failed: Sequence[bool]) -> str:
    """Say how often something happened, unless it always did."""
    return "" if all(failed) else f" in {sum(failed)} of {len(failed)} runs"


def inside(before: Observation, after: Observation) -> tuple[Interior, Interior] | CheckResult:
    """Give both interiors, or the result when one of them is not known.

    An image after whose Python does not answer although the one before did is a difference.
    """
    if before.interior is None:
        return skipped(before.missing.get("interior", "the baseline did not start"))
    if after.failure:
        return skipped("the candidate did not start")
    if after.interior is None:
        why = after.missing.get("interior", "its Python did not respond")
        return CheckResult(
            outcome=Outcome.DIFFERENT, message=f"cannot be read in the candidate: {why}"
        )
    return before.interior, after.interior


def homes_of(before: Observation, after: Observation) -> tuple[str, str]:
    """Give the homes of the users of both where these are others; none where they are the same.

    The root of the image is the home of nobody.
    """
    inner = before.interior, after.interior
    had, has = (one.process.get("home", "").rstrip("/") if one else "" for one in inner)
    return (had, has) if had and has and had != has else ("", "")


def within(compare: Callable[[Interior, Interior, VerificationRequest], CheckResult]) -> Compare:
    """Compare what both images show of their inside."""

    def whole(before: Observation, after: Observation, request: VerificationRequest) -> CheckResult:
        both = inside(before, after)
        return both if isinstance(both, CheckResult) else compare(*both, request)

    return whole


def uses(what: str, found: Callable[[Interior], Mapping[str, Loaded]]) -> Compare:
    """Compare which of several things work inside."""
    return within(lambda had, has, _: compare_uses(what, found(had), found(has)))


def judged(
    details: Sequence[str], message: str, shown: tuple[object, object], notes: Sequence[str] = ()
) -> CheckResult:
    """Give the result of a check: each of ``details`` differs, ``shown`` is for the table."""
    return CheckResult(
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message=message,
        before=str(shown[0]),
        after=str(shown[1]),
        details=tuple(details),
        notes=tuple(notes),
    )


def lost_uses(before: Mapping[str, Loaded], after: Mapping[str, Loaded]) -> list[str]:
    """Give what works before and no longer after."""
    return [one for one, loaded in before.items() if loaded.works and not _works(after, one)]


def compare_uses(
    what: str, before: Mapping[str, Loaded], after: Mapping[str, Loaded]
) -> CheckResult:
    """Compare which of several things work: one that no longer works is a difference."""
    if not before:
        return skipped(f"no {what} to look for")
    lost = lost_uses(before, after)
    gained = [one for one, loaded in before.items() if not loaded.works and _works(after, one)]
    neither = [one for one, loaded in before.items() if not loaded.works and not _works(after, one)]
    counts = _count(before.values()), _count(after.values())
    details = [f"{one}: {_said(after, one)}" for one in lost]
    details += [f"{one}: works now" for one in gained]
    details += [f"{one}: fails in both: {before[one].said}" for one in neither]
    if lost:
        outcome, message = Outcome.DIFFERENT, f"no longer there: {', '.join(lost)}"
    elif len(neither) == len(before):
        return skipped(f"none of {len(before)} {what} works in either, such as {details[0]}")
    elif gained:
        outcome, message = Outcome.IMPROVED, f"works only now: {', '.join(gained)}"
    else:
        unusable = f"; {len(neither)} work in neither: {', '.join(neither)}" if neither else ""
        outcome, message = Outcome.SAME, f"{counts[1]} of {len(before)} {what} work{unusable}"
    return CheckResult(outcome=outcome, message=message, before=f"{counts[0]} of {len(before)}",
        after=f"{counts[1]} of {len(before)}", details=tuple(details),
    )  # fmt: skip


def _works(uses: Mapping[str, Loaded], name: str) -> bool:
    return name in uses and uses[name].works


def _said(uses: Mapping[str, Loaded], name: str) -> str:
    return uses[name].said if name in uses else "not answered"


def _count(uses: Iterable[Loaded]) -> int:
    return sum(loaded.works for loaded in uses)


NO_MORE = "is written no more: "
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# What differs between two runs, or between two places where Python is installed: months and days by
# name, ids, numbers, paths, and space.
_VARYING = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
    r"|(?<![\w-])(?=[\w-]*\d)[\w-]{12,}|0x[0-9a-f]+|\d+(?:\.\d+)?|(?:/[\w.+@%-]+){2,}|\s+"
)
_EXCEPTION = re.compile(r"^[\w.]*(?:Error|Exception|NotFound|Failure)\b")
# That the user is root is written no more where the plan made it another one.
_OF_ROOT = re.compile(r"\b(?:root|superuser)\b")
# What somebody is to look at; a read-only root or another user may be why something warns.
_ALARM = re.compile(r"(?<![\w./-])(?:ERROR|CRITICAL|FATAL|(WARN(?:ING)?))(?![\w-])")
# Not a part of a name, as in `attrs-25.1.dist-info`; the first of a line is its own.
_LEVEL = re.compile(
    r"(?<![\w./-])(?:(DEBUG|TRACE)|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)(?![\w-])", re.I
)
_WORD = re.compile(r"[^\W\d_]+")
_FORM, _ASIDE = "lines such as ", " (standard error)"
# Python warns where it compiles, which byte code spares; what is indented belongs to other lines.
_WARNS = re.compile(r"\S+:\d+: \w*Warning: ")
_SOURCE, _LINES_OF_A_WARNING = re.compile(r"  \S"), 20
_OF_A_WARNING = re.compile(r"^\s|Warning: |^Traceback")
# Written or not as one thread is faster than another. Source: gunicorn 27.0.1, ctl/server.py: the
# server that says so is stopped whenever a worker is forked.
_OF_A_RACE = re.compile(r"Control socket listening at")
# A server learns in one of these ways that a client has gone, in which is a race: pipe(7), tcp(7).
_GONE = re.compile(r"^(?:BrokenPipe|ConnectionReset|ConnectionAborted)Error\b.*")
# From so many on, forms are those of a text.
_FEW = 30
# of a log, or a line, that has no end
_LINES, _LONGEST = 20_000, 2000
_RUNS = 2
_SHOWN, _SHOWN_LETTERS = 3, 120


class _Form(str):
    """A form of lines, the same as any other of that text; ``line`` is one of them."""

    __slots__ = ("line",)
    line: str

    @classmethod
    def of(cls, text: str, line: str) -> _Form:
        found = cls(text)
        found.line = line.strip()[:_SHOWN_LETTERS]
        return found


def kinds_of(log: str, errors: str = "") -> frozenset[str]:
    """Give the kinds of lines of a log, each once; those of standard error are marked as such.

    Lines that differ in numbers, times, ids and paths alone are of one kind; what they name stays,
    and so does the name of who wrote them. Of lines without a level or an exception only the form
    counts, as that of the lines of requests, and of those for debugging, which name whatever is
    there.
    """
    return frozenset((*_kinds(log), *_kinds(errors, _ASIDE)))


def _kinds(log: str, stream: str = "") -> Iterator[str]:
    lines = [_COLOURS.sub("", line).rstrip() for line in log.splitlines()[:_LINES]]
    lines = list(_without_warnings(lines))
    lines = [one for one in lines if 0 < len(one) < _LONGEST and not _OF_A_RACE.search(one)]
    telling = set(filter(_tells, map(str.strip, lines)))
    plain = (line for line in lines if line not in telling and not _OF_A_WARNING.search(line))
    yield from (f"{_kind(line)}{stream}" for line in telling)
    for line in plain:
        yield _Form.of(f"{_FORM}{_WORD.sub('a', _kind(line))}{stream}", line)


def _without_warnings(lines: Sequence[str]) -> Iterator[str]:
    """Leave out what warnings say in further lines, up to the line of the source that warns."""
    left = 0
    for number, line in enumerate(lines):
        if left:
            left -= 1
            continue
        yield line
        if _WARNS.match(line):
            following = lines[number + 1 : number + 1 + _LINES_OF_A_WARNING]
            left = next((at for at, one in enumerate(following) if _SOURCE.match(one)), 0)


def _tells(line: str) -> bool:
    level = _LEVEL.search(line)
    return bool(level and not level[1]) or bool(_EXCEPTION.match(line))


def _kind(line: str) -> str:
    line = _GONE.sub("ConnectionResetError: the client has gone", line)
    return _VARYING.sub(lambda found: " " if found[0].isspace() else "#", line)


# With it, Python writes at once what is printed (docs.python.org, "Command line and environment").
_UNBUFFERED = "PYTHONUNBUFFERED"


def compare_logs(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the kinds of lines that both log."""
    if len(before.logs) < _RUNS or not after.logs:
        return skipped("the logs of too few runs are known")
    always = frozenset.intersection(*before.logs)
    ever = frozenset.union(*after.logs)
    if before.starts and after.starts:
        # also what is written at the end; what a killed one still writes is the outcome of a race
        ended = [one.log for one in before.starts if not one.stopped.killed]
        always |= frozenset.intersection(*ended) if ended else frozenset()
        ever |= frozenset.union(*(one.log for one in after.starts))
    if sum(one.startswith(_FORM) for one in always) > _FEW:
        always = frozenset(one for one in always if not one.startswith(_FORM))
    lost = sorted(always - ever)
    if request.expected_user:
        lost = [line for line in lost if not _OF_ROOT.search(line)]
    changed = not keeps_command(request, before.facts, after.facts)
    new = tuple(_alarms(before, after, request))
    examples = (f", as {one.line!r}" if isinstance(one, _Form) else "" for one in lost)
    details = [*(f"{NO_MORE}{line}{one}" for line, one in zip(lost, examples, strict=True)), *new]
    different = new or (lost and not changed)
    return CheckResult(
        outcome=Outcome.DIFFERENT if different else Outcome.SAME,
        message="; ".join(details[:_SHOWN]) if different else f"{len(always)} kinds are the same",
        before=f"{len(always)} kinds of lines",
        after=f"{len(always & ever)} of them",
        details=tuple(details),
    )


def _alarms(before: Observation, after: Observation, request: VerificationRequest) -> Iterator[str]:
    """Name exceptions, errors and warnings that every run of the candidate alone wrote."""
    known = frozenset.union(*before.logs, *(one.log for one in before.starts))
    # on whichever stream: that of a line counts where the line is lost
    known |= {line.removesuffix(_ASIDE) for line in known}
    known |= {f"{line}{_ASIDE}" for line in known}
    # what waited in a buffer of standard output was lost when the process was killed
    had, has = (dict(seen.facts.environment).get(_UNBUFFERED) for seen in (before, after))
    unheard = has and not had
    for line in sorted(frozenset.intersection(*after.logs) - known):
        alarm = _ALARM.search(line) and not (unheard and not line.endswith(_ASIDE))
        if _EXCEPTION.match(line):
            yield f"a new exception: {line}"
        elif alarm and len(after.logs) >= _RUNS and not request.expected_read_only:
            yield f"is written only now: {line}"
