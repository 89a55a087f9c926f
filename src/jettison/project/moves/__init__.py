"""Moving requirements from production to development, in each format's own way."""

from __future__ import annotations

from jettison.project.moves.move import move_to_development

__all__ = ["move_to_development"]
