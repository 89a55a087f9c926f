"""The final stage starts from the slim image of the same Python.

The full Python images hold compilers, headers and version control for building, some 900 MB that a
running application does not touch. Once the environment is made in a build stage, the final stage
needs the interpreter alone; the build stage keeps the full image.

Source: the Dockerfiles of docker-library/python; normandy#60 (895 to 538 MB).

Safe: same Python, same Debian release. Libraries that the source loads and programs that it calls
are installed by name, because the slim image does not have them.
"""

from __future__ import annotations

from jettison.catalogue.system_packages import package_of_program
from jettison.changes import AddPackages, Change, ReplaceBase
from jettison.lift.base import base_choice, size_of
from jettison.lift.packages import DEFAULT_RELEASE, requested
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Saving

NAME = "smaller-base"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find a full Python image under a final stage that builds nothing."""
    stage = plan.stage
    tag = stage.tag
    if tag is None or tag.variant or len(stage.chain) > 1 or not builds_apart(plan):
        return ()
    choice = base_choice(stage, level=plan.level, builds_apart=True)
    if choice.chosen == stage.base:
        return ()
    before, after = size_of(tag), size_of(tag.slim())
    saving = (
        Saving(bytes=before.bytes - after.bytes, basis=Basis.CATALOGUED, source=before.source)
        if before and after
        else None
    )
    programs = _programs(plan)
    changes: list[Change] = [ReplaceBase(current=stage.base, reference=choice.chosen)]
    if programs:
        names = tuple(sorted(set(programs.values())))
        listed = ", ".join(sorted(programs))
        changes.append(AddPackages(names=names, reason=f"the application calls {listed}"))
    evidence = [
        Evidence(
            kind="base",
            message=f"{stage.base} holds compilers and headers",
            origin=stage.stage.origin,
        )
    ]
    evidence += [plan.usage.programs[program][0] for program in programs]
    return (
        Finding(
            rule=NAME,
            message=f"{stage.base} becomes {choice.chosen}",
            evidence=tuple(evidence),
            saving=saving,
            changes=tuple(changes),
        ),
    )


def builds_apart(plan: Plan) -> bool:
    """Whether the environment comes from another stage."""
    return any(copied.stage for _, copied in plan.stage.copies)


def _programs(plan: Plan) -> dict[str, str]:
    """Programs that are called and that the slim image lacks, with their packages."""
    release = plan.stage.release or DEFAULT_RELEASE
    present = requested(plan.stage)
    found = {}
    for program in plan.usage.programs:
        package = package_of_program(program, release)
        if package and package not in present:
            found[program] = package
    return found


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
