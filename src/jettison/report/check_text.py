"""What the gate found, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.assessment import Level, caused
from jettison.assessment.judging import BudgetCheck, CheckedImage, Gate, percent, written
from jettison.formats.budgets import FIGURES, Budget
from jettison.report import fitted, table
from jettison.report.verdict_text import conclusion
from jettison.values import Basis, counted, human

# So many owners that grew are listed, and growth of fewer bytes is not.
_SHOWN, LEAST_SHOWN = 10, 10_000


def check_text(gate: Gate) -> str:
    """Give each image's figures beside baseline and budget, then what exceeds them and why."""
    return fitted("\n\n".join(_image(image) for image in gate.images)) + "\n"


def judgement(image: CheckedImage) -> str:
    """Say in a few words what came of an image."""
    if image.different:
        return "behaves differently"
    if image.over:
        return "over budget"
    return "within budget" if image.budgets else "no budgets"


def figure_rows(image: CheckedImage) -> Iterator[tuple[str, str, str, str, str]]:
    """Give figure, amount, baseline, limit and outcome, as far as each is known."""
    checks: dict[Budget, BudgetCheck] = {
        check.budget: check for check in image.checks if check.budget is not Budget.GROWTH
    }
    before = image.baseline.amounts if image.baseline else {}
    for figure in FIGURES:
        amount, check = image.figures.amounts.get(figure), checks.get(figure)
        if amount is None and check is None:
            continue
        now = written(figure, amount) if amount else "-"
        then = written(figure, before[figure]) if figure in before else "-"
        yield figure.value, now, then, *_limit(check)
    for check in image.checks:
        if check.budget is Budget.GROWTH:
            known = check.before and check.amount
            grown = percent(check.before, check.amount) if check.before and check.amount else "-"
            what = f"growth of {check.figure.value}" if known else "growth"
            yield what, grown, "-", *_limit(check)


def basis_of(image: CheckedImage) -> str:
    """Say how the figures are known."""
    measured = image.figures.basis is Basis.MEASURED
    return "measured" if measured else "predicted from the project's files"


def remarks(image: CheckedImage) -> Iterator[str]:
    """Say what could not be compared, and what is counted as nothing."""
    if image.missing:
        yield f"no baseline: {image.missing}; only absolute budgets apply"
    if image.doubt:
        yield image.doubt
    if Budget.GROWTH in image.budgets and not (image.baseline or image.missing):
        yield "growth is not judged without --baseline or --baseline-file"
    if image.baseline and image.baseline.basis is not image.figures.basis:
        yield "growth is not judged: one side is predicted, the other measured"
    for one in image.figures.unknown:
        place = f" ({one.origin})" if one.origin else ""
        yield f"not counted: {one.what}{place}: {one.reason}"


def _image(image: CheckedImage) -> str:
    rows = list(figure_rows(image))
    header = ("figure", "now", "baseline", "limit", "result")
    parts = [f"{image.figures.image}: {judgement(image)}, {basis_of(image)}"]
    if rows:
        parts.append(table(header, rows, right=(1, 2, 3)))
    if image.verdict:
        parts.append(conclusion(image.verdict))
    told = [f"{one.level.value}: {place}{one.message}" for one in image.problems
            if one.level is not Level.NOTE
            for place in [f"{one.origin}: " if one.origin else ""]]  # fmt: skip
    parts += ["\n".join(told)] if told else []
    grown = [one for one in image.growth if one.bytes >= LEAST_SHOWN][:_SHOWN]
    if grown:
        growth = [(human(one.bytes), str(one.origin or "-"), caused(one)) for one in grown]
        text = table(("grew by", "declared in", "what"), growth, right=(0,))
        more = len(image.growth) - len(grown)
        parts.append(text + (f"\nand {counted(more, 'more owner')}" if more else ""))
    notes = [f"note: {one}" for one in remarks(image)]
    findings = sum(one.level is Level.NOTE for one in image.problems)
    if findings:
        what = counted(findings, "finding")
        notes.append(f"note: {what} of the plan; `jettison plan` lists what it would change")
    parts += ["\n".join(notes)] if notes else []
    return "\n\n".join(parts)


def _limit(check: BudgetCheck | None) -> tuple[str, str]:
    if check is None:
        return "-", ""
    reason = f": {check.reason}" if check.reason else ""
    return check.limit.text, f"{check.outcome.value}{reason}"
