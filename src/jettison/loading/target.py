"""Which stage of a Dockerfile is meant when nobody says so and the last one serves development."""

from __future__ import annotations

import re

from jettison.project.dockerfile import parse
from jettison.project.operations.images import is_for_development
from jettison.values import Origin, Skipped

_PRODUCTION = re.compile(r"(^|[-_.])(prod|production|release|live)($|[-_.])", re.IGNORECASE)


def production_target(text: str, file: str) -> tuple[str, Skipped] | None:
    """The stage named for production and what was passed over for it.

    None where the last stage, which a build makes unless it is told otherwise, is not named for
    tests or development, or where no other one is named for production. Raises InputSyntaxError.
    """
    stages = parse(text, file=file).stages
    if not stages or not is_for_development(stages[-1].name or ""):
        return None
    named = [stage.name for stage in stages if stage.name and _PRODUCTION.search(stage.name)]
    if not named or is_for_development(named[-1]):
        return None
    reason = f"the last stage is for development by its name: the stage {named[-1]} is looked at"
    origin = stages[-1].instructions[0].origin if stages[-1].instructions else Origin(file=file)
    return named[-1], Skipped(what=f"stage {stages[-1].name}", reason=reason, origin=origin)
