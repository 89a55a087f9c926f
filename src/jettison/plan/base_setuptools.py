"""The setuptools that official images of Python have up to 3.11: who counts on it. Pure."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import PipInstall
from jettison.formats.shell import Word
from jettison.lift.action import ActionKind, named_by
from jettison.plan import Plan
from jettison.plan.base import Variant, image_facts
from jettison.values import Evidence

WITHOUT_SETUPTOOLS = (3, 12)
"""Official images of this Python and later have none."""

_NAME = "setuptools"
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
    """Whether a distribution requires setuptools, which the one of the image was enough for."""
    named = any(one.name == _NAME for one in plan.requirements)
    return _NAME in plan.distributions and not named


def requirement_of_base(plan: Plan) -> str:
    """Give what to require where the image of the base is not there; empty where nobody needs it.

    A release that a step asks for by name is the one that is meant.
    """
    official = image_facts(plan.stage.base).variant is not Variant.OTHER
    needed = uses_setuptools(plan) or (has_setuptools(plan) and requires_setuptools(plan))
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
    for name in ("pkg_resources", _NAME):
        for use in plan.usage.imports.get(name, ()):
            message = f"{name} is imported, and only the environment of the image has it"
            return Evidence(kind="import", message=message, origin=use.origin)
    for name, below in table(Tools).setuptools.items():
        facts = plan.distributions.get(name)
        if facts and (not below or _is_older(facts.version, below)):
            found = "imports pkg_resources, which the environment of the image has"
            message = f"{name} {facts.version} {found}"
            return Evidence(kind="import", message=message)
    return None


def _is_older(version: str, than: str) -> bool:
    """Whether a release is older; one that states no version may be."""
    try:
        return Version(version) < Version(than)
    except InvalidVersion:
        return True
