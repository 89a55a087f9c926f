"""Tries imports before anything is built, where that costs little."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from jettison.errors import ProgramError
from jettison.imports.checking import Replanned, checked, nothing_leaves
from jettison.loading.plan import Planned
from jettison.plan.plan import Plan
from jettison.progress import Progress
from jettison.values import Skipped

# More than this is not downloaded for a check that the built images repeat.
CHEAP = 400_000_000
WHAT = "imports with the runtime set"


def guarded(
    found: Planned,
    replanned: Replanned,
    progress: Progress,
    *,
    offline: bool = False,
    cache: Path | None = None,
) -> Planned:
    """Give the plan, corrected where the application could not be imported any more.

    Nothing is tried when no distribution leaves. Where it cannot be tried, the plan says so.
    """
    if nothing_leaves(found.plan):
        return found
    if _bytes(found.plan) > CHEAP:
        return _untried(found, "what is installed is too large to be installed for it")
    try:
        return checked(
            found, replanned, progress, offline=offline, entries_only=True, cache=cache
        ).planned
    except ProgramError as failed:
        return _untried(found, f"{failed.what}: {failed.why}".rstrip(": "))


def _bytes(plan: Plan) -> int:
    sizes = (each.installed_size for each in plan.closure.facts.values())
    return sum(size.bytes for size in sizes if size)


def _untried(found: Planned, reason: str) -> Planned:
    skip = Skipped(what=WHAT, reason=reason)
    start, plan = (replace(one, learned=(*one.learned, skip)) for one in (found.start, found.plan))
    return replace(found, start=start, plan=plan)
