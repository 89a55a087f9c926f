"""Gathers what the choice of a base image rests on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from jettison.candidates.needs import BaseNeeds
from jettison.facts import Project
from jettison.lift.action import ActionKind, lifted_run
from jettison.lift.distribution import feeding_stages
from jettison.lift.installation import NotMovable, is_installer
from jettison.lift.locked import LockedInstallation, movable
from jettison.lift.obstacles import fixed_path
from jettison.lift.package_scope import PlannedPackage
from jettison.lift.projects import project_requests
from jettison.lift.stage import FinalStage, lifted
from jettison.loading.knowledge import Knowledge
from jettison.prediction.application import application_size
from jettison.project.commands import PipInstall
from jettison.settings import BaseWish
from jettison.values import Evidence, Origin


def base_needs(
    project: Project, knowledge: Knowledge, packages: Iterable[PlannedPackage], wish: BaseWish
) -> BaseNeeds:
    """Bring together what the project, its distributions and its packages ask of a base."""
    stage = lifted(project)
    return BaseNeeds(
        stage=stage,
        usage=knowledge.usage,
        closure=knowledge.closure,
        production=knowledge.production,
        declared=_declared(knowledge),
        packages=tuple(packages),
        application=application_size(project),
        stays=_stays(project, stage),
        not_listed=_not_listed(project, knowledge),
        provided=frozenset(posixpath.basename(path) for path in project.files),
        allow_source_builds=wish.allow_source_builds,
    )


def _declared(knowledge: Knowledge) -> dict[str, Origin]:
    return {item.name: item.origin for item in knowledge.requirements}


def _stays(project: Project, stage: FinalStage) -> Evidence | None:
    """Why the environment is made in the final stage and will not leave it."""
    found = movable(project, stage)
    if isinstance(found, LockedInstallation):
        return None
    return found.evidence if isinstance(found, NotMovable) else fixed_path(project, stage)


def _not_listed(project: Project, knowledge: Knowledge) -> Evidence | None:
    """An installation whose distributions were not read, or of which nothing is known."""
    read = {request.action.origin for request in project_requests(project)}
    known = knowledge.closure.graph.edges
    stages = feeding_stages(lifted(project))
    for item in (item for stage in stages for item in stage.instructions):
        for action in lifted_run(item).actions if item.keyword == "RUN" else ():
            fact = action.fact
            words = fact.requirements if isinstance(fact, PipInstall) else ()
            named = (word for word in words if not is_installer(word))
            unread = any(_name(word.text) not in known for word in named)
            if action.origin not in read and (unread or action.kind is ActionKind.LOCKED):
                text = " ".join(action.text.split())[:60]
                message = f"what `{text}` installs was not read"
                return Evidence(kind="installation", message=message, origin=action.origin)
    return None


def _name(word: str) -> str:
    try:
        return canonicalize_name(Requirement(word).name)
    except InvalidRequirement:
        return ""
