"""The stages of a Dockerfile that are built on another one."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lift.stage import FinalStage
from jettison.project.dockerfile import Stage, base_reference


def stages_on(stage: FinalStage) -> tuple[Stage, ...]:
    """The stages that begin with what the final stage leaves, in the order of the file."""
    return tuple(each for each in _later(stage) if _begins_with(each, stage))


def steps_on(stage: FinalStage) -> Iterator[Stage]:
    """Those of them that run steps of their own."""
    for each in stages_on(stage):
        if any(item.keyword == "RUN" for item in each.instructions):
            yield each


def _later(stage: FinalStage) -> Iterator[Stage]:
    yield from (each for each in stage.dockerfile.stages if each.index > stage.stage.index)


def _begins_with(each: Stage, stage: FinalStage) -> bool:
    found = stage.dockerfile.stage_named(base_reference(each, stage.dockerfile))
    return found is not None and found.index == stage.stage.index
