"""What was read of images that were built, kept for the plans that come after."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from msgspec import Struct

from jettison.contents.reach import Observed
from jettison.images.stores.cache import cache_directory
from jettison.lift import Project
from jettison.plan import Built, Withdrawal
from jettison.plan.brought_by_base import with_observed
from jettison.records import Records
from jettison.report.result_text import Result
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import Planned
from jettison.values import replace

# So many projects are remembered.
MOST = 50


class Seen(Struct, frozen=True, kw_only=True):
    """What was in an image, the bytes of the baseline and the candidate, and on which day.

    ``files`` is the digest of the files that the candidate was built from, ``withdrawn`` what its
    comparison had the plan do without.
    """

    observed: Observed
    before: int
    after: int
    withdrawn: tuple[Withdrawal, ...]
    files: str
    day: date


def remember(result: Result) -> None:
    """Keep what was read of the images of a project for its next plan."""
    plan = result.plan
    if plan.observed is None or not result.verdict.equivalent:
        return
    installed = replace(plan.observed.installed, sources={}, words={}, standard=None)
    seen = Seen(
        observed=replace(plan.observed, installed=installed),
        before=result.before.size.bytes,
        after=result.after.size.bytes,
        withdrawn=plan.withdrawn,
        files=_digest(plan.project),
        day=datetime.now(UTC).date(),
    )
    _records().put(seen, _digest(plan.original), str(plan.level))


def recalled(found: Planned) -> Planned:
    """Give the plan with what was read of the project's image, if it was ever built as it is."""
    start = found.start
    seen = _records().get(Seen, _digest(start.original), str(start.level))
    if seen is None or start.composition is not None:
        return found
    start = replace(with_observed(start, seen.observed), withdrawn=seen.withdrawn)
    plan = optimized(start, RULES, without=start.settings.without)
    after = seen.after if _digest(plan.project) == seen.files else None
    built = Built(before=seen.before, after=after, day=seen.day)
    return replace(found, start=start, plan=replace(plan, built=built))


def _records() -> Records:
    return Records(cache_directory() / "observed", most=MOST)


def _digest(project: Project) -> str:
    """Name a project by all that its image is built from, as far as sizes of files tell."""
    texts = sorted(project.texts.items())
    arguments = sorted(project.build_arguments.items())
    chosen = (project.dockerfile_path, project.target, arguments)
    described = (texts, sorted(project.files.items()), *chosen)
    return hashlib.sha256(repr(described).encode("utf-8", "surrogatepass")).hexdigest()
