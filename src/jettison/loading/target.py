"""Which stage of a Dockerfile is meant when nobody says so and the last one serves development."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.project.dockerfile import Dockerfile, Stage, parse
from jettison.project.operations.images import is_for_development
from jettison.values import Skipped

_PRODUCTION = re.compile(r"(^|[-_.])(prod|production|release|live)($|[-_.])")


def production_target(text: str, file: str) -> tuple[str, Skipped] | None:
    """The stage that production is made from, and the last one that was passed over for it.

    The one that the last stage adds to, else one that is named for production, provided that it
    starts something. None where the last stage, which a build makes unless it is told otherwise,
    is not named for tests or development. Raises InputSyntaxError.
    """
    dockerfile = parse(text, file=file)
    if not dockerfile.stages or not is_for_development(dockerfile.final_stage.name or ""):
        return None
    last = dockerfile.final_stage
    named = (s for s in reversed(dockerfile.stages) if _PRODUCTION.search(s.name or ""))
    for stage in (*_below(dockerfile, last), *named):
        if stage.name and not is_for_development(stage.name) and _starts(dockerfile, stage):
            reason = f"it is for development by its name: the stage {stage.name} is looked at"
            return stage.name, Skipped(what=f"stage {last.name}", reason=reason, origin=last.origin)
    return None


def _below(dockerfile: Dockerfile, stage: Stage) -> Iterator[Stage]:
    """The stages that a stage is made from, the nearest first."""
    base = dockerfile.stage_named(stage.base)
    while base is not None and base.index < stage.index:
        yield base
        stage, base = base, dockerfile.stage_named(base.base)


def _starts(dockerfile: Dockerfile, stage: Stage) -> bool:
    return any(
        item.keyword in ("CMD", "ENTRYPOINT")
        for each in (stage, *_below(dockerfile, stage))
        for item in each.instructions
    )
