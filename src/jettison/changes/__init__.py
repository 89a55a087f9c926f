"""Changes as data: the closed set of things that a rule can ask for.

A change names what shall be different, never how a file is edited; ``jettison.plan.apply`` is the
only place that carries changes out. Stages, packages and requirements are named, not pointed at,
so that a change stays true after the changes before it.
"""

from __future__ import annotations

from jettison.changes.image import (
    AddDebugTarget,
    AddLabels,
    AddPackages,
    ChangeDistribution,
    CompileApplication,
    ComposeBase,
    LayerOfFolders,
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
from jettison.changes.project import (
    AddDevelopment,
    HardenService,
    IgnorePaths,
    LeaveGroupsOut,
    MarkUnused,
    MoveToDevelopment,
)

Change = (
    ReplaceBase
    | ChangeDistribution
    | ComposeBase
    | AddDebugTarget
    | RemoveCommands
    | RemovePackages
    | AddPackages
    | TidyPackageInstalls
    | SplitBuildStage
    | SetEnvironment
    | SetCommand
    | SetHealthCheck
    | RunAsUser
    | CompileApplication
    | AddLabels
    | MoveToDevelopment
    | LeaveGroupsOut
    | MarkUnused
    | IgnorePaths
    | HardenService
    | AddDevelopment
    | RemoveFiles
    | StartFromNothing
)

__all__ = [
    "AddDebugTarget",
    "AddDevelopment",
    "AddLabels",
    "AddPackages",
    "Change",
    "ChangeDistribution",
    "CompileApplication",
    "ComposeBase",
    "HardenService",
    "IgnorePaths",
    "LayerOfFolders",
    "LeaveGroupsOut",
    "MarkUnused",
    "MoveToDevelopment",
    "RemoveCommands",
    "RemoveFiles",
    "RemovePackages",
    "ReplaceBase",
    "RunAsUser",
    "SetCommand",
    "SetEnvironment",
    "SetHealthCheck",
    "SplitBuildStage",
    "StartFromNothing",
    "TidyPackageInstalls",
]
