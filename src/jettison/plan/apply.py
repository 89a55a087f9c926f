"""The one place where changes are carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from jettison.changes import (
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
    MarkUnused,
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
from jettison.facts import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.lower.base import replace_base
from jettison.lower.build_stage import split_build_stage
from jettison.lower.composed_base import compose_base
from jettison.lower.debug_target import add_debug_target
from jettison.lower.development import add_development
from jettison.lower.distribution import change_distribution
from jettison.lower.groups import leave_groups_out
from jettison.lower.ignore import ignore_paths
from jettison.lower.instructions import (
    add_labels,
    compile_application,
    set_command,
    set_environment,
    set_health_check,
)
from jettison.lower.packages import add_packages, remove_commands, remove_packages
from jettison.lower.removal import remove_files
from jettison.lower.requirements import mark_unused, move_to_development
from jettison.lower.scratch import start_from_nothing
from jettison.lower.service import harden_service
from jettison.lower.tidy import tidy_package_installs
from jettison.lower.user import run_as_user
from jettison.plan.plan import Plan

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
    MarkUnused: mark_unused,
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
