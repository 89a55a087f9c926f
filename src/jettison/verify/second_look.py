"""Further runs of images that seem to differ: what counts must be owed to the images themselves."""

from __future__ import annotations

from msgspec.structs import replace

from jettison.engines.engine import Engine, Stopped
from jettison.errors import EngineError
from jettison.verify.checks.routes import compared
from jettison.verify.exchange.answer import Exchange
from jettison.verify.health import health_path
from jettison.verify.observation import HealthOutcome, Observation
from jettison.verify.observe import converse, ended, observe, running, still_there
from jettison.verify.request import VerificationRequest
from jettison.verify.setting import Conversation, Setting
from jettison.verify.verdict import Verdict

# Checks whose outcome a busy machine may change.
_OF_THE_MOMENT = frozenset({"health-check", "signals", "memory"})


def setting_of(engine: Engine, request: VerificationRequest, image: str) -> Setting:
    """Give how an image is run. Raises EngineError when one of the two does not exist."""
    images = [engine.inspect(one) for one in (request.image_before, request.image_after)]
    return Setting(
        image=image, facts=engine.inspect(image), health_path=health_path(request, *images)
    )


def again(
    engine: Engine, setting: Setting, request: VerificationRequest, talk: Conversation
) -> tuple[Exchange, ...]:
    """Ask a new container of the image the same; nothing when it does not start, or ends."""
    try:
        with running(engine, setting, request) as run:
            if run.failure:
                return ()
            exchanges = converse(run.container, setting, request, talk)[1]
            return () if ended(run.container) else exchanges
    except EngineError:
        still_there(engine, setting.image)
        return ()


def asked_again(
    engine: Engine,
    request: VerificationRequest,
    talk: Conversation,
    before: Observation,
    after: Observation,
) -> tuple[Observation, Observation]:
    """Ask both images once more: answers may depend on the moment, such as an order by time."""
    first = again(engine, setting_of(engine, request, request.image_before), request, talk)
    setting = setting_of(engine, request, request.image_after)
    second = again(engine, replace(setting, read_only=after.read_only), request, talk)
    return (
        replace(before, reruns=(*before.reruns, first)),
        replace(after, reruns=(*after.reruns, second)),
    )


def hindered(request: VerificationRequest, before: Observation, after: Observation) -> bool:
    """Tell whether a read-only root, which no plan asked for, may be why the images differ."""
    if not request.read_only_after or request.expected_read_only or before.failure:
        return False
    return bool(after.read_only_failure) or (after.read_only and bool(_unlike(before, after)))


def with_writable_root(
    engine: Engine,
    request: VerificationRequest,
    talk: Conversation,
    before: Observation,
    after: Observation,
) -> tuple[Observation, Observation]:
    """Run the image before as the image after was, and that as the image before was.

    When the image before needs a writable root too, the images are compared with one.
    """
    setting = setting_of(engine, request, request.image_before)
    narrow = observe(engine, replace(setting, read_only=True), request, talk)
    why = narrow.failure or _unlike(before, narrow)
    if not why:
        return before, after
    if not after.read_only_failure:
        wide = observe(engine, setting_of(engine, request, request.image_after), request, talk)
        after = replace(
            wide,
            suite=after.suite,
            stored=after.stored,
            workers=after.workers,
            startups=after.startups,
            missing={**after.missing, **wide.missing},
            errors=tuple(line for line in wide.errors if line not in before.errors),
        )
    return replace(before, read_only_failure=why), after


def _unlike(before: Observation, other: Observation) -> str:
    """Say how the answers of another run differ from those of the image before, if they do."""
    if not before.exchanges:
        return ""
    found = compared(before, other).differences
    return f"{len(found)} answers differ, such as {found[0]}" if found else ""


def of_the_moment(verdict: Verdict) -> bool:
    """Tell whether something differs that a busy machine may be the reason of."""
    return bool(_OF_THE_MOMENT & {check.name for check in verdict.differences})


def measured_again(
    engine: Engine, request: VerificationRequest, before: Observation, after: Observation
) -> tuple[Observation, Observation]:
    """Run both images once more without asking them, and keep what speaks for the image after."""
    quiet = Conversation()
    first = observe(engine, setting_of(engine, request, request.image_before), request, quiet)
    setting = setting_of(engine, request, request.image_after)
    second = observe(engine, replace(setting, read_only=after.read_only), request, quiet)
    most = [one.memory for one in (before, first) if one.memory is not None]
    least = [one.memory for one in (after, second) if one.memory is not None]
    return (
        replace(before, memory=max(most, default=None)),
        replace(
            after,
            memory=min(least, default=None),
            health=_passing(after.health, second.health),
            stopped=_ending(after.stopped, second.stopped),
        ),
    )


def _passing(one: HealthOutcome | None, other: HealthOutcome | None) -> HealthOutcome | None:
    return other if one and one.status and other and not other.status else one


def _ending(one: Stopped | None, other: Stopped | None) -> Stopped | None:
    return other if one and one.killed and other and not other.killed else one
