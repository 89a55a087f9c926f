"""A plan with what was read of an image: its files, and what its base is configured with."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from jettison.contents import Installed
from jettison.contents.reach import Observed
from jettison.contents.system import System
from jettison.errors import UnsupportedError
from jettison.formats.dockerfile import final_environment
from jettison.images.config import Config
from jettison.lift.stages import Said, configured, variables_said
from jettison.plan import Plan
from jettison.plan.removal import Contents, OwnedFile, overrides_of
from jettison.plan.system_removal import leaves_late
from jettison.values import replace

_INHERITED = "\0"


def with_observed(start: Plan, observed: Observed, made_by: Plan | None = None) -> Plan:
    """Give the plan before any rule, with what is in the image.

    Where no stage makes the environment apart, its files are those that were found, for the files
    of the Dockerfile tell little of them. ``made_by`` is the plan whose rules made the image, where
    it is not the baseline: what one of them says is not of the base when it is withdrawn.
    """
    apart = made_by is not None or observed.apart
    said = _said_by_base(made_by or start, observed) if observed.said is None else observed.said
    observed = replace(observed, apart=apart, said=said)
    plan = replace(start, observed=observed)
    if observed.apart or not leaves_late(plan) or not observed.installed.site:
        return plan
    contents = _contents(observed.installed)
    return replace(
        plan, contents=contents, overrides=overrides_of(plan.settings.overrides, contents)
    )


def _contents(installed: Installed) -> Contents:
    files = {
        path: OwnedFile(path=path, distribution=owner, size=installed.files[path])
        for path, owner in installed.owners.items()
        if path in installed.files and not path.endswith(".pyc")
    }
    return Contents(
        files=MappingProxyType(files), versions=MappingProxyType(dict(installed.versions))
    )


def _said_by_base(made_by: Plan, observed: Observed) -> tuple[str, ...] | None:
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
