"""The requirements files that the image is installed from."""

from __future__ import annotations

from jettison.facts import Project
from jettison.lift.action import lifted_run
from jettison.lift.installation import context_path
from jettison.lift.stage import lifted
from jettison.project.commands import PipInstall
from jettison.project.requirements import RequirementsFile


def production_files(project: Project) -> tuple[RequirementsFile, ...]:
    """The files that pip or uv reads while the image is built, in any stage, includes too.

    Files that are not part of the project are left out.
    """
    stage = lifted(project)
    found: dict[str, RequirementsFile] = {}
    for item in project.dockerfile.instructions:
        if item.keyword != "RUN":
            continue
        for action in lifted_run(item).actions:
            if isinstance(action.fact, PipInstall):
                for path in action.fact.requirement_files:
                    source = context_path(stage, path) or path.rpartition("/")[2]
                    if project.in_context(source) in project.texts:
                        files = project.requirements_file(source)
                        found.update((file.file, file) for file in files)
    return tuple(found.values())
