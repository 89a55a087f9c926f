"""What it takes to move the stages that feed the image to another distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jettison.catalogue.base_release import ALPINE, release_of
from jettison.catalogue.bases import SystemPackages
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import translated
from jettison.ecosystems.commands import GroupChange, PackageInstall, UserChange
from jettison.formats.dockerfile import Stage, base_reference, copy
from jettison.lift.action import Action, ActionKind, LiftedRun, lifted_run
from jettison.lift.project import python_tag
from jettison.lift.stage import FinalStage
from jettison.values import Evidence, Origin

# Steps that mean the same everywhere, or that have a counterpart.
ALIKE = frozenset(
    {
        ActionKind.INDEX,
        ActionKind.PACKAGES,
        ActionKind.CLEANUP,
        ActionKind.PYTHON,
        ActionKind.ENVIRONMENT,
        ActionKind.LOCKED,
        ActionKind.SETTING,
        ActionKind.PERMISSION,
        ActionKind.FOLDER,
        ActionKind.APPLICATION,
    }
)


def feeding_stages(stage: FinalStage) -> tuple[Stage, ...]:
    """The stages that the image is made from: the final one, its parents, and what they copy."""
    dockerfile = stage.dockerfile
    found: dict[int, Stage] = {}
    waiting = [stage.stage]
    while waiting:
        each = waiting.pop()
        if each.index in found:
            continue
        found[each.index] = each
        names = [copy(item).stage for item in each.instructions if item.keyword in ("COPY", "ADD")]
        names.append(base_reference(each, dockerfile))
        known = (dockerfile.stage_named(name) for name in names if name)
        waiting += [other for other in known if other and other.index < each.index]
    return tuple(found[index] for index in sorted(found))


def bases_of(stage: FinalStage) -> Iterator[tuple[Stage, str]]:
    """The feeding stages that start from an official Python image of the present release."""
    for each in feeding_stages(stage):
        base = base_reference(each, stage.dockerfile)
        if python_tag(base) and release_of(base) == stage.release:
            yield each, base


def moving_stages(stage: FinalStage) -> Iterator[Stage]:
    """The feeding stages that stand on an official Python image of the present release.

    What comes from other images (static files, single programs) is copied as it is.
    """
    standing = {each.index for each, _ in bases_of(stage)}
    for each in feeding_stages(stage):
        parent = stage.dockerfile.stage_named(base_reference(each, stage.dockerfile))
        if each.index in standing or (parent and parent.index in standing):
            standing.add(each.index)
            yield each


def runs_of(stage: FinalStage) -> Iterator[LiftedRun]:
    """The RUN instructions of all moving stages."""
    for each in moving_stages(stage):
        for item in each.instructions:
            if item.keyword == "RUN":
                yield lifted_run(item)


def installed_names(stage: FinalStage) -> Mapping[str, Origin]:
    """The packages that any moving stage installs, with the line of each."""
    found: dict[str, Origin] = {}
    for run in runs_of(stage):
        for action in run.actions:
            if isinstance(action.fact, PackageInstall):
                for request in action.fact.packages:
                    found.setdefault(request.name, request.origin)
    return found


def obstacles(stage: FinalStage, release: str) -> Iterator[Evidence]:
    """What nobody can translate: steps of another kind, scripts, packages without a name there."""
    for each in moving_stages(stage):
        for item in each.instructions:
            if item.keyword == "SHELL":
                yield _told("a step sets another shell", item.origin)
    for run in runs_of(stage):
        if not run.editable and any(action.kind not in ALIKE for action in run.actions):
            yield _told("a step is a script of its own", run.instruction.origin)
        elif run.editable:
            yield from (_step(action) for action in run.actions if not _has_counterpart(action))
    for name, origin in installed_names(stage).items():
        if translated(name, release) is None:
            where = "Alpine" if release == ALPINE else f"Debian {release}"
            yield _told(f"what {name} is called on {where} is not known", origin)


def _has_counterpart(action: Action) -> bool:
    fact = action.fact
    if isinstance(fact, UserChange):
        return fact.action == "add" or _joins_groups(fact)
    if isinstance(fact, GroupChange):
        return fact.action == "add" and fact.member is None
    if isinstance(fact, PackageInstall):
        return fact.manager == "apt" and all(request.literal for request in fact.packages)
    return action.kind in ALIKE or _is_alike(action)


def _is_alike(action: Action) -> bool:
    """Whether a command is the same on every distribution: Python's, or one on plain files."""
    name = action.command.name.rpartition("/")[2]
    return name.startswith(("python", "pip")) or name in table(SystemPackages).files


def _joins_groups(fact: UserChange) -> bool:
    """Whether a user that exists becomes a member of groups, and nothing else."""
    others = (fact.uid, fact.group, fact.home, fact.shell)
    return bool(fact.groups) and not any(others)


def _step(action: Action) -> Evidence:
    text = " ".join(action.text.split())
    short = text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004  a line of a table
    return _told(f"a step has no known counterpart: {short}", action.origin)


def _told(message: str, origin: Origin) -> Evidence:
    return Evidence(kind="step", message=message, origin=origin)
