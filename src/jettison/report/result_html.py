"""What an optimization came to, as one HTML file: verdict, sizes, treemaps, plan and diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from jettison.contents.measurement import ImageMeasurement
from jettison.contents.stored_files import OwnerKind
from jettison.plan import FileChange, FileKind
from jettison.plan.system_leaving import left_in
from jettison.report.page import Area, page, tabulated
from jettison.report.plan_text import named
from jettison.report.result_text import Result, compared_figures, savings, summary
from jettison.report.verdict_text import conclusion
from jettison.values import human, sized
from jettison.verify import CheckResult, Outcome

# What Debian declares counts documentation that images leave out.
_NAMES = {
    OwnerKind.DISTRIBUTION: "distributions",
    OwnerKind.DEBIAN_PACKAGE: "Debian packages, by the size that they declare",
}
_MARKS = {"+": "add", "-": "gone"}


def result_html(result: Result, *, where: str, diff: bool = True, verbose: bool = True) -> str:
    """Give the page, which always has all of it; it loads nothing and runs from disk."""
    del diff, verbose
    before = result.reference or "before"
    images = {before.capitalize(): result.before, "After": result.after}
    return page(
        title=f"{named(result.plan)} at -O{result.plan.level}",
        heading=where,
        summary=_summary(result, images),
        views={name: _contents(name, image) for name, image in images.items()},
        legend=((kind.value, name) for kind, name in _NAMES.items()),
        sections=_sections(result, before),
    )


def _summary(result: Result, images: dict[str, ImageMeasurement]) -> str:
    verdict = result.verdict
    kind = "good" if verdict.equivalent else "bad" if verdict.differences else ""
    largest = max(image.size.bytes for image in images.values()) or 1
    bars = "\n".join(
        f"<span>{escape(name)}</span><b>{human(image.size.bytes)}</b>"
        f'<i style="width:{100 * image.size.bytes / largest:.1f}%"></i>'
        for name, image in images.items()
    )
    return (
        f'<p class="verdict {kind}">{escape(conclusion(verdict))}</p>\n'
        f'<div class="bars">\n{bars}\n</div>\n<p>{escape(summary(result))}</p>'
    )


def _contents(name: str, image: ImageMeasurement) -> Area:
    """Nest what lists of software know of an image; what they do not is the rest."""
    distributions = _kind(
        OwnerKind.DISTRIBUTION,
        ((f"{one.name} {one.version}", one.size.bytes) for one in image.distributions),
    )
    packages = _kind(
        OwnerKind.DEBIAN_PACKAGE,
        ((f"{one.name} {one.version}", one.size.bytes) for one in image.debian_packages),
    )
    known = distributions.size + packages.size
    size = max(0, image.size.bytes - known)
    rest = Area(name="interpreter, application and all else", size=size)
    parts = sorted((distributions, packages, rest), key=lambda part: -part.size)
    return Area.of(name, parts)


def _kind(kind: OwnerKind, sizes: Iterable[tuple[str, int]]) -> Area:
    ordered = sorted(sizes, key=lambda pair: -pair[1])
    parts = (Area(name=name, size=size, kind=kind) for name, size in ordered if size)
    return Area.of(_NAMES[kind], parts, kind)


def _sections(result: Result, before: str) -> Iterator[str]:
    header, rows = compared_figures(result)
    yield tabulated("Images", header, rows, right=range(1, len(header)))
    changes = [(rule, sized(saving), message) for rule, saving, message in savings(result)]
    yield tabulated("Optimizations", ("optimization", "saves", "what"), changes, right=(1,))
    advice = [(one.rule, one.message) for one in result.plan.findings if not one.applied]
    if advice:
        yield tabulated("Needs review", ("rule", "what"), advice, right=())
    compared = (
        (one.name, one.outcome.value, one.before, one.after, _message(one))
        for one in result.verdict.checks
    )
    columns = ("check", "result", before, "after", "what was compared")
    yield tabulated("Checks", columns, compared, right=())
    kept = [(human(one.bytes), one.what, one.why) for one in left_in(result.plan)]
    if kept:
        yield tabulated("Kept", ("size", "what", "because"), kept, right=(0,))
    if result.plan.files:
        yield "<h2>Changes of files</h2>"
    yield from map(_diff, sorted(result.plan.files, key=lambda one: one.kind is FileKind.CREATE))


def _message(check: CheckResult) -> str:
    different = check.outcome is Outcome.DIFFERENT
    return "; ".join((check.message, *(check.details if different else ())))


def _diff(change: FileChange) -> str:
    def line(text: str) -> str:
        mark = "" if text.startswith(("+++", "---")) else _MARKS.get(text[:1], "")
        return f'<span class="{mark}">{escape(text)}</span>' if mark else escape(text)

    lines = "\n".join(map(line, change.diff().splitlines()))
    shown = " open" if change.kind is FileKind.MODIFY else ""
    title = f"<summary>{change.kind.value} {escape(change.path)}</summary>"
    return f"<details{shown}>{title}\n<pre>{lines}</pre></details>"
