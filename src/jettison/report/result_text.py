"""What an optimization came to: both images measured, compared, and each rule's share."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.assessment.audit import Audit, Fate
from jettison.assessment.audit import Finding as Vulnerability
from jettison.contents.measurement import ImageMeasurement
from jettison.plan import Finding, Plan
from jettison.plan.base import COMPOSED
from jettison.plan.prediction_parts import Predictions
from jettison.plan.removing import TOLD
from jettison.plan.system_leaving import left_in
from jettison.report import SAVING, bars, fitted, largest, table
from jettison.report.plan_text import diff_text, plan_text, to_review
from jettison.report.verdict_text import conclusion, differences_text, verdict_text
from jettison.values import Size, counted, human, sized
from jettison.verify import Subject, Verdict


class Ablation(Struct, frozen=True, kw_only=True):
    """What one rule is worth: the bytes that the image after has more without it.

    None when the image cannot be built without the rule, because another one relies on it.
    """

    rule: str
    saving: Size | None


class Result(Struct, frozen=True, kw_only=True):
    """The plan, what was built from it, and whether it behaves the same.

    ``development`` is the image of ``Dockerfile.dev``; ``ablations`` are there when asked for.
    ``reference`` is empty, or says what ``before`` is where the original could not be built;
    ``base`` then names the base of both images, and ``predictions`` are of images on it. ``audit``
    is there when advisories were given.
    """

    plan: Plan
    engine: str
    before: ImageMeasurement
    after: ImageMeasurement
    development: ImageMeasurement | None
    verdict: Verdict
    ablations: tuple[Ablation, ...] = ()
    reference: str = ""
    base: str = ""
    predictions: Predictions | None = None
    audit: Audit | None = None

    @property
    def predicted(self) -> Predictions:
        """What was said of both images before they were built."""
        return self.predictions or self.plan.prediction

    @property
    def saved(self) -> int:
        """Bytes that the image after is smaller."""
        return self.before.size.bytes - self.after.size.bytes


# So many lines say what is left in the image.
SHOWN = 10
SHOWN_IN_SHORT = 3

NOT_BEFORE = """
Building the original image needs an engine, because its Dockerfile runs programs. The baseline here
is the same image with nothing removed: every requirement with all its files, and the whole build
context."""
COMPOSED_BASE = """
Both use the minimal base, built from Debian packages as in `jettison build`. An engine builds the
Dockerfile on {base}."""


def result_text(result: Result, *, where: str, diff: bool = False, verbose: bool = False) -> str:
    """Give the verdict, both sizes and the largest savings; ``verbose`` gives everything.

    ``where`` says where the optimized files are, or how to take them.
    """
    parts = _whole(result) if verbose else _short(result)
    text = fitted("\n\n".join(part for part in (*parts, where) if part)) + "\n"
    return "\n".join((text, diff_text(result.plan))) if diff else text


def _short(result: Result) -> list[str]:
    return [
        conclusion(result.verdict),
        _bars(result),
        largest(savings(result), to_review(result.plan)),
        _largest_left(result),
        differences_text(result.verdict),
        summary_text(result.audit) if result.audit else "",
        "details: --verbose (every check, the evidence, what is kept), --diff, --format json",
    ]


def _whole(result: Result) -> list[str]:
    return [
        plan_text(result.plan, verbose=True).rstrip("\n"),
        verdict_text(result.verdict).rstrip("\n"),
        _images(result),
        _changes(result),
        _left_in(result),
        audit_text(result.audit).rstrip("\n") if result.audit else "",
        _advice(result),
    ]


def _bars(result: Result) -> str:
    """Draw both sizes, and name what else was measured."""
    images = ((result.reference or "before", result.before), ("after", result.after))
    pairs = {
        "compressed": [human(image.compressed_size.bytes) for _, image in images],
        "start-up": [_seconds(result.verdict.before), _seconds(result.verdict.after)],
        "memory": [_memory(result.verdict.before), _memory(result.verdict.after)],
    }
    measured = [f"{name} {' -> '.join(pair)}" for name, pair in pairs.items() if "-" not in pair]
    drawn = bars((name, image.size.bytes) for name, image in images)
    return "\n".join((drawn, summary(result), ", ".join(measured)))


def savings(result: Result) -> Iterator[tuple[str, Size | None, str]]:
    """Give each optimization, what it saves, measured where it was, and what it does."""
    measured = {item.rule: item.saving for item in result.ablations}
    for finding in result.plan.findings:
        if finding.applied:
            yield finding.rule, measured.pop(finding.rule, finding.saving), finding.message


def _changes(result: Result) -> str:
    rows = [(rule, sized(saving), message) for rule, saving, message in savings(result)]
    return table(SAVING, rows, right=(1,)) if rows else ""


def _images(result: Result) -> str:
    header, rows = compared_figures(result)
    right = tuple(range(1, len(header)))
    return table(header, rows, right=right) + f"\n\n{summary(result)}"


def compared_figures(result: Result) -> tuple[list[str], list[list[str]]]:
    """Give the measured figures of the images as the header and the rows of a table."""
    columns = [result.before, result.after]
    header = ["", result.reference or "before", "after"]
    if result.development:
        columns.append(result.development)
        header.append("development")
    size, *rows = _figures(columns)
    rows = [size, ["predicted size", *_predicted(result), *[""] * (len(columns) - 2)], *rows]
    subjects = (result.verdict.before, result.verdict.after)
    blanks = [""] * (len(columns) - len(subjects))
    rows.append(["start-up to healthy", *(_seconds(item) for item in subjects), *blanks])
    rows.append(["memory at rest", *(_memory(item) for item in subjects), *blanks])
    return header, rows


def summary(result: Result) -> str:
    """Say how much less it is, how that was measured, and what the baseline is."""
    share = 100 * result.saved / result.before.size.bytes
    said = f"{human(result.saved)} less ({share:.0f} %), measured with {result.engine}"
    if result.reference:
        said += NOT_BEFORE
    if result.base == COMPOSED:
        said += COMPOSED_BASE.format(base=result.plan.stage.base)
    return said


def _left_in(result: Result) -> str:
    """What stays in the image and why, the largest first."""
    left = left_in(result.plan)
    shown = [row for row in left if row.bytes >= TOLD][:SHOWN]
    if not shown:
        return ""
    whole = sum(row.bytes for row in left)
    rows = [(human(row.bytes), row.what, row.why) for row in shown]
    return f"kept: {human(whole)}\n{table(('size', 'what', 'because'), rows, right=(0,))}"


def _largest_left(result: Result) -> str:
    """What most of the image is and why it stays, in a sentence."""
    shown = [row for row in left_in(result.plan) if row.bytes >= TOLD][:SHOWN_IN_SHORT]
    named = (f"{row.what} {human(row.bytes)} ({row.why})" for row in shown)
    return f"largest kept: {', '.join(named)}" if shown else ""


def _predicted(result: Result) -> list[str]:
    """What the plan said of each image, and how far that was from what was built."""
    prediction = result.predicted
    pairs = ((prediction.before, result.before), (prediction.after, result.after))
    return [_held_against(predicted.size, built.size) for predicted, built in pairs]


def _held_against(predicted: Size | None, built: Size) -> str:
    if predicted is None:
        return "-"
    return f"{human(predicted.bytes)} ({100 * (predicted.bytes / built.bytes - 1):+.1f} %)"


def _figures(images: list[ImageMeasurement]) -> Iterator[list[str]]:
    yield ["size", *(human(item.size.bytes) for item in images)]
    yield ["compressed size", *(human(item.compressed_size.bytes) for item in images)]
    yield ["layers", *(str(len(item.layers)) for item in images)]
    yield ["files", *(str(item.files) for item in images)]
    yield ["Python packages", *(str(len(item.distributions)) for item in images)]
    yield ["Debian packages", *(str(len(item.debian_packages)) for item in images)]
    yield ["setuid files", *(str(len(item.setuid_files)) for item in images)]
    yield ["user", *(item.user or "root" for item in images)]


def _seconds(subject: Subject) -> str:
    return "-" if subject.startup_seconds is None else f"{subject.startup_seconds:.2f} s"


def _memory(subject: Subject) -> str:
    return "-" if subject.memory is None else human(subject.memory)


def _advice(result: Result) -> str:
    advice = [item for item in result.plan.findings if not item.applied]
    return "\n".join(["Needs review", *(_advised(item) for item in advice)]) if advice else ""


def _advised(finding: Finding) -> str:
    place = finding.evidence[0].origin if finding.evidence else None
    return f"  - {finding.message}{f' ({place})' if place else ''}"


_TITLES = {
    Fate.PRESENT: "present",
    Fate.NEW: "new in the candidate",
    Fate.CODE_REMOVED: "present, without the file that the advisory names",
    Fate.UPDATED: "gone: another release",
    Fate.REMOVED: "gone: the component was removed",
}
_HEADERS = {
    Fate.PRESENT: "removed by",
    Fate.NEW: "removed by",
    Fate.CODE_REMOVED: "removed file",
    Fate.UPDATED: "now",
    Fate.REMOVED: "because",
}


def audit_text(audit: Audit) -> str:
    """Give what is present first, with what would remove it, then what was removed and why."""
    parts = [summary_text(audit), *_by_fate(audit)]
    parts += [f"note: {one.what} not matched: {one.reason}" for one in audit.skipped]
    return fitted("\n\n".join(parts)) + "\n"


def summary_text(audit: Audit) -> str:
    """Say how many are there, how many left, and what was matched."""
    counts = audit.counts
    there = counts[Fate.PRESENT] + counts[Fate.NEW] + counts[Fate.CODE_REMOVED]
    gone = counts[Fate.REMOVED] + counts[Fate.UPDATED]
    lines = [f"{audit.image}: {counted(there, 'known vulnerability', 'known vulnerabilities')}"]
    if audit.before:
        fresh = f", {counts[Fate.NEW]} new" if counts[Fate.NEW] else ""
        lines[0] += f"; gone from {audit.before}: {gone}{fresh}"
    newest = f", the newest of {audit.newest}" if audit.newest else ""
    newest += f", fetched on {audit.fetched}" if audit.fetched else ""
    ecosystems = ", ".join(audit.ecosystems)
    lines.append(
        f"{counted(audit.components, 'component')} matched with "
        f"{counted(audit.advisories, 'advisory', 'advisories')} of {ecosystems}{newest}"
    )
    return "\n".join(lines)


def _by_fate(audit: Audit) -> Iterator[str]:
    for fate in Fate:
        found = [one for one in audit.findings if one.fate is fate]
        if found:
            header = ("advisory", "severity", "component", _HEADERS[fate])
            yield f"{_TITLES[fate]}: {len(found)}\n{table(header, map(_vulnerability, found))}"


def _vulnerability(finding: Vulnerability) -> tuple[str, str, str, str]:
    component = f"{finding.component.name} {finding.component.version}"
    return finding.names[0], finding.severity or "-", component, _fate_of(finding)


def _fate_of(finding: Vulnerability) -> str:
    """Give what would remove it, or why it is gone."""
    if finding.fate is Fate.UPDATED:
        return finding.now
    if finding.fate is Fate.REMOVED:
        return "not in the candidate"
    if finding.fate is Fate.CODE_REMOVED:
        return f"{', '.join(finding.files)}: {finding.source}"
    return finding.advice
