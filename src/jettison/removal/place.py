"""Where files can be removed from: the environment that a build stage makes."""

from __future__ import annotations

from jettison.catalogue.reader import removal_hook, removal_script
from jettison.facts import Project
from jettison.lift.environment import BuiltEnvironment, NotApart, environment_of
from jettison.lift.stage import FinalStage
from jettison.removal.listing import HEAD, HOOK, LIST, SCRIPT
from jettison.values import Evidence, Origin

# By so many characters a file is known as one that was written here.
OPENING = 40


def place_of_removal(project: Project, stage: FinalStage) -> BuiltEnvironment | NotApart:
    """Return the environment that files can be removed from, or why there is none."""
    for name, opening in ((LIST, HEAD), (SCRIPT, removal_script()), (HOOK, removal_hook())):
        path = project.own(name)
        if not project.texts.get(path, opening).startswith(opening[:OPENING]):
            message = f"{path} is a file of the project's own"
            return NotApart(
                evidence=Evidence(kind="file", message=message, origin=Origin(file=path))
            )
    return environment_of(project, stage)
