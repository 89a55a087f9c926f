"""How large an image is going to be once it was built and read, as far as that is known before.

``optimize`` reads the files of the image to decide what of its base system is removed. Until then a
range is given: the bytes of the application as predicted, on a base of what a running Python needs.
"""

from __future__ import annotations

from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBaseSizes
from jettison.lift.environment import BuiltEnvironment, environment_of
from jettison.lift.project import Project
from jettison.lift.scopes.values import PackageScope, PlannedPackage
from jettison.lift.stage import FinalStage
from jettison.plan.prediction_parts import COMPILED, Prediction, SizeRange

# What stays of an official image over the smallest base of the same Python, measured on the
# examples: programs that a script may call, libraries that only some module loads.
OVER_SMALLEST = 1.25
# How far images that were built lay from the middle, both ways.
LEAST, MOST = 0.9, 1.3
WORTH_A_STAGE = 0.2
LEVEL = 2
GONE = (PackageScope.BUILD, PackageScope.UNNEEDED)


def _smallest(python: str) -> int | None:
    known = table(ComposedBaseSizes).python.get(python)
    measured = known and known.on("amd64")
    return measured.files if measured else None


def expected(
    project: Project,
    stage: FinalStage,
    planned: Prediction,
    packages: tuple[PlannedPackage, ...],
    level: int,
) -> SizeRange | None:
    """Give the range; None where the image stays on its base, or that is not known."""
    smallest = _smallest(stage.python or "")
    started = stage.command or stage.entrypoint
    if level < LEVEL or smallest is None or planned.size is None:
        return None
    if stage.finish or stage.triggers or not started or stage.tag is None:
        return None
    own = sum(part.size.bytes for part in planned.parts if not part.of_base)
    byte_code = sum(
        part.size.bytes for part in planned.parts if part.of_base and part.what.startswith(COMPILED)
    )
    kept = sum(one.size.bytes for one in packages if one.size and one.scope not in GONE)
    middle = own + byte_code + kept + OVER_SMALLEST * smallest
    apart = isinstance(environment_of(project, stage), BuiltEnvironment)
    if middle >= planned.size.bytes * ((1 - WORTH_A_STAGE) if apart else 1):
        return None
    return SizeRange(low=round(LEAST * middle), high=min(round(MOST * middle), planned.size.bytes))
