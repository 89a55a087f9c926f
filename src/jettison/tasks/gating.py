"""Check a project or an image against its budgets and its baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from jettison.assessment import Amount, Figures, OwnedBytes, Problem
from jettison.assessment.judging import CheckedImage, Outcome
from jettison.errors import InputSyntaxError, ProjectError
from jettison.formats.budgets import GROWING, Budget, Budgets, rounded_up, with_budget
from jettison.formats.own_settings import (
    OWN_FILE,
    SHARED_FILE,
    Settings,
    find_settings,
    settings_table,
)
from jettison.formats.toml import places, read_toml, table
from jettison.images.stores import whole_file
from jettison.images.stores.cache import cache_directory
from jettison.records import Records
from jettison.tasks.baselines import (
    Looked,
    baseline_image,
    baseline_of,
    baselines_in,
    doubt_about,
    figures_of,
)
from jettison.tasks.project_state import key_of
from jettison.values import replace
from jettison.verify import Subject, Verdict

# Late, here and in functions: what plans and reads layers takes longer to load than a warm check.
if TYPE_CHECKING:
    from jettison.plan import Plan
    from jettison.tasks.loading import Planned

# So many projects are remembered.
_MOST = 50


class Snapshot(Struct, frozen=True, kw_only=True):
    """What the gate takes of a plan: both images as predicted, notes, and the settings' budgets."""

    settings: Settings
    names: tuple[str, ...]
    committed: Figures
    planned: Figures
    notes: tuple[Problem, ...]

    @property
    def budgets(self) -> Budgets:
        """The budgets of this image."""
        return self.settings.budgets_of(*self.names)


def snapshot(directory: Path, asked: str, plan: Callable[[], Planned]) -> Snapshot:
    """Predict the images of a project; a project whose state was met today is not planned again.

    ``asked`` is all that the user asks of the plan. Raises the errors of planning.
    """
    records = Records(cache_directory() / "checked", most=_MOST)
    key = key_of(directory.resolve(), asked, records, exact=True)
    found = records.get(Snapshot, "snapshot", key) if key else None
    if found is None:
        found = _snapshot(plan().plan)
        if key:
            records.put(found, "snapshot", key)
    return found


def _snapshot(plan: Plan) -> Snapshot:
    from jettison.assessment.reading import figures_of_plan, image_name, noted  # noqa: PLC0415 — late

    return Snapshot(
        settings=plan.settings,
        names=(plan.original.dockerfile_path, image_name(plan)),
        committed=figures_of_plan(plan, planned=False),
        planned=figures_of_plan(plan, planned=True),
        notes=tuple(noted(plan)),
    )


def settings_in(directory: Path) -> Settings:
    """Read the settings at the root of a folder. Raises InputSyntaxError."""
    from jettison.rules import RULES  # noqa: PLC0415 — late

    return find_settings(dict(_texts(directory)), ("",), {rule.name for rule in RULES})


def _texts(directory: Path) -> Iterator[tuple[str, str]]:
    from jettison.tasks.loading.project import needed_text  # noqa: PLC0415 — late

    for name in (OWN_FILE, SHARED_FILE):
        if (text := needed_text(directory, name)) is not None:
            yield name, text


def images_named(directory: Path) -> tuple[str, ...]:
    """Give the images of a folder that have budgets of their own, by service or Dockerfile."""
    tables = (table(settings_table(text, name), "budgets") for name, text in _texts(directory))
    found = (key for each in tables for key, value in each.items() if isinstance(value, dict))
    return tuple(dict.fromkeys(found))


class Asked(Struct, frozen=True, kw_only=True):
    """What is checked: the project in ``directory``, or ``image`` by the project's budgets.

    ``planned`` takes the image that the plan would make in place of what the committed files build.
    ``choice`` is all that the user asks of the plan, and ``budgets`` come before its settings'.
    """

    directory: Path
    choice: Mapping[str, Any]
    planned: bool = False
    image: str = ""
    baseline: str = ""
    baseline_file: Path | None = None
    budgets: Budgets = field(default_factory=dict)


def checked_images(
    asked: Asked, looked: Looked, plan: Callable[..., Planned]
) -> tuple[CheckedImage, ...]:
    """Hold an image, or every image of a project that has budgets of its own, against its budgets.

    ``plan`` plans a folder with a choice. Raises the errors of planning and of stores.
    """
    if asked.image:
        return (_checked_image(asked, looked, plan),)
    chosen = asked.choice.get("service") or asked.choice.get("dockerfile")
    names = () if chosen else images_named(asked.directory)
    if not names:
        return (_checked_project(asked, asked.choice, looked, plan),)
    return tuple(
        _checked_project(
            asked, {**asked.choice, _option(asked.directory, name): name}, looked, plan
        )
        for name in names
    )


def _option(directory: Path, name: str) -> str:
    """Tell the Dockerfile that a table of budgets is for from a service."""
    return "dockerfile" if (directory / name).is_file() else "service"


def _checked_project(
    asked: Asked, choice: Mapping[str, Any], looked: Looked, plan: Callable[..., Planned]
) -> CheckedImage:
    found = snapshot(asked.directory, repr(sorted(choice.items())), partial(plan, **choice))
    figures = found.planned if asked.planned else found.committed
    baseline, missing = _baseline(asked, looked, figures)
    return CheckedImage(
        figures=figures,
        budgets={**found.budgets, **asked.budgets},
        baseline=baseline,
        missing=missing,
        notes=found.notes,
    )


def _checked_image(asked: Asked, looked: Looked, plan: Callable[..., Planned]) -> CheckedImage:
    """Check a built image; the project's plan tells which line brings a distribution."""
    known: tuple[OwnedBytes, ...] = ()
    if looked.layers:
        with suppress(ProjectError):
            words = repr(sorted(asked.choice.items()))
            known = snapshot(asked.directory, words, partial(plan, **asked.choice)).committed.owners
    figures = figures_of(asked.image, looked, known)
    baseline, missing = _baseline(asked, looked, figures, known)
    names = (asked.choice.get("dockerfile"), asked.choice.get("service"))
    budgets = {**settings_in(asked.directory).budgets_of(*names), **asked.budgets}
    return CheckedImage(
        figures=figures,
        budgets=budgets,
        baseline=baseline,
        missing=missing,
        doubt=doubt_about(asked.image, asked.baseline) if baseline and asked.baseline else "",
    )


def _baseline(
    asked: Asked, looked: Looked, figures: Figures, known: tuple[OwnedBytes, ...] = ()
) -> tuple[Figures | None, str]:
    if asked.baseline_file is not None:
        found = baselines_in(asked.baseline_file)
        return baseline_of(found, figures.image, asked.baseline_file), ""
    return baseline_image(asked.baseline, looked, known) if asked.baseline else (None, "")


def with_verdict(image: CheckedImage, verdict: Verdict) -> CheckedImage:
    """Add what both images did when they were run, and what was measured meanwhile."""
    baseline = image.baseline and _with_run(image.baseline, verdict.before)
    figures = _with_run(image.figures, verdict.after)
    return replace(image, figures=figures, baseline=baseline, verdict=verdict)


def _with_run(figures: Figures, subject: Subject) -> Figures:
    measured = {Budget.MEMORY: subject.memory, Budget.START_UP: subject.startup_seconds}
    more = {key: Amount.exactly(one) for key, one in measured.items() if one is not None}
    return replace(figures, amounts={**figures.amounts, **more})


def updated(directory: Path, checked: CheckedImage, reason: str) -> list[str]:
    """Write budgets that allow what exceeds them now, each with the reason; give the lines.

    Only budgets that are exceeded change. Raises InputSyntaxError when the settings cannot be
    edited by line.
    """
    lines = []
    for check in checked.checks:
        if check.outcome is not Outcome.OVER or check.amount is None:
            continue
        grown = check.budget is Budget.GROWTH
        budget = GROWING[check.figure] if grown else check.budget
        limit = checked.budgets.get(budget, check.limit)
        value = rounded_up(check.figure, check.amount.high)
        path = directory / limit.origin.file
        text = path.read_bytes().decode("utf-8")
        above = _table_of(text, limit.origin.line)
        day = datetime.now(UTC).date()
        new = with_budget(text, above, budget, value, reason=reason, day=day)
        line = f"{budget.value} = {value}"
        _require_written(new, above, budget, limit.origin.file, line)
        with whole_file(path) as file:
            file.write(new.encode("utf-8"))
        lines.append(f"{limit.origin.file}: {line}")
    return lines


def _table_of(text: str, line: int | None) -> tuple[str | int, ...]:
    """Give the table of budgets that has a limit on a line."""
    found = (path[:-1] for path, place in places(text).items()
             if place.line == line and path[-1] in set(Budget))  # fmt: skip
    return next(found, ("budgets",))


def _require_written(
    text: str, above: tuple[str | int, ...], budget: Budget, file: str, line: str
) -> None:
    try:
        if budget.value in table(read_toml(text, file), *map(str, above)):
            return
        why = "the line would belong to another table"
    except InputSyntaxError as error:
        why = str(error)
    raise InputSyntaxError(
        f"{file} cannot be edited: its budgets are no table of their own",
        why=why,
        hint=f"Write it by hand: {line}",
    )
