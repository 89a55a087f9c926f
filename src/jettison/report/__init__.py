"""Results for people and programs; a module ``KIND_FORMAT`` is a format of a kind of result."""

from __future__ import annotations

import importlib
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from itertools import zip_longest

from jettison.values import Size, counted, human, sized

# Columns of a terminal that a report fits in.
WIDTH = 100
_LEAST = 24
_LONGEST_WORD = 60
DIGEST = re.compile(r"(sha256:[0-9a-f]{8})[0-9a-f]{56}")
# So many optimizations a summary shows, and so many columns a bar has.
_LARGEST, _BAR = 5, 48
SAVING = ("optimization", "saves", "what")
_NO_CHANGE = "No rule changes anything."
# Formats that share a module, and are not called as it is.
_HOMES = {
    "audit_cyclonedx": "vex",
    "audit_openvex": "vex",
    "audit_text": "result_text",
    "base_text": "why_text",
    "check_github": "ci_formats",
    "check_gitlab": "ci_formats",
    "check_junit": "ci_formats",
    "check_markdown": "checked",
    "check_sarif": "ci_formats",
    "check_text": "checked",
    "comparison_text": "inspection_text",
    "fleet_html": "fleet",
    "fleet_text": "fleet",
    "imports_text": "verdict_text",
    "inspection_html": "treemaps",
    "result_html": "treemaps",
}
_FORMATS = ("text", "json")


def formats_of(kind: str) -> tuple[str, ...]:
    """Name the formats of a kind of result, the default first."""
    modules = (file.name.removesuffix(".py") for file in files(__package__).iterdir())
    names = (name.rpartition("_") for name in (*modules, *_HOMES))
    own = sorted(form for start, _, form in names if start == kind)
    return tuple(dict.fromkeys((*_FORMATS, *own)))


def rendered(kind: str, form: str, *values: object, **options: object) -> str:
    """Write a result in a format; ``options`` are of those that people read."""
    if form == "json":
        documents = importlib.import_module("jettison.report.documents")
        document = getattr(documents, f"{kind}_document")(*values)
        return json.dumps(document, indent=2) + "\n"
    name = f"{kind}_{form}"
    module = importlib.import_module(f"jettison.report.{_HOMES.get(name, name)}")
    text: str = getattr(module, name)(*values, **options)
    return text


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()
) -> str:
    """Lay out rows under a header in aligned columns; ``right`` lists right-aligned columns.

    Where a line would not fit, the last column is wrapped, then the widest of the other texts;
    digests are cut to their beginning. A very long word of the last column may reach beyond.
    """
    lines = [list(header), *[[DIGEST.sub(r"\1…", cell) for cell in row] for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    texts = [column for column in range(len(header)) if column not in right]
    last = len(header) - 1
    for column in (last, *sorted(texts, key=lambda one: -widths[one])):
        over = sum(widths) + 2 * last - WIDTH
        words = [word for line in lines for word in line[column].split()]
        longest = max(map(len, words), default=0)
        longest = min(longest, _LONGEST_WORD) if column == last else longest
        least = min(widths[column], max(_LEAST, longest))
        widths[column] = max(least, widths[column] - max(0, over))

    def laid_out(line: Sequence[str]) -> Iterator[str]:
        wrapped = (_wrapped(cell, max(1, width)) for cell, width in zip(line, widths, strict=True))
        for cells in zip_longest(*(each or [""] for each in wrapped), fillvalue=""):
            yield "  ".join(
                cell.rjust(width) if column in right else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ).rstrip()

    first, *others = [text for line in lines for text in laid_out(line)]
    return "\n".join([first, "  ".join("-" * width for width in widths), *others])


def bars(sizes: Iterable[tuple[str, int]]) -> str:
    """Draw a line for each name and its bytes, the largest over the whole width."""
    rows = list(sizes)
    largest = max((size for _, size in rows), default=0) or 1
    width = max(len(name) for name, _ in rows)
    return "\n".join(
        f"{name:<{width}}  {human(size):>8}  {'#' * max(1, round(_BAR * size / largest))}"
        for name, size in rows
    )


def largest(rows: Iterable[tuple[str, Size | None, str]], more: Iterable[str] = ()) -> str:
    """Tabulate what saves the most, with counts of what is not shown; ``more`` are others."""
    found = sorted(rows, key=lambda row: -(row[1].bytes if row[1] else 0))
    shown = [(rule, sized(saving), message) for rule, saving, message in found[:_LARGEST]]
    rest = found[_LARGEST:]
    counts = [*([counted(len(rest), "more optimization")] if rest else []), *more]
    text = table(SAVING, shown, right=(1,)) if shown else _NO_CHANGE
    return "\n".join((text, *([f"and {', '.join(counts)}"] if counts else [])))


def fitted(text: str) -> str:
    """Wrap lines that are longer than a terminal is wide; what follows is indented below."""
    return "\n".join(part for line in text.split("\n") for part in _fitting(line))


def _fitting(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    margin = " " * (len(line) - len(line.lstrip(" -0123456789.")) + (not line.startswith(" ")) * 2)
    return _wrapped(line, WIDTH, margin)


def _wrapped(text: str, width: int, margin: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False,
        replace_whitespace=False,
    )  # fmt: skip
