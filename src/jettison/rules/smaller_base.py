"""Start the final stage from the slim image of the same Python.

The full Python images hold compilers, headers and version control for building, some 900 MB that a
running application does not touch. Once the environment is made in a build stage, the final stage
needs the interpreter alone; the build stage keeps the full image.

Source: the Dockerfiles of docker-library/python; normandy#60 (895 to 538 MB).

Safe: same Python, same Debian release. Libraries that the source loads and programs that it calls
are installed by name, because the slim image does not have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.lift import brings_uv
from jettison.lift.packages import requested
from jettison.plan import Finding, Plan
from jettison.plan.base import BaseCandidate, Variant, image_facts
from jettison.plan.changes import AddPackages, Change, ReplaceBase
from jettison.plan.system_removal import leaves_late
from jettison.rules.rule import Rule
from jettison.values import Evidence, Saving


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a final stage on an image that is larger than the one that was chosen."""
    stage, taken = plan.stage, plan.base.taken
    if taken is None or taken.image == stage.base or len(stage.chain) > len(stage.own):
        return
    if stage.triggers or stage.finish or leaves_late(plan):
        return
    if brings_uv(stage.base) and not brings_uv(taken.image) and _needs_uv(plan):
        return
    if taken.facts.release != stage.release or not (builds_apart(plan) or not taken.source_builds):
        return
    missing = tuple(name for name in taken.adds if name not in requested(stage))
    changes: list[Change] = [ReplaceBase(current=stage.base, reference=taken.image)]
    if missing:
        reason = f"needed by the application, and no part of {taken.image}"
        changes.append(AddPackages(names=missing, reason=reason))
    message = f"replace {stage.base} with {taken.image}"
    yield Finding.of(message, _evidence(plan, taken), *changes, saving=_saving(plan, taken))


def builds_apart(plan: Plan) -> bool:
    """Whether the environment comes from another stage."""
    return any(copied.stage for _, copied in plan.stage.copies)


_CALL_OF_UV = re.compile(r"(?<![\w.-])uvx?(?![\w.-])")


def _needs_uv(plan: Plan) -> bool:
    """Whether a step, a start or a script may call the uv of the base, or nothing else starts."""
    stage = plan.stage
    starts = [each.instruction.text for each in (stage.command, stage.entrypoint) if each]
    texts = [*starts, *(i.text for i in stage.inherited if i.keyword in ("RUN", "HEALTHCHECK"))]
    uses = (use for name in ("uv", "uvx") for use in plan.usage.programs.get(name, ()))
    called = any(use.origin and use.origin.file != plan.project.dockerfile_path for use in uses)
    return not starts or called or any(map(_CALL_OF_UV.search, texts))


def _evidence(plan: Plan, taken: BaseCandidate) -> tuple[Evidence, ...]:
    before = image_facts(plan.stage.base)
    held = "holds compilers and headers" if before.variant is Variant.FULL else "was there before"
    held = "brings uv, which no step and no start needs" if brings_uv(plan.stage.base) else held
    why = f"{plan.stage.base} {held}"
    first = Evidence(kind="base", message=why, origin=plan.stage.stage.origin)
    return (first, *taken.evidence)


def _saving(plan: Plan, taken: BaseCandidate) -> Saving | None:
    before, after = image_facts(plan.stage.base).size, image_facts(taken.image).size
    if before is None or after is None:
        return None
    return Saving(bytes=before.bytes - after.bytes, basis=before.basis, source=before.source)


RULE = Rule(name="smaller-base", level=2, documentation=__doc__, detect=detect)
