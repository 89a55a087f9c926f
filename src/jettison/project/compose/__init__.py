"""Front end for compose files: reading, and edits that leave every other line as it is."""

from __future__ import annotations

from jettison.project.compose.edit import edit
from jettison.project.compose.parse import parse
from jettison.project.compose.values import (
    Build,
    ComposeCommand,
    ComposeFile,
    ComposeHealthCheck,
    ComposeMount,
    Extends,
    MountKind,
    Port,
    Service,
)

__all__ = [
    "Build",
    "ComposeCommand",
    "ComposeFile",
    "ComposeHealthCheck",
    "ComposeMount",
    "Extends",
    "MountKind",
    "Port",
    "Service",
    "edit",
    "parse",
]
