"""A plan as text: in short, or whole with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from jettison.lift.scopes import PackageScope, PlannedPackage, Scope
from jettison.plan import FileChange, FileKind, Finding, Plan, PlannedRequirement, Safety
from jettison.plan.prediction_parts import Part, Prediction, Predictions
from jettison.plan.removal.listing import Unproven
from jettison.plan.removing import TOLD, unproven_of
from jettison.report import bars, fitted, largest, table
from jettison.report.why_text import base_table, base_title
from jettison.values import OWN_FOLDER, Basis, Evidence, Size, Skipped, counted, human, sized

# How many things of one kind are named that are not counted.
UNTOLD = 3


def prediction_text(found: Predictions) -> str:
    """Give both totals, and what the candidate consists of."""
    before, after = found.before.size, found.after.size
    if before is None or after is None:
        unknown = (*found.before.unknown, *found.after.unknown)
        return f"Predicted size: not known: {unknown[0].what}: {unknown[0].reason}"
    rows = [
        (human(part.size.bytes), part.what, str(part.origin or "")) for part in _large(found.after)
    ]
    lines = [_title(found, before, after), table(("bytes", "of", "where"), rows, right=(0,))]
    untold = {item.what: item.reason for item in (*found.before.unknown, *found.after.unknown)}
    for reason in dict.fromkeys(untold.values()):
        what = [name for name, why in untold.items() if why == reason]
        more = f" and {len(what) - UNTOLD} more" if len(what) > UNTOLD + 1 else ""
        shown = ", ".join(what[:UNTOLD] if more else what)
        lines.append(f"  not counted: {shown}{more}: {reason}")
    return "\n".join(lines)


def _title(found: Predictions, before: Size, after: Size) -> str:
    least = found.before.least
    return f"Predicted size: {least}{human(before.bytes)} -> {least}{_after(found, before, after)}"


def _after(found: Predictions, before: Size, after: Size) -> str:
    """Give the size after the plan, and before it what is expected once the image was read."""
    planned = f"{human(after.bytes)} ({after.bytes / before.bytes - 1:+.0%})"
    more = found.optimized
    if more is None:
        return planned
    shares = f"{more.high / before.bytes - 1:+.0%} to {more.low / before.bytes - 1:+.0%}"
    return (
        f"{human(more.low)} to {human(more.high)} ({shares}) by `jettison optimize`,\n"
        "which builds the image, reads it and removes unreachable files; "
        f"{planned} by this plan alone"
    )


def _large(found: Prediction) -> list[Part]:
    """The parts that make a difference, the largest first."""
    total = sum(part.size.bytes for part in found.parts)
    seen = [part for part in found.parts if part.size.bytes * 1000 >= total]
    return sorted(seen, key=lambda part: -part.size.bytes)


DISTRIBUTION = "the distribution "
SHOWN = 4


_KINDS = {
    DISTRIBUTION: ("distribution", "distributions"),
    "the exact version of ": ("exact version", "exact versions"),
}


def skipped_lines(found: Iterable[Skipped]) -> list[str]:
    """Give a line for each thing, and one for all distributions with the same reason."""
    lines: list[str] = []
    alike: dict[tuple[str, str], list[str]] = {}
    for item in found:
        kind = next((each for each in _KINDS if item.what.startswith(each)), "")
        if not kind:
            lines.append(f"{item.what}: {item.reason}")
            continue
        name = item.what.removeprefix(kind)
        alike.setdefault((kind, item.reason.replace(name, "each", 1)), []).append(name)
    for (kind, reason), names in alike.items():
        more = len(names) - SHOWN
        listed = ", ".join([*names[:SHOWN], *([f"{more} more"] if more > 0 else [])])
        said = reason if len(names) > 1 else reason.replace("each", names[0], 1)
        lines.append(f"{counted(len(names), *_KINDS[kind])} ({listed}): {said}")
    return lines


SHOWN_UNPROVEN = 8


def unproven_text(found: Sequence[Unproven]) -> str:
    """Give the heaviest, each with its reason; empty when everything that stays is used."""
    if not found:
        return ""
    total = human(sum(one.bytes for one in found))
    files = sum(one.files for one in found)
    rows = [
        (human(one.bytes), str(one.files), one.distribution, one.reason)
        for one in found[:SHOWN_UNPROVEN]
    ]
    lines = [
        f"Kept, not shown to be unused: {files} files ({total})",
        table(("bytes", "files", "of", "why"), rows, right=(0, 1)),
    ]
    if len(found) > SHOWN_UNPROVEN:
        lines.append(
            f"and {len(found) - SHOWN_UNPROVEN} more; see --format json, or `jettison why PATH`"
        )
    return "\n".join(lines)


SHOWN_EVIDENCE = 3
NOT_UNDERSTOOD = 12
_MARKS = {FileKind.CREATE: "A", FileKind.MODIFY: "M"}


def plan_text(plan: Plan, *, diff: bool = False, verbose: bool = False) -> str:
    """Give both predicted sizes and the largest savings; ``verbose`` gives the whole plan.

    With ``diff`` the changes of every file follow at the end.
    """
    parts = _whole(plan) if verbose else _short(plan)
    text = fitted("\n\n".join(part for part in parts if part)) + "\n"
    return "\n".join((text, diff_text(plan))) if diff else text


def _whole(plan: Plan) -> list[str]:
    return [
        f"Plan for {named(plan)} at -O{plan.level}",
        base_table(plan.base_as_planned),
        _requirements(plan),
        _packages(plan),
        findings_text(plan.findings),
        unproven_text(unproven_of(plan)),
        prediction_text(plan.prediction),
        _left_alone(plan),
        _files(plan),
    ]


def _short(plan: Plan) -> list[str]:
    changed = [one for one in plan.findings if one.applied]
    errors = [one for one in plan.findings if one.error]
    return [
        f"Plan for {named(plan)} at -O{plan.level}: {counted(len(changed), 'optimization')}",
        "\n".join(f"error: {one.message}{_place(one)}" for one in errors),
        "\n".join((base_title(plan.base_as_planned), _sizes(plan.prediction))),
        largest(((one.rule, one.saving, one.message) for one in changed), to_review(plan)),
        _left_alone(plan, SHOWN),
        _files(plan),
        "details: --verbose (bases, requirements, packages, evidence), --diff, --format json",
    ]


def to_review(plan: Plan) -> tuple[str, ...]:
    """Count what needs review, and add up what that would save."""
    left = [one for one in plan.findings if not one.applied]
    saved = sum(one.saving.bytes for one in left if one.saving and one.changes)
    more = f", which could save {human(saved)}" if saved >= TOLD else ""
    return (f"{counted(len(left), 'finding')} to review{more}",) if left else ()


def _place(finding: Finding) -> str:
    origin = finding.evidence[0].origin if finding.evidence else None
    return f" ({origin})" if origin else ""


def _sizes(found: Predictions) -> str:
    before, after = found.before.size, found.after.size
    if before is None or after is None:
        return prediction_text(found)
    drawn = bars((("before", before.bytes), ("after", after.bytes)))
    return "\n".join((_title(found, before, after), drawn))


def diff_text(plan: Plan) -> str:
    """Give the changes of every file."""
    return "\n\n".join(change.diff().rstrip("\n") for change in plan.files) + "\n"


def named(plan: Plan) -> str:
    """The project, with the service that was meant where several images are built."""
    project = plan.original
    services = project.compose.services if project.compose else ()
    images = {(one.build.context, one.build.dockerfile) for one in services if one.build}
    several = project.service and len(images) > 1
    return f"{project.name}, service {project.service}," if several else project.name


def findings_text(findings: Iterable[Finding]) -> str:
    """Number the findings, each with its saving and the first pieces of its evidence."""
    listed = list(findings)
    if not listed:
        return "Nothing to do: no rule has a finding."
    lines = ["Findings"]
    for number, finding in enumerate(listed, 1):
        saving = f"  [{sized(finding.saving)}]" if finding.saving else ""
        review = "  (needs review)" if finding.safety is Safety.REVIEW else ""
        review = "  (an error)" if finding.error else review
        lines.append(f"{number:3}. {finding.rule}: {finding.message}{saving}{review}")
        lines += [f"       - {line}" for line in _evidence_lines(finding.evidence)]
    lines += _total(listed)
    return "\n".join(lines)


def _evidence_lines(evidence: tuple[Evidence, ...]) -> list[str]:
    lines = [str(item) for item in evidence[:SHOWN_EVIDENCE]]
    left = len(evidence) - SHOWN_EVIDENCE
    return [*lines, f"and {left} more; see --format json"] if left > 0 else lines


def _total(findings: list[Finding]) -> list[str]:
    sizes = [item.saving for item in findings if item.saving and item.safety is Safety.SAFE]
    if not sizes:
        return []
    measured = all(size.basis is Basis.MEASURED for size in sizes)
    basis = Basis.MEASURED if measured else Basis.ESTIMATED
    total = Size(bytes=sum(size.bytes for size in sizes), basis=basis)
    return [f"     Together: {sized(total)}"]


def _requirements(plan: Plan) -> str:
    if not plan.requirements:
        return ""
    rows = [
        _row(item, f"{item.name}{item.specifier}")
        for item in plan.requirements
        if item.misplaced or (item.shipped and item.scope is not Scope.RUNTIME)
    ]
    absent = sum(not item.shipped for item in plan.requirements)
    title = f"Requirements: {_counts(plan.requirements, Scope)}"
    title += f" ({absent} of them not installed)" if absent else ""
    if not rows:
        return title
    header = ("scope", "requirement", "brings", "first evidence")
    return "\n".join([title, table(header, rows, right=(2,))])


def _packages(plan: Plan) -> str:
    if not plan.packages:
        return ""
    rows = [_row(item, item.name) for item in plan.packages]
    header = ("scope", "package", "size", "first evidence")
    title = f"System packages: {_counts(plan.packages, PackageScope)}"
    return "\n".join([title, table(header, rows, right=(2,))])


def _counts(
    items: Sequence[PlannedRequirement | PlannedPackage], scopes: Iterable[Scope | PackageScope]
) -> str:
    found = Counter(item.scope for item in items)
    return ", ".join(f"{found[scope]} {scope.value}" for scope in scopes)


def _row(item: PlannedRequirement | PlannedPackage, name: str) -> tuple[str, ...]:
    return (item.scope.value, name, sized(item.size), *map(str, item.evidence[:1] or ("",)))


def _left_alone(plan: Plan, most: int = NOT_UNDERSTOOD) -> str:
    """List what was not understood or not determined, at most so many lines of each."""
    parts = {
        "Not understood, kept unchanged:": [str(item) for item in plan.not_understood],
        "Not determined:": skipped_lines(plan.skipped),
    }
    text: list[str] = []
    for title, lines in parts.items():
        more = len(lines) - most
        shown = [*lines[:most], f"and {more} more; see --format json"] if more > 1 else lines
        text += [title, *(f"  {line}" for line in shown)] if lines else []
    return "\n".join(text)


def _files(plan: Plan) -> str:
    """Name the files that change; those of Jettison's own folders together."""
    if not plan.files:
        return ""
    rows: list[str] = []
    own: dict[str, list[FileChange]] = {}
    for item in plan.files:
        before, folder, _ = item.path.rpartition(f"{OWN_FOLDER}/")
        if folder:
            own.setdefault(before + folder, []).append(item)
        else:
            rows.append(f"  {_MARKS[item.kind]} {item.path} ({_size(item)})")
    rows += [
        f"  A {folder} ({counted(len(items), 'file')}, {_size(*items)})"
        for folder, items in own.items()
    ]
    return "\n".join(["Files", *rows])


def _size(*items: FileChange) -> str:
    return human(sum(len(item.after.encode()) for item in items))
