"""What a project declares that it depends on, in every format that people use."""

from __future__ import annotations

from jettison.project.declarations.find import Declared, declarations
from jettison.project.declarations.values import Declaration, Kind
from jettison.project.declarations.workspace import members

__all__ = ["Declaration", "Declared", "Kind", "declarations", "members"]
