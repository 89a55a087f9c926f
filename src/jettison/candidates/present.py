"""The packages of an image as it is: those of the base, those asked for, and what comes along."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.candidates.image import image_facts, packages_of
from jettison.catalogue.debian_release import facts_of
from jettison.catalogue.system_packages import runtime_libraries_of, translated
from jettison.lift.action import lifted_run
from jettison.lift.packages import named_by, requested
from jettison.lift.stage import FinalStage
from jettison.project.commands import PackageInstall


def named_packages(stage: FinalStage) -> frozenset[str]:
    """The packages that the base has or the Dockerfile names, by the release's own names."""
    release = stage.release or ""
    named = {
        name for each in requested(stage) for name in (each, translated(each, release)) if name
    }
    return packages_of(image_facts(stage.base)) | named


def inherited_packages(stage: FinalStage) -> frozenset[str]:
    """What the stages before the final one install, and the libraries that come with headers."""
    names: set[str] = set()
    for item in stage.inherited[: len(stage.inherited) - len(stage.instructions)]:
        for action in lifted_run(item).actions if item.keyword == "RUN" else ():
            if isinstance(action.fact, PackageInstall):
                names.update(request.name for request in action.fact.packages)
    release = stage.release or ""
    libraries = (library for name in names for library in runtime_libraries_of(name, release) or ())
    return frozenset((*names, *libraries))


def brought_packages(stage: FinalStage) -> Mapping[str, str]:
    """The packages that came along, each with the package that the Dockerfile names for it."""
    facts = facts_of(stage.release or "")
    if facts is None:
        return {}
    present = packages_of(image_facts(stage.base))
    found: dict[str, str] = {}
    for run in stage.runs:
        for action in run.actions:
            fact = action.fact
            for name, _ in named_by(action, run, stage):
                recommends = isinstance(fact, PackageInstall) and fact.recommends
                for package in facts.closure([name], present, recommends=recommends):
                    found.setdefault(package.name, name)
    named = named_packages(stage)
    return {name: by for name, by in found.items() if name not in named}
