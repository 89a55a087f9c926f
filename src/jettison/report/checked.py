"""What the gate found, for people: for a terminal, and as Markdown for jobs and comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.assessment import Growth, Level, caused
from jettison.assessment.judging import BudgetCheck, CheckedImage, Gate, percent, written
from jettison.formats.budgets import FIGURES, Budget
from jettison.report import fitted, table
from jettison.report.verdict_text import conclusion
from jettison.values import Basis, counted, human, printable

# So many owners that grew are listed, and growth of fewer bytes is not.
_SHOWN, _LEAST_SHOWN = 10, 10_000


def check_text(gate: Gate) -> str:
    """Give each image's figures beside baseline and budget, then what exceeds them and why."""
    return fitted("\n\n".join(_image_text(image) for image in gate.images)) + "\n"


def _judgement(image: CheckedImage) -> str:
    """Say in a few words what came of an image."""
    if image.different:
        return "behaves differently"
    if image.over:
        return "over budget"
    return "within budget" if image.budgets else "no budgets"


def _figure_rows(image: CheckedImage) -> Iterator[tuple[str, str, str, str, str]]:
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


def _basis_of(image: CheckedImage) -> str:
    """Say how the figures are known."""
    measured = image.figures.basis is Basis.MEASURED
    return "measured" if measured else "predicted from the project's files"


def _remarks(image: CheckedImage) -> Iterator[str]:
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


def _image_text(image: CheckedImage) -> str:
    rows = list(_figure_rows(image))
    header = ("figure", "now", "baseline", "limit", "result")
    parts = [f"{image.figures.image}: {_judgement(image)}, {_basis_of(image)}"]
    if rows:
        parts.append(table(header, rows, right=(1, 2, 3)))
    if image.verdict:
        parts.append(conclusion(image.verdict))
    told = [f"{one.level.value}: {place}{one.message}" for one in image.problems
            if one.level is not Level.NOTE
            for place in [f"{one.origin}: " if one.origin else ""]]  # fmt: skip
    parts += ["\n".join(told)] if told else []
    grown = [one for one in image.growth if one.bytes >= _LEAST_SHOWN][:_SHOWN]
    if grown:
        growth = [(human(one.bytes), str(one.origin or "-"), caused(one)) for one in grown]
        text = table(("grew by", "declared in", "what"), growth, right=(0,))
        more = len(image.growth) - len(grown)
        parts.append(text + (f"\nand {counted(more, 'more owner')}" if more else ""))
    notes = [f"note: {one}" for one in _remarks(image)]
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


# A comment may have 65,536 characters, most of which could be of four bytes.
_MOST_BYTES = 60_000
# So many rows a table has.
_ROWS, _MEMBERS = 20, 5
_ESCAPED = str.maketrans(
    {"|": "\\|", "<": "&lt;", ">": "&gt;", "`": "&#96;", "@": "&#64;", "[": "\\[", "]": "\\]",
     "*": "\\*", "_": "\\_", "\n": " ", "\r": " "}
)  # fmt: skip


def check_markdown(gate: Gate) -> str:
    """Give the worst image first and the largest changes first; images of several are folded."""
    images = sorted(gate.images, key=lambda one: (not one.different, not one.over))
    parts = [f"### Jettison: {_headline(gate)}"]
    left = _MOST_BYTES - sum(len(part.encode()) + 2 for part in parts)
    for number, image in enumerate(images):
        text = _image_markdown(image, folded=len(images) > 1)
        left -= len(text.encode()) + 2
        if left < 0:
            parts.append(f"{counted(len(images) - number, 'more image')}: see the JSON report.")
            break
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def _headline(gate: Gate) -> str:
    if len(gate.images) == 1:
        (image,) = gate.images
        return f"{_judgement(image)}{_change(image)}, {_cell(image.figures.image)}"
    bad = sum(one.over or one.different for one in gate.images)
    return f"{bad} of {len(gate.images)} images fail" if bad else "every image is within budget"


def _change(image: CheckedImage) -> str:
    """Say how much the first figure that both have has changed."""
    before, now = image.baseline.amounts if image.baseline else {}, image.figures.amounts
    for figure in (Budget.SIZE, Budget.COMPRESSED):
        if figure in before and figure in now:
            difference = round(now[figure].low - before[figure].low)
            sign = "+" if difference >= 0 else ""
            return f", {sign}{human(difference)} ({percent(before[figure], now[figure])})"
    return ""


def _image_markdown(image: CheckedImage, *, folded: bool) -> str:
    parts = [*_figures(image), *_problems(image), *_growth(image), *_verdict(image)]
    parts += [f"*{_cell(one)}*" for one in _remarks(image)][:_ROWS]
    parts += _notes(image)
    if not folded:
        return "\n\n".join(parts)
    opened = " open" if image.over or image.different else ""
    title = f"{_cell(image.figures.image)}: {_judgement(image)}{_change(image)}"
    return "\n\n".join([f"<details{opened}><summary>{title}</summary>", *parts, "</details>"])


def _figures(image: CheckedImage) -> Iterator[str]:
    rows = [
        [*row[:4], f"**{row[4]}**" if row[4] == "over" else _cell(row[4])]
        for row in _figure_rows(image)
    ]
    if rows:
        header = (f"figure, {_basis_of(image)}", "now", "baseline", "limit", "result")
        yield _table(header, rows, "lrrrl")


def _problems(image: CheckedImage) -> Iterator[str]:
    told = [one for one in image.problems if one.level is Level.ERROR]
    if told:
        yield "\n".join(
            f"- {f'`{one.origin}`: ' if one.origin else ''}{_cell(one.message)}"
            for one in told[:_ROWS]
        )


def _growth(image: CheckedImage) -> Iterator[str]:
    grown = [one for one in image.growth if one.bytes >= _LEAST_SHOWN][:_ROWS]
    if grown:
        rows = [
            [f"+{human(one.bytes)}", _cell(one.name), _members(one), f"`{one.origin or '-'}`"]
            for one in grown
        ]
        yield _table(("grew by", "what", "of which", "declared in"), rows, "rlll")
    if len(image.growth) > len(grown) > 0:
        yield f"and {counted(len(image.growth) - len(grown), 'more owner')}"


def _members(growth: Growth) -> str:
    if len(growth.members) == 1:
        return _cell(growth.members[0].version)
    named = [
        f"{one.name} {one.version} {human(one.bytes)}".replace("  ", " ")
        for one in growth.members[:_MEMBERS]
    ]
    more = len(growth.members) - _MEMBERS
    return _cell(", ".join([*named, *([f"{more} more"] if more > 0 else [])]))


def _verdict(image: CheckedImage) -> Iterator[str]:
    if image.verdict:
        rows = [[check.name, check.outcome.value, _cell(check.message)]
                for check in image.verdict.checks]  # fmt: skip
        title = f"<details><summary>{counted(len(rows), 'check')} of behaviour</summary>"
        table = _table(("check", "result", "what"), rows, "lll")
        yield "\n\n".join([title, table, "</details>"])


def _notes(image: CheckedImage) -> Iterator[str]:
    notes = [one for one in image.problems if one.level is Level.NOTE]
    if notes:
        rows = [
            [f"`{one.rule}`", human(one.bytes) if one.bytes else "-", _cell(one.message)]
            for one in notes[:_ROWS]
        ]
        title = f"<details><summary>{counted(len(notes), 'finding')} of the plan</summary>"
        yield "\n\n".join([title, _table(("rule", "saves", "what"), rows, "lrl"), "</details>"])


def _table(header: Iterable[str], rows: Iterable[Iterable[str]], sides: str) -> str:
    marks = ("---:" if side == "r" else "---" for side in sides)
    lines = (header, marks, *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Write somebody's text so that Markdown shows it and obeys nothing of it."""
    return printable(text).translate(_ESCAPED)
