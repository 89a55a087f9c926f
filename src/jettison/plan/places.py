"""Lines of a file that rules changed, led back to the lines that the user wrote."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from msgspec.structs import replace

from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.values import Evidence, Origin

# The share of its words that an edited line keeps at least.
ALIKE = 0.5


def led_back(finding: Finding, plan: Plan) -> Finding:
    """Give the finding with every origin in terms of the files as the user has them.

    ``plan`` is what the rule saw. A line that a rule wrote leads to what stood in its place, or to
    the file alone. Evidence that was gathered before any rule is in those terms already.
    """
    before, now = plan.original.texts, plan.project.texts
    gathered = _gathered(plan)

    def origin(found: Origin) -> Origin:
        old, new = before.get(found.file), now.get(found.file)
        if found.line is None or old == new or new is None:
            return found
        if old is None:
            return Origin(file=found.file)
        return Origin(file=found.file, line=_lines(old, new).get(found.line))

    def evidence(found: Evidence) -> Evidence:
        if found.origin is None or (found.kind, found.origin) in gathered:
            return found
        return replace(found, origin=origin(found.origin))

    return replace(finding, evidence=tuple(evidence(item) for item in finding.evidence))


def _gathered(plan: Plan) -> frozenset[tuple[str, Origin]]:
    """What is known of the project as it was found."""
    usage, writing = plan.usage, plan.writing
    found = [*plan.linked.values(), *usage.computed, *usage.computed_libraries]
    found += [*usage.zones, *usage.locales, *writing.unsure, *writing.folders.values()]
    groups = (usage.programs, usage.started, usage.libraries, usage.imports)
    found += [each for group in groups for uses in group.values() for each in uses]
    found += [each for item in plan.requirements for each in item.evidence]
    found += [each for item in plan.packages for each in item.evidence]
    found += [each for item in plan.base.candidates for each in item.evidence]
    places = {(item.kind, item.origin) for item in found if item.origin}
    places |= {("catalogue", item.origin) for item in plan.requirements}
    places |= {("setting", wish.origin) for wish in plan.settings.wishes}
    return frozenset(places | {("setting", line.origin) for line in plan.settings.lines})


@lru_cache(maxsize=64)
def _lines(old: str, new: str) -> Mapping[int, int]:
    """Map lines of the new text to lines of the old one, both from 1.

    A line that was edited leads to the line that it shares most of its words with.
    """
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    found: dict[int, int] = {}
    for tag, start, end, at, until in matcher.get_opcodes():
        for number in range(at, until):
            if tag == "equal":
                found[number + 1] = start + number - at + 1
            else:
                line = _most_alike(after[number], before, range(start, end))
                found.update({} if line is None else {number + 1: line + 1})
    return found


def _most_alike(line: str, before: list[str], near: range) -> int | None:
    """The old line that has most of a line's words, near by or anywhere; None without one."""
    words = frozenset(line.split())
    if not words:
        return None
    for places in (near, range(len(before))):
        shares = [(len(words & set(before[place].split())), -place) for place in places]
        most, place = max(shares, default=(0, 0))
        if most / len(words) >= ALIKE:
            return -place
    return None
