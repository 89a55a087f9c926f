"""Known vulnerabilities of an image, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.audit.findings import Audit, Fate, Finding
from jettison.report import fitted, table
from jettison.values import counted

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


def audit_text(audit: Audit, *, undecided: bool) -> str:  # noqa: ARG001  # an option of VEX alone
    """Give what is present first, with what would remove it, then what left and why."""
    parts = [summary_text(audit), *_groups(audit)]
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


def _groups(audit: Audit) -> Iterator[str]:
    for fate in Fate:
        found = [one for one in audit.findings if one.fate is fate]
        if found:
            header = ("advisory", "severity", "component", _HEADERS[fate])
            yield f"{_TITLES[fate]}: {len(found)}\n{table(header, map(_row, found))}"


def _row(finding: Finding) -> tuple[str, str, str, str]:
    component = f"{finding.component.name} {finding.component.version}"
    return finding.names[0], finding.severity or "-", component, _last(finding)


def _last(finding: Finding) -> str:
    """Give what would remove it, or why it is gone."""
    if finding.fate is Fate.UPDATED:
        return finding.now
    if finding.fate is Fate.REMOVED:
        return "not in the candidate"
    if finding.fate is Fate.CODE_REMOVED:
        return f"{', '.join(finding.files)}: {finding.source}"
    return finding.advice
