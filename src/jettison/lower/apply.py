"""The one place where changes are carried out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from jettison.lift import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.lower import (
    Edits,
    add_labels,
    compile_application,
    edited,
    ended,
    line_of,
    set_command,
    set_environment,
    set_health_check,
)
from jettison.lower.build_stage import split_build_stage
from jettison.lower.compose_files import harden_service
from jettison.lower.composed_base import add_debug_target, compose_base, start_from_nothing
from jettison.lower.development import add_development
from jettison.lower.distribution import change_distribution
from jettison.lower.packages import (
    add_packages,
    remove_commands,
    remove_packages,
    tidy_package_installs,
)
from jettison.lower.removed_files import remove_files
from jettison.lower.requirements import leave_groups_out, move_to_development
from jettison.lower.user import run_as_user
from jettison.plan import Finding, Plan
from jettison.plan.changes import (
    AddDebugTarget,
    AddDevelopment,
    AddLabels,
    AddPackages,
    Change,
    ChangeDistribution,
    CompileApplication,
    ComposeBase,
    HardenService,
    IgnorePaths,
    LeaveGroupsOut,
    MoveToDevelopment,
    RemoveCommands,
    RemoveFiles,
    RemovePackages,
    ReplaceBase,
    RunAsUser,
    SetCommand,
    SetEnvironment,
    SetHealthCheck,
    SplitBuildStage,
    StartFromNothing,
    TidyPackageInstalls,
)
from jettison.values import Evidence, Origin, replace


def replace_base(stage: FinalStage, change: ReplaceBase) -> str:
    """Replace the reference in the FROM that starts the chain of the final stage."""
    first = stage.chain[0]
    if stage.base != change.current:
        return stage.dockerfile.text
    item = first.instructions[0]
    text = item.text.replace(first.base, change.reference, 1)
    return edited(stage.dockerfile, Edits(replaced={line_of(item): text}))


def ignore_paths(project: Project, change: IgnorePaths) -> Mapping[str, str]:
    """Append the patterns under a comment for each reason; what the file has stays above."""
    path = project.ignore_path
    groups: list[tuple[str, list[str]]] = []
    for pattern, reason in change.entries:
        known = next((number for number, (name, _) in enumerate(groups) if name == reason), None)
        # What a later exception brings back stays behind it.
        if known is None or any(one[0] == "!" for _, own in groups[known + 1 :] for one in own):
            known = len(groups)
            groups.append((reason, []))
        groups[known][1].append(pattern)
    lines = [
        line for reason, own in groups for line in ("", f"# {reason[:1].upper()}{reason[1:]}", *own)
    ]
    added = "\n".join(lines).lstrip("\n") + "\n"
    before = project.texts.get(path)
    return {path: added if not before else f"{ended(before)}\n{added}"}


# Edits of the final stage: they give the new text of the Dockerfile.
STAGE_EDITS: Mapping[type, Callable[[FinalStage, Any], str]] = {
    ReplaceBase: replace_base,
    ComposeBase: compose_base,
    AddDebugTarget: add_debug_target,
    RemoveCommands: remove_commands,
    RemovePackages: remove_packages,
    AddPackages: add_packages,
    TidyPackageInstalls: tidy_package_installs,
    SetEnvironment: set_environment,
    SetCommand: set_command,
    SetHealthCheck: set_health_check,
    RunAsUser: run_as_user,
    AddLabels: add_labels,
}
# Edits that may have to be made to one command after the other.
REPEATED = (RemovePackages, TidyPackageInstalls)
# Edits of other files: they give the texts that differ.
FILE_EDITS: Mapping[type, Callable[[Project, Any], Mapping[str, str]]] = {
    ChangeDistribution: change_distribution,
    MoveToDevelopment: move_to_development,
    LeaveGroupsOut: leave_groups_out,
    IgnorePaths: ignore_paths,
    HardenService: harden_service,
    AddDevelopment: add_development,
    RemoveFiles: remove_files,
    StartFromNothing: start_from_nothing,
    CompileApplication: compile_application,
}


def applied(plan: Plan, changes: Iterable[Change]) -> Plan:
    """Give the plan with the changes made, in order."""
    project = plan.project
    for change in changes:
        project = _applied(project, change)
    return replace(plan, project=project)


def _applied(project: Project, change: Change) -> Project:
    if isinstance(change, SplitBuildStage):
        text = split_build_stage(project, lifted(project), change)
        return project.with_texts({project.dockerfile_path: text})
    if type(change) in FILE_EDITS:
        return project.with_texts(FILE_EDITS[type(change)](project, change))
    edit = STAGE_EDITS[type(change)]
    while True:
        text = edit(lifted(project), change)
        same = text == project.texts[project.dockerfile_path]
        project = project.with_texts({project.dockerfile_path: text})
        if same or not isinstance(change, REPEATED):
            return project


# The share of its words that an edited line keeps at least.
ALIKE = 0.5
# As many lines as nobody writes by hand.
MANY = 500


def led_back(finding: Finding, plan: Plan) -> Finding:
    """Give the finding with every origin in terms of the files as the user has them.

    ``plan`` is what the rule saw. A line that a rule wrote leads to what stood in its place, or to
    the file alone. Evidence that was gathered before any rule is in those terms already.
    """
    before, now = plan.original.texts, plan.project.texts
    changed = {name for name in now if before.get(name) != now[name]}
    gathered = _gathered(plan, changed)

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


def _gathered(plan: Plan, files: Collection[str]) -> frozenset[tuple[str, Origin]]:
    """What was known of some of the project's files as they were found."""
    usage, writing = plan.usage, plan.writing
    found = [*plan.linked.values(), *usage.computed, *usage.computed_libraries]
    found += [*usage.zones, *usage.locales, *writing.unsure, *writing.folders.values()]
    groups = (usage.programs, usage.started, usage.libraries, usage.imports)
    found += [each for group in groups for uses in group.values() for each in uses]
    found += [each for item in plan.requirements for each in item.evidence]
    found += [each for item in plan.packages for each in item.evidence]
    found += [each for item in plan.base.candidates for each in item.evidence]
    # A script of thousands of commands is evidence of thousands, and hardly ever changed.
    places = {
        (item.kind, item.origin) for item in found if item.origin and item.origin.file in files
    }
    places |= {("catalogue", item.origin) for item in plan.requirements}
    places |= {("setting", override.origin) for override in plan.settings.overrides}
    return frozenset(places | {("setting", line.origin) for line in plan.settings.lines})


@lru_cache(maxsize=64)
def _lines(old: str, new: str) -> Mapping[int, int]:
    """Map lines of the new text to lines of the old one, both from 1.

    A line that was edited leads to the line that it shares most of its words with.
    """
    before, after = old.splitlines(), new.splitlines()
    # In 200 lines and more, those that come again and again are not compared with one another.
    matcher = SequenceMatcher(a=before, b=after)
    anywhere = _places(before, range(len(before))) if len(before) <= MANY else {}
    found: dict[int, int] = {}
    for tag, start, end, at, until in matcher.get_opcodes():
        if tag == "equal":
            found.update((at + number + 1, start + number + 1) for number in range(end - start))
            continue
        near = _places(before, range(start, end)[:MANY])
        for number in range(at, until)[:MANY]:
            line = _most_alike(after[number], (near, anywhere))
            found.update({} if line is None else {number + 1: line + 1})
    return found


Places = Mapping[frozenset[str], int]


def _places(lines: list[str], places: range) -> Places:
    """The words of lines, and where a line of each first stands."""
    return {frozenset(lines[place].split()): place for place in reversed(places)}


def _most_alike(line: str, known: Iterable[Places]) -> int | None:
    """The first old line that has most of a line's words, near by or anywhere; None without one."""
    words = frozenset(line.split())
    if not words:
        return None
    for places in known:
        shares = ((len(words & other), -place) for other, place in places.items())
        most, place = max(shares, default=(0, 0))
        if most / len(words) >= ALIKE:
            return -place
    return None
