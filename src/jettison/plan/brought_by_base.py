"""What the base image brings that no line of the Dockerfile says: as it was read; setuptools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from packaging.version import InvalidVersion, Version

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.contents import Installed
from jettison.contents.links import never_without
from jettison.contents.reach import Observed
from jettison.contents.system import System
from jettison.ecosystems.commands import PipInstall
from jettison.errors import UnsupportedError
from jettison.formats.dockerfile import final_environment
from jettison.formats.shell import Word
from jettison.images.config import Config
from jettison.lift.action import ActionKind, named_by
from jettison.lift.stages import Said, configured, variables_said
from jettison.plan import Plan
from jettison.plan.base import Variant, image_facts
from jettison.plan.removal import Contents, OwnedFile, overrides_of
from jettison.plan.system_removal import leaves_late
from jettison.values import Evidence, replace

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


WITHOUT_SETUPTOOLS = (3, 12)
"""Official images of this Python and later have none."""

_NAME = "setuptools"
_PKG_RESOURCES = "pkg_resources"
# What only whoever develops a distribution runs.
_NOT_RUN = re.compile(
    r"(?:^|/)(?:tests?|testing|docs|examples)/|(?:^|/)(?:test_\w+|conftest|setup)\.py$"
)
# The last releases that have pkg_resources (pypi.org, setuptools 81.0.0 and 82.0.0).
_WITH_PKG_RESOURCES = "setuptools<82"


def uses_setuptools(plan: Plan) -> Evidence | None:
    """What uses setuptools of the base, or installed beside pip; a new environment has none."""
    if _named(plan) or has_setuptools(plan):
        return None if _NAME in plan.distributions else _user_of_setuptools(plan)
    return None


def has_setuptools(plan: Plan) -> bool:
    """Whether the official image of this Python has setuptools."""
    minor = tuple(int(part) for part in (plan.python or "3.12").split("."))
    return minor < WITHOUT_SETUPTOOLS


def requires_setuptools(plan: Plan) -> bool:
    """Whether setuptools is required, and the one of the image was enough: no release is named."""
    exact = any(one.name == _NAME and "==" in one.specifier for one in plan.requirements)
    return _NAME in plan.distributions and not exact


def requirement_of_base(plan: Plan) -> str:
    """Give what to require where the image of the base is not there; empty where nobody needs it.

    A release that a step asks for by name is the one that is meant.
    """
    official = image_facts(plan.stage.base).variant is not Variant.OTHER
    # the list may want a newer one than is given here
    listed = any(one.name == _NAME and ">" in one.specifier for one in plan.requirements)
    enough = has_setuptools(plan) and requires_setuptools(plan) and not listed
    needed = uses_setuptools(plan) or enough
    if not (official and needed):
        return ""
    named = [word for word in _named(plan) if word.literal and named_by(word) == _NAME]
    pinned = [word.text for word in named if "=" in word.text]
    return pinned[-1] if pinned else _WITH_PKG_RESOURCES


def _named(plan: Plan) -> list[Word]:
    facts = [action.fact for action in plan.stage.of_kind(ActionKind.PYTHON)]
    words = [word for fact in facts if isinstance(fact, PipInstall) for word in fact.requirements]
    return [word for word in words if word.text.startswith(_NAME)]


def _user_of_setuptools(plan: Plan) -> Evidence | None:
    for name in (_PKG_RESOURCES, _NAME):
        for use in plan.usage.imports.get(name, ()):
            message = f"{name} is imported, and only the environment of the image has it"
            return Evidence.of("import", message, use.origin)
    for name, below in table(Tools).setuptools.items():
        facts = plan.distributions.get(name)
        if facts and (not below or _is_older(facts.version, below)):
            found = "imports pkg_resources, which the environment of the image has"
            return Evidence.of("import", f"{name} {facts.version} {found}")
    return plan.imports_setuptools


def importer_of_setuptools(installed: Installed) -> Evidence | None:
    """Give what fails to be imported for want of setuptools, in an environment that has none.

    A module that looks whether it is there, or asks for it in a function, goes on without.
    """
    if _NAME in installed.versions or _PKG_RESOURCES in installed.modules:
        return None
    for path, source in sorted(installed.sources.items()):
        if _PKG_RESOURCES.encode() not in source or _NOT_RUN.search(path):
            continue
        if path in installed.owners and _PKG_RESOURCES in never_without(source):
            owner = installed.owners[path]
            release = f"{owner} {installed.versions.get(owner, '')}".strip()
            return Evidence.of(
                "import", f"{release} imports {_PKG_RESOURCES} in {path}, which the base brings"
            )
    return None


def _is_older(version: str, than: str) -> bool:
    """Whether a release is older; one that states no version may be."""
    try:
        return Version(version) < Version(than)
    except InvalidVersion:
        return True
