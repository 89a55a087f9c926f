"""Takes files out of the environment: a list beside the Dockerfile, and a step that applies it."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.catalogue.reader import removal_script
from jettison.changes import RemoveFiles
from jettison.facts import Project
from jettison.lift.environment import BuiltEnvironment, NotApart, environment_of
from jettison.lift.stage import lifted
from jettison.lower.text import Edits, comment, edited, line_of
from jettison.project.dockerfile import Instruction
from jettison.removal.listing import HEAD, LIST, SCRIPT, written

FOLDER = "/removal"
REASON = "What no running application needs leaves the environment; the list names it, and why."


def remove_files(project: Project, change: RemoveFiles) -> Mapping[str, str]:
    """Add the groups to the list; write the script and the step when they are not there yet."""
    found = environment_of(project, lifted(project))
    if isinstance(found, NotApart):
        return {}
    path = project.in_context(LIST)
    listed = project.texts.get(path, HEAD)
    texts = {path: listed + written(change.groups)}
    if not any(_is_step(item) for item in found.stage.instructions):
        texts[project.in_context(SCRIPT)] = removal_script()
        texts[project.dockerfile_path] = edited(
            project.dockerfile, Edits(after={line_of(found.last): f"\n{step(found)}"})
        )
    return texts


def step(found: BuiltEnvironment) -> str:
    """The instructions that carry the list out at the end of a build stage."""
    python = f"{found.path}/bin/python" if found.virtual else "python3"
    return (
        f"{comment(REASON)}"
        f"COPY {LIST} {SCRIPT} {FOLDER}/\n"
        f"RUN {python} -I {FOLDER}/{SCRIPT} {FOLDER}/{LIST} {found.path}\n"
    )


def is_removal(item: Instruction) -> bool:
    """Whether an instruction belongs to the step."""
    return _is_step(item) or (item.keyword == "COPY" and f"{LIST} {SCRIPT}" in item.text)


def _is_step(item: Instruction) -> bool:
    return item.keyword == "RUN" and f"{SCRIPT} " in item.text and LIST in item.text
