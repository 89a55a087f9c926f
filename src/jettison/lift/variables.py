"""Where the environment variables of a stage are set."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.reader import table
from jettison.lift.stage import FinalStage
from jettison.project.dockerfile import pairs, raw_pairs
from jettison.values import Origin


def origin_of_variable(stage: FinalStage, name: str) -> Origin | None:
    """The last ENV that sets a variable; None for those of the base image."""
    places = [
        item.origin
        for item in stage.inherited
        if item.keyword == "ENV" and name in dict(pairs(item))
    ]
    return places[-1] if places else None


def steering_pip(stage: FinalStage) -> Iterator[tuple[str, Origin]]:
    """The variables of a stage that decide what pip installs, with where they are set."""
    names = frozenset(table("tools")["pip"]["steering"])
    for item in stage.inherited:
        if item.keyword in ("ARG", "ENV"):
            yield from ((name, item.origin) for name, _ in raw_pairs(item) if name in names)
