"""What a project declares that it depends on, in every format that people use."""

from __future__ import annotations

from jettison.project.declarations.files import declared_in, named_files
from jettison.project.declarations.values import Declaration, Kind
from jettison.project.declarations.workspace import members

__all__ = ["Declaration", "Kind", "declared_in", "members", "named_files"]
