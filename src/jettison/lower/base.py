"""Gives the final stage another base image."""

from __future__ import annotations

from jettison.changes import ReplaceBase
from jettison.lift.stage import FinalStage
from jettison.lower.text import Edits, edited, line_of


def replace_base(stage: FinalStage, change: ReplaceBase) -> str:
    """Replace the reference in the FROM that starts the chain of the final stage."""
    first = stage.chain[0]
    if stage.base != change.current:
        return stage.dockerfile.text
    item = first.instructions[0]
    text = item.text.replace(first.base, change.reference, 1)
    return edited(stage.dockerfile, Edits(replaced={line_of(item): text}))
