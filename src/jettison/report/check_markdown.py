"""What the gate found, as Markdown for summaries of jobs and comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.assessment import Growth, Level
from jettison.assessment.judging import CheckedImage, Gate, percent
from jettison.formats.budgets import Budget
from jettison.report.check_text import LEAST_SHOWN, basis_of, figure_rows, judgement, remarks
from jettison.values import counted, human, printable

# A comment may have 65,536 characters, most of which could be of four bytes.
MOST_BYTES = 60_000
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
    left = MOST_BYTES - sum(len(part.encode()) + 2 for part in parts)
    for number, image in enumerate(images):
        text = _image(image, folded=len(images) > 1)
        left -= len(text.encode()) + 2
        if left < 0:
            parts.append(f"{counted(len(images) - number, 'more image')}: see the JSON report.")
            break
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def _headline(gate: Gate) -> str:
    if len(gate.images) == 1:
        (image,) = gate.images
        return f"{judgement(image)}{_change(image)}, {_cell(image.figures.image)}"
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


def _image(image: CheckedImage, *, folded: bool) -> str:
    parts = [*_figures(image), *_problems(image), *_growth(image), *_verdict(image)]
    parts += [f"*{_cell(one)}*" for one in remarks(image)][:_ROWS]
    parts += _notes(image)
    if not folded:
        return "\n\n".join(parts)
    opened = " open" if image.over or image.different else ""
    title = f"{_cell(image.figures.image)}: {judgement(image)}{_change(image)}"
    return "\n\n".join([f"<details{opened}><summary>{title}</summary>", *parts, "</details>"])


def _figures(image: CheckedImage) -> Iterator[str]:
    rows = [
        [*row[:4], f"**{row[4]}**" if row[4] == "over" else _cell(row[4])]
        for row in figure_rows(image)
    ]
    if rows:
        header = (f"figure, {basis_of(image)}", "now", "baseline", "limit", "result")
        yield _table(header, rows, "lrrrl")


def _problems(image: CheckedImage) -> Iterator[str]:
    told = [one for one in image.problems if one.level is Level.ERROR]
    if told:
        yield "\n".join(
            f"- {f'`{one.origin}`: ' if one.origin else ''}{_cell(one.message)}"
            for one in told[:_ROWS]
        )


def _growth(image: CheckedImage) -> Iterator[str]:
    grown = [one for one in image.growth if one.bytes >= LEAST_SHOWN][:_ROWS]
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
