"""Where the environment variables of a stage are set."""

from __future__ import annotations

from jettison.lift.stage import FinalStage
from jettison.project.dockerfile import pairs
from jettison.values import Origin


def origin_of_variable(stage: FinalStage, name: str) -> Origin | None:
    """The last ENV that sets a variable; None for those of the base image."""
    places = [
        item.origin
        for item in stage.inherited
        if item.keyword == "ENV" and name in dict(pairs(item))
    ]
    return places[-1] if places else None
