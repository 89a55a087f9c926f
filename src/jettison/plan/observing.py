"""Puts what was observed of a built image into a plan."""

from __future__ import annotations

from types import MappingProxyType

from msgspec.structs import replace

from jettison.contents.environment import Installed
from jettison.contents.reach import Observed
from jettison.plan.plan import Plan
from jettison.plan.removal.groups import Contents, OwnedFile, wishes_of
from jettison.plan.taking import leaves_late


def with_observed(start: Plan, observed: Observed) -> Plan:
    """Give the plan before any rule, with what is in the image.

    Where no stage makes the environment apart, its files are those that were found, for the files
    of the Dockerfile tell little of them.
    """
    plan = replace(start, observed=observed)
    if not leaves_late(plan) or not observed.installed.site:
        return plan
    contents = _contents(observed.installed)
    return replace(plan, contents=contents, wishes=wishes_of(plan.settings.wishes, contents))


def _contents(installed: Installed) -> Contents:
    files = {
        path: OwnedFile(path=path, distribution=owner, size=installed.files[path])
        for path, owner in installed.owners.items()
        if path in installed.files and not path.endswith(".pyc")
    }
    return Contents(
        files=MappingProxyType(files), versions=MappingProxyType(dict(installed.versions))
    )
