"""A plan, and the base images it considered, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jettison.lift.scopes.values import PackageScope, Scope
from jettison.plan.base import BaseCandidate, BaseChoice, ImageFacts
from jettison.plan.plan import FileKind, Finding, Plan, Safety
from jettison.plan.prediction_parts import Part, Prediction, Predictions
from jettison.plan.removal.groups import Unproven
from jettison.plan.removing import unproven_of
from jettison.report import fitted, table
from jettison.values import Basis, Evidence, Size, Skipped, counted, human, sized


def base_table(choice: BaseChoice) -> str:
    """Give one line for each candidate: whether it works, its size, and the verdict."""
    title = f"Base image: {choice.current}"
    if choice.chosen != choice.current:
        title += f" -> {choice.chosen}"
    if not choice.candidates:
        return title
    rows = [
        (
            item.reference,
            item.works.value,
            human(item.predicted.bytes) if item.predicted else "-",
            "chosen" if item.accepted else "rejected",
            item.verdict,
        )
        for item in choice.candidates
    ]
    header = ("candidate", "works", "image", "verdict", "why")
    return "\n".join([title, table(header, rows, right=(2,))])


def base_text(choice: BaseChoice) -> str:
    """Give the table, and below it each candidate with its facts and all evidence."""
    parts = [base_table(choice), *("\n".join(_candidate(item)) for item in choice.candidates)]
    return fitted("\n\n".join(parts)) + "\n"


def _candidate(item: BaseCandidate) -> Iterator[str]:
    yield f"{item.reference}: {'chosen' if item.accepted else 'rejected'}; {item.verdict}"
    for line in _facts(item.facts):
        yield f"  {line}"
    yield f"  base {sized(item.size)}, image {sized(item.predicted)}"
    if item.adds:
        yield f"  to install on it: {', '.join(item.adds)}"
    if item.source_builds:
        yield f"  built from source: {', '.join(item.source_builds)}"
    yield f"  works: {item.works.value}"
    yield from (f"    - {_line(each)}" for each in item.evidence)


def _facts(facts: ImageFacts) -> Iterator[str]:
    target = facts.target
    libc = f"{target.libc} {target.libc_version}, {target.architecture}" if target else ""
    python = f"Python {facts.python}" if facts.python else ""
    yield ", ".join(each for each in (facts.distribution, libc, python) if each) or "not known"
    counted = [
        f"{facts.packages} packages" if facts.packages is not None else "",
        "" if facts.shell is None else ("a shell" if facts.shell else "no shell"),
        f"{facts.setuid} setuid files" if facts.setuid is not None else "",
    ]
    ends = [
        f"{name} until {day.isoformat()}"
        for name, day in (
            ("distribution supported", facts.distribution_ends),
            ("long-term", facts.long_term_ends),
            ("Python", facts.python_ends),
        )
        if day
    ]
    known = [each for each in (*counted, *ends) if each]
    if known:
        yield ", ".join(known)
    if facts.note:
        yield facts.note


def _line(evidence: Evidence) -> str:
    return f"{evidence.message} ({evidence.origin})" if evidence.origin else evidence.message


def prediction_text(found: Predictions) -> str:
    """Give both totals, and what the candidate consists of."""
    before, after = found.before.size, found.after.size
    if before is None or after is None:
        unknown = (*found.before.unknown, *found.after.unknown)
        return f"Predicted size: not known: {unknown[0].what}: {unknown[0].reason}"
    title = f"Predicted size: {human(before.bytes)} -> {_after(found, before, after)}"
    rows = [
        (human(part.size.bytes), part.what, str(part.origin or "")) for part in _large(found.after)
    ]
    lines = [title, table(("bytes", "of", "where"), rows, right=(0,))]
    untold = {item.what: item.reason for item in (*found.before.unknown, *found.after.unknown)}
    lines += [f"  not counted: {what}: {reason}" for what, reason in untold.items()]
    return "\n".join(lines)


def _after(found: Predictions, before: Size, after: Size) -> str:
    """Give the size after the plan, and before it what is expected once the image was read."""
    planned = f"{human(after.bytes)} ({after.bytes / before.bytes - 1:+.0%})"
    more = found.optimized
    if more is None:
        return planned
    shares = f"{more.high / before.bytes - 1:+.0%} to {more.low / before.bytes - 1:+.0%}"
    return (
        f"{human(more.low)} to {human(more.high)} ({shares}) by `jettison optimize`,\n"
        "which builds the image, reads it and removes what nothing reaches; "
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


def plan_text(plan: Plan, *, diff: bool = False) -> str:
    """Give the whole plan; with ``diff`` the changes of every file at the end."""
    parts = [
        f"Plan for {_named(plan)} at -O{plan.level}",
        base_table(plan.base_as_planned),
        _requirements(plan),
        _packages(plan),
        findings_text(plan.findings),
        unproven_text(unproven_of(plan)),
        prediction_text(plan.prediction),
        _left_alone(plan),
        _files(plan),
    ]
    text = fitted("\n\n".join(part for part in parts if part)) + "\n"
    return "\n".join((text, diff_text(plan))) if diff else text


def diff_text(plan: Plan) -> str:
    """Give the changes of every file."""
    return "\n\n".join(change.diff().rstrip("\n") for change in plan.files) + "\n"


def _named(plan: Plan) -> str:
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


def evidence_line(evidence: Evidence) -> str:
    """Write one piece of evidence with the place it was seen."""
    return f"{evidence.message} ({evidence.origin})" if evidence.origin else evidence.message


def _evidence_lines(evidence: tuple[Evidence, ...]) -> list[str]:
    lines = [evidence_line(item) for item in evidence[:SHOWN_EVIDENCE]]
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
    counts = ", ".join(
        f"{sum(item.scope is scope for item in plan.requirements)} {scope.value}" for scope in Scope
    )
    rows = [
        (
            item.scope.value,
            f"{item.name}{item.specifier}",
            str(item.origin),
            sized(item.size),
            evidence_line(item.evidence[0]) if item.evidence else "",
        )
        for item in plan.requirements
        if item.misplaced or (item.shipped and item.scope is not Scope.RUNTIME)
    ]
    absent = sum(not item.shipped for item in plan.requirements)
    title = f"Requirements: {counts}"
    title += f" ({absent} of them not installed)" if absent else ""
    if not rows:
        return title
    header = ("scope", "requirement", "declared", "brings", "first evidence")
    return "\n".join([title, table(header, rows, right=(3,))])


def _packages(plan: Plan) -> str:
    if not plan.packages:
        return ""
    counts = ", ".join(
        f"{sum(item.scope is scope for item in plan.packages)} {scope.value}"
        for scope in PackageScope
    )
    rows = [
        (
            item.scope.value,
            item.name,
            sized(item.size),
            evidence_line(item.evidence[0]) if item.evidence else "",
        )
        for item in plan.packages
    ]
    header = ("scope", "package", "size", "first evidence")
    return "\n".join([f"System packages: {counts}", table(header, rows, right=(2,))])


def _left_alone(plan: Plan) -> str:
    lines = [f"  {evidence_line(item)}" for item in plan.not_understood]
    more = len(lines) - NOT_UNDERSTOOD
    lines = (
        [*lines[:NOT_UNDERSTOOD], f"  and {more} more; see --format json"] if more > 1 else lines
    )
    text = ["Not understood, kept unchanged:", *lines] if lines else []
    if plan.skipped:
        text += ["Not determined:"]
        text += [f"  {line}" for line in skipped_lines(plan.skipped)]
    return "\n".join(text)


def _files(plan: Plan) -> str:
    if not plan.files:
        return ""
    marks = {FileKind.CREATE: "A", FileKind.MODIFY: "M"}
    rows = [
        f"  {marks[item.kind]} {item.path} ({human(len(item.after.encode()))})"
        for item in plan.files
    ]
    return "\n".join(["Files", *rows])
