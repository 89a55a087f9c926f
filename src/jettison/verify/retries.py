"""Further runs of images that seem to differ: what counts must be owed to the images themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from jettison.engines import Container, RunOptions
from jettison.errors import EngineError
from jettison.processes.concurrent import both
from jettison.values import replace
from jettison.verify import START, Outcome
from jettison.verify.checks import CHECKS
from jettison.verify.checks.behaviour import compared
from jettison.verify.checks.check import kinds_of, lost_uses
from jettison.verify.checks.contents import leaves_else
from jettison.verify.commands import run_beside
from jettison.verify.exchange import Exchange
from jettison.verify.exchange.judging import FURTHER
from jettison.verify.interior import written_files
from jettison.verify.observation import Conversation, Observation, Setting, Trial
from jettison.verify.observe import (
    converse,
    ended,
    observe,
    reason_of,
    running,
    started,
    still_there,
)
from jettison.verify.request import VerificationRequest

# Checks whose outcome a busy machine may change.
_OF_THE_MOMENT = frozenset({START, "health-check", "signals", "memory", "start-up-time"})
# Where some lines are written in one start and not in the next.
_OF_A_RACE = frozenset({"logs"})
_OF_WRITING = frozenset({"written-files"})
_OF_COMMANDS = frozenset({"commands"})
_OF_ROUTES = frozenset({"routes"})
_OF_CODE = frozenset({"files", "entry-point"})
_RERUNS = 3  # while files, lines or commands are in doubt
_AT_A_TIME = 2
# What a start has that is only tried, also by what is usual.
_HASTY_SECONDS, _HASTY_FACTOR = 30.0, 10
# How many requests in doubt are repeated in such a run; one that differs beyond doubt is enough.
_DOUBTED = 8


def again(setting: Setting, talk: Conversation, seen: Observation) -> Observation:
    """Send a new container of the image the same requests; when it fails, add why."""
    if seen.failure:
        return seen
    return joined(seen, further(replace(setting, run=1 + len(seen.reruns)), talk))


def further(
    setting: Setting,
    talk: Conversation,
    started_with: RunOptions | None = None,
    look: Callable[[Container], None] = lambda _: None,
) -> Observation:
    """Give what one more run shows, to be joined with what others have shown.

    ``started_with`` stands for the usual options; ``look`` is called once all is answered.
    """
    exchanges: tuple[Exchange, ...] = ()
    logs: tuple[frozenset[str], ...] = ()
    wrote: tuple[frozenset[str], ...] = ()
    ran: tuple[tuple[Exchange, ...], ...] = ()
    opened: frozenset[str] | None = None
    try:
        with running(setting, started_with) as run:
            failure = run.failure
            if not failure:
                exchanges = converse(run.container, setting, talk)[1]
                # what is looked at opens files, too
                opened = run.opened()
                look(run.container)
                wrote = written_files(run.container, setting.facts, setting.request)
                failure = ended(run.container)
                exchanges = () if failure else exchanges
                logs = (kinds_of(*run.container.streams()),) if not failure else ()
                ran = run_beside(run.container, setting, talk, run.seconds) if not failure else ()
    except EngineError as wrong:
        still_there(setting, wrong)
        failure = reason_of(wrong)
    return Observation(
        facts=setting.facts,
        reruns=(exchanges,),
        failed_starts=(failure,) if failure else (),
        logs=logs,
        wrote=wrote,
        opened=opened,
        ran=ran,
    )


def joined(seen: Observation, other: Observation) -> Observation:
    """Add what a further run has shown."""
    return replace(
        seen,
        reruns=(*seen.reruns, *other.reruns),
        failed_starts=(*seen.failed_starts, *other.failed_starts),
        logs=(*seen.logs, *other.logs),
        wrote=(*seen.wrote, *other.wrote),
        ran=(*seen.ran, *other.ran),
        opened=_union(seen.opened, other.opened),
    )


def _union(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return one if other is None else other if one is None else one | other


def decided(
    trial: Trial,
    talk: Conversation,
    before: Observation,
    after: Observation,
    repeat: Callable[[Setting, Conversation, Observation], Observation] = again,
) -> tuple[Observation, Observation]:
    """Repeat both, and some of what is in doubt many times, until one difference is no chance.

    No run is begun once those before it have taken as long as requests of a run may take.
    ``repeat`` adds one more run of an image. A command that ends is repeated for its results alone.
    """
    begun, most = time.monotonic(), trial.engine.limits.request_seconds
    how, what = ("to their end again", "results") if talk.ends else ("again", "responses")
    for _ in range(FURTHER // 2 if talk.ends else FURTHER):
        if most and time.monotonic() - begun > most:
            break
        found = compared(before, after, trial.request)
        settled = not found.open or found.certain
        if settled and (talk.ends or not unsettled(trial.request, before, after)):
            break
        doubting = replace(talk, doubtful=frozenset(found.open[:_DOUBTED]))
        runs = zip(_settings(trial, after), (before, after), strict=True)
        first, second = (partial(repeat, setting, doubting, seen) for setting, seen in runs)
        why = (
            f"{len(found.open)} {what} differ" if not settled else "files, logs or commands differ"
        )
        with trial.step(f"Running both {how}, because {why}"):
            before, after = both(first, second, memory=before.grown or 0)
    return before, after


def unsettled(request: VerificationRequest, before: Observation, after: Observation) -> bool:
    """Tell whether other files or lines seem to be written, and too few runs have shown it.

    Modes are those of one run, so that further runs say nothing of them.
    """
    if before.interior and after.interior:
        alike = replace(after.interior, written=before.interior.written)
        after = replace(after, interior=alike)
    counts = (
        (len(after.wrote), _OF_WRITING),
        (len(after.logs), _OF_A_RACE),
        (len(after.ran), _OF_COMMANDS),
    )
    return any(
        count < _RERUNS and _differs(names, request, before, after) for count, names in counts
    )


def _settings(trial: Trial, after: Observation) -> tuple[Setting, Setting]:
    # where no plan promises a read-only root, both have what the baseline has
    narrow = after.read_only and trial.request.expected_read_only
    return trial.before(), replace(trial.after(), read_only=narrow)


def hindered(request: VerificationRequest, before: Observation, after: Observation) -> bool:
    """Tell whether a read-only root, which no plan asked for, may be why the images differ.

    Where the further run, which has a writable one, differs in the same requests, it is not.
    """
    if not request.read_only_after or request.expected_read_only or before.failure:
        return False
    if not after.read_only or after.read_only_failure:
        return bool(after.read_only_failure)
    if _unwritable(before, after):
        return True
    narrow = _differing(before, after, request)
    writable = replace(after, exchanges=next(iter(after.reruns), ()), reruns=())
    return bool(narrow and narrow - _differing(before, writable, request))


def _unwritable(before: Observation, other: Observation) -> list[str]:
    """Give the folders in which the image before can write, and another run could not.

    Root without its capabilities cannot write where another user owns the folder.
    """
    if before.interior is None or other.interior is None:
        return []
    return lost_uses(before.interior.writable, other.interior.writable)


def _differing(
    before: Observation, after: Observation, request: VerificationRequest
) -> frozenset[str]:
    if not before.exchanges or not after.exchanges:
        return frozenset()
    found = compared(before, after, request).differences
    return frozenset(one.partition(": ")[0] for one in found)


def hasty(setting: Setting, usual: float) -> Setting:
    """Give a start with a read-only root that nobody promised little more than is usual."""
    most = max(_HASTY_SECONDS, _HASTY_FACTOR * usual)
    request = setting.request
    short = replace(request, startup_timeout=min(most, request.startup_timeout))
    return replace(setting, request=short)


def with_writable_root(
    trial: Trial, talk: Conversation, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Run the image before as the image after was, and that as the image before was.

    When the image before needs a writable root too, the images are compared with one.
    """
    narrow = observe(hasty(replace(trial.before(), read_only=True), before.seconds), talk)
    why = narrow.failure or _unlike(before, narrow, trial.request)
    if not why:
        return before, after
    if not after.read_only_failure:
        setting = trial.after()
        wide = observe(setting, talk)
        wide = again(setting, talk, wide)
        after = replace(
            wide,
            suite=after.suite,
            stored=after.stored,
            workers=after.workers,
            missing={**after.missing, **wide.missing},
            errors=tuple(line for line in wide.errors if line not in before.errors),
        )
    return replace(before, read_only_failure=why), after


def _unlike(before: Observation, other: Observation, request: VerificationRequest) -> str:
    """Say how another run of the image before differs from its first, if it does."""
    if lost := _unwritable(before, other):
        return f"no file can be made in {', '.join(lost)}"
    if not before.exchanges:
        return ""
    found = compared(before, other, request).differences
    return f"{len(found)} responses differ, such as {found[0]}" if found else ""


def of_the_moment(request: VerificationRequest, before: Observation, after: Observation) -> bool:
    """Tell whether something differs that a busy machine may be the reason of.

    Further starts say nothing of the memory after all requests.
    """
    resting = (replace(seen, grown=None) for seen in (before, after))
    return _differs(_OF_THE_MOMENT, request, *resting)


def raced(request: VerificationRequest, before: Observation, after: Observation) -> bool:
    """Tell whether something differs that may be the order of threads and processes."""
    return leaves_else(before, after) or _differs(_OF_A_RACE, request, before, after)


def doubtful(request: VerificationRequest, before: Observation, after: Observation) -> bool:
    """Tell whether other code or another command may fail now and then: no response differs."""
    known = _differs(_OF_ROUTES, request, before, after)
    return not known and _differs(_OF_CODE, request, before, after)


def _differs(
    names: frozenset[str], request: VerificationRequest, before: Observation, after: Observation
) -> bool:
    checks = (check for check in CHECKS if check.name in names)
    return any(
        check.compare(before, after, request).outcome is Outcome.DIFFERENT for check in checks
    )


def starting(
    trial: Trial, before: Observation, after: Observation, times: int, *, at_once: bool
) -> tuple[Observation, Observation]:
    """Start both images so often, at the same time or in turn: load falls on both alike."""
    first, second = _settings(trial, after)
    for _ in range(times):
        one = partial(_started, first, before)
        other = partial(_started, second, after)
        if at_once:
            before, after = both(one, other, memory=before.grown or 0)
        else:
            before, after = one(), other()
    return before, after


def becomes_ready(trial: Trial, after: Observation, times: int) -> Observation:
    """Start the image after more often, two containers at a time, and only until it is ready."""
    setting = replace(_settings(trial, after)[1], run=len(after.starts))

    def why(_: int) -> str:
        try:
            with running(setting) as run:
                return run.failure
        except EngineError as wrong:
            still_there(setting, wrong)
            return reason_of(wrong)

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        failures = tuple(filter(None, pool.map(why, range(times))))
    return replace(after, failed_starts=(*after.failed_starts, *failures))


def _started(setting: Setting, seen: Observation) -> Observation:
    setting = replace(setting, run=len(seen.starts))
    start, why = started(setting)
    if not start:
        return replace(seen, failed_starts=(*seen.failed_starts, why))
    missing = {**seen.missing, "memory": why} if why else seen.missing
    return replace(seen, starts=(*seen.starts, *start), missing=missing)
