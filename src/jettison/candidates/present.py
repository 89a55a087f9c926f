"""The packages of an image as it is: those of the base, those asked for, and what comes along."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.candidates.image import image_facts, packages_of
from jettison.catalogue.debian_release import facts_of
from jettison.catalogue.system_packages import translated
from jettison.lift.packages import requested
from jettison.lift.stage import FinalStage
from jettison.project.commands import PackageInstall


def named_packages(stage: FinalStage) -> frozenset[str]:
    """The packages that the base has or the Dockerfile names, by the release's own names."""
    release = stage.release or ""
    named = {
        name for each in requested(stage) for name in (each, translated(each, release)) if name
    }
    return packages_of(image_facts(stage.base)) | named


def brought_packages(stage: FinalStage) -> Mapping[str, str]:
    """The packages that came along, each with the package that the Dockerfile names for it."""
    facts = facts_of(stage.release or "")
    present = set(packages_of(image_facts(stage.base)))
    found: dict[str, str] = {}
    for action in stage.actions:
        if facts is None or not isinstance(action.fact, PackageInstall):
            continue
        for request in action.fact.packages:
            closure = facts.closure([request.name], present, recommends=action.fact.recommends)
            for package in closure:
                found.setdefault(package.name, request.name)
    return {name: by for name, by in found.items() if name not in named_packages(stage)}
