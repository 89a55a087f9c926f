"""What the base of an image that was read is configured with, as an image from nothing says it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.contents.reach import Observed
from jettison.contents.system import System
from jettison.errors import UnsupportedError
from jettison.formats.dockerfile import final_environment
from jettison.images.config import Config
from jettison.lift.stages import Said, configured, variables_said
from jettison.plan.plan import Plan

_INHERITED = "\0"


def said_by_base(made_by: Plan, observed: Observed) -> tuple[str, ...] | None:
    """Give the instructions for what no line of the Dockerfile says that the image was made of.

    None where nothing was read of the image, or no line can say it.
    """
    if observed.system is None:
        return None
    try:
        return tuple(_said(made_by, observed.system, observed.config))
    except UnsupportedError:
        return None


def _said(plan: Plan, system: System, config: Config | None) -> Iterator[str]:
    """The instructions for what the base image is configured with and the file does not say."""
    variables = _variables(plan, system)
    if variables:
        yield variables_said(variables)
    if config is not None:
        stage = plan.stage
        said = Said(
            keywords=frozenset(item.keyword for item in stage.inherited),
            labels=frozenset(stage.labels),
            ports=frozenset(stage.ports),
            volumes=frozenset(stage.volumes),
        )
        yield from configured(config, said)


def _variables(plan: Plan, system: System) -> tuple[tuple[str, str], ...]:
    """The variables of the base image, which the stages of the file do not set themselves."""
    stage, build_arguments = plan.stage, plan.project.build_arguments
    marks = dict.fromkeys(system.environment, _INHERITED)
    known = final_environment(stage.dockerfile, stage.stage, build_arguments, marks).env
    found = (
        (name, _before(value, known.get(name, _INHERITED)))
        for name, value in system.environment.items()
    )
    return tuple((name, value) for name, value in found if value is not None)


def _before(value: str, made: str) -> str | None:
    """What a variable was in the base image; None when the file sets it to something else."""
    if _INHERITED not in made:
        return None
    before, _, after = made.partition(_INHERITED)
    return value.removeprefix(before).removesuffix(after)
