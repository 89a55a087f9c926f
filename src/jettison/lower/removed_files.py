"""The step that removes files from an environment that the final stage copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jettison.catalogue import removal_hook, removal_script
from jettison.formats.dockerfile import Instruction
from jettison.lift import Project
from jettison.lift.stage import lifted
from jettison.lift.stages import BuiltEnvironment, NotApart
from jettison.lower import FOLDER, Edits, comment, edited, ended, line_of
from jettison.plan.changes import RemoveFiles
from jettison.plan.removal.listing import (
    HEAD,
    HOOK,
    LIST,
    MANIFEST,
    MANIFEST_FOLDER,
    REMOVED,
    SCRIPT,
    takes_modules,
    told,
    written,
)
from jettison.plan.system_removal import place_of_removal

REASON = (
    "Remove from the environment what no running application needs; the list says what and why."
)


def remove_files(project: Project, change: RemoveFiles) -> Mapping[str, str]:
    """Add the groups to the list; write the script and the step where they are not there yet.

    What is taken out of the final stage gets its step later, with the stage that starts from
    nothing.
    """
    found = place_of_removal(project, lifted(project))
    if isinstance(found, NotApart) and not change.late:
        return {}
    path = project.own(LIST)
    text = project.texts.get(path, HEAD) + written(change.groups) + told(change.unproven)
    explained = takes_modules(text)
    names = (LIST, SCRIPT, HOOK) if explained else (LIST, SCRIPT)
    texts = {path: text, project.own(SCRIPT): removal_script(), **let_in(project, names)}
    if explained:
        texts[project.own(HOOK)] = removal_hook()
    if isinstance(found, BuiltEnvironment) and not change.late:
        texts[project.dockerfile_path] = edited(
            project.dockerfile, _edits(project, found, explained)
        )
    return texts


def _edits(project: Project, found: BuiltEnvironment, explained: bool) -> Edits:
    """Put the step behind what makes the environment, or let the one that is there explain too."""
    stage = found.stage.name or str(found.stage.index)
    told = f"COPY --from={stage} {MANIFEST_FOLDER} {MANIFEST_FOLDER}\n" if explained else ""
    running = _run(project, found, explained)
    old = {line_of(item): running for item in found.stage.instructions if _is_step(item)}
    if not old:
        text = f"\n{comment(REASON)}{running}"
        return Edits(after={line_of(found.last): text, line_of(found.copied): told})
    if not explained or any(HOOK in item.text for item in found.stage.instructions):
        return Edits()
    return Edits(replaced=old, after={line_of(found.copied): told})


def let_in(project: Project, names: Iterable[str]) -> Mapping[str, str]:
    """The ignore file with an exception for what steps read, where it keeps that out."""
    ignore, folder = project.ignore, project.own_folder
    if not ignore or not any(ignore.ignores(f"{folder}/{name}") for name in names):
        return {}
    return {project.ignore_path: f"{ended(project.texts[project.ignore_path])}!{folder}\n"}


def mounted(project: Project) -> str:
    """The mount by which a step sees the files that are added for the build."""
    return f"--mount=type=bind,source={project.own_folder},target={FOLDER}"


def _run(project: Project, found: BuiltEnvironment, explained: bool) -> str:
    """The instruction that carries the list out, and writes down what it did."""
    python = f"{found.path}/bin/python" if found.virtual else "python3"
    text = (
        f"RUN {mounted(project)} \\\n    {python} -I {FOLDER}/{SCRIPT} {FOLDER}/{LIST} {found.path}"
    )
    if not explained:
        return f"{text}\n"
    return (
        f"{text} {REMOVED} \\\n"
        f"    && {python} -I {FOLDER}/{HOOK} \\\n"
        f"        {FOLDER}/{LIST} {REMOVED} {found.path} {MANIFEST}\n"
    )


def is_removal(item: Instruction) -> bool:
    """Whether an instruction belongs to the step."""
    return _is_step(item) or is_manifest(item)


def is_manifest(item: Instruction) -> bool:
    """Whether an instruction copies the manifest of what was removed into the final stage."""
    return item.keyword == "COPY" and MANIFEST_FOLDER in item.text


def _is_step(item: Instruction) -> bool:
    return item.keyword == "RUN" and f"{SCRIPT} " in item.text and LIST in item.text
