"""Takes files out of the environment: a list beside the Dockerfile, and a step that applies it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jettison.catalogue.reader import removal_hook, removal_script
from jettison.changes import RemoveFiles
from jettison.facts import Project
from jettison.lift.environment import BuiltEnvironment, NotApart
from jettison.lift.stage import lifted
from jettison.lower.text import Edits, comment, edited, ended, line_of
from jettison.project.dockerfile import Instruction
from jettison.removal.listing import (
    HEAD,
    HOOK,
    LIST,
    MANIFEST,
    MANIFEST_FOLDER,
    SCRIPT,
    takes_modules,
    told,
    written,
)
from jettison.removal.place import place_of_removal

FOLDER = "/removal"
REASON = "What no running application needs leaves the environment; the list names it, and why."


def remove_files(project: Project, change: RemoveFiles) -> Mapping[str, str]:
    """Add the groups to the list; write the script and the step where they are not there yet."""
    found = place_of_removal(project, lifted(project))
    if isinstance(found, NotApart):
        return {}
    path = project.in_context(LIST)
    text = project.texts.get(path, HEAD) + written(change.groups) + told(change.unproven)
    explained = takes_modules(text)
    names = (LIST, SCRIPT, HOOK) if explained else (LIST, SCRIPT)
    texts = {path: text, project.in_context(SCRIPT): removal_script(), **let_in(project, names)}
    if explained:
        texts[project.in_context(HOOK)] = removal_hook()
    texts[project.dockerfile_path] = edited(project.dockerfile, _edits(found, explained))
    return texts


def _edits(found: BuiltEnvironment, explained: bool) -> Edits:
    """Put the step behind what makes the environment, or let the one that is there explain too."""
    stage = found.stage.name or str(found.stage.index)
    told = f"COPY --from={stage} {MANIFEST_FOLDER} {MANIFEST_FOLDER}\n" if explained else ""
    copying, running = _copy(explained), _run(found, explained)
    old = {
        line_of(item): copying if is_copy_of_list(item) else running
        for item in found.stage.instructions
        if is_copy_of_list(item) or _is_step(item)
    }
    if not old:
        text = f"\n{comment(REASON)}{copying}{running}"
        return Edits(after={line_of(found.last): text, line_of(found.copied): told})
    if not explained or any(HOOK in item.text for item in found.stage.instructions):
        return Edits()
    return Edits(replaced=old, after={line_of(found.copied): told})


def let_in(project: Project, names: Iterable[str]) -> Mapping[str, str]:
    """The ignore file with exceptions for what the step copies, where it keeps that out."""
    ignore = project.ignore
    out = [name for name in names if ignore and ignore.ignores(name)]
    if not out:
        return {}
    lines = "".join(f"!{name}\n" for name in out)
    return {project.ignore_path: f"{ended(project.texts[project.ignore_path])}{lines}"}


def _copy(explained: bool) -> str:
    return f"COPY {LIST} {SCRIPT} {f'{HOOK} ' if explained else ''}{FOLDER}/\n"


def _run(found: BuiltEnvironment, explained: bool) -> str:
    """The instruction that carries the list out, and writes down what it did."""
    python = f"{found.path}/bin/python" if found.virtual else "python3"
    text = f"RUN {python} -I {FOLDER}/{SCRIPT} {FOLDER}/{LIST} {found.path}"
    if not explained:
        return f"{text}\n"
    return (
        f"{text} {FOLDER}/removed \\\n"
        f"    && {python} -I {FOLDER}/{HOOK} \\\n"
        f"        {FOLDER}/{LIST} {FOLDER}/removed {found.path} {MANIFEST}\n"
    )


def is_removal(item: Instruction) -> bool:
    """Whether an instruction belongs to the step."""
    return _is_step(item) or is_manifest(item) or is_copy_of_list(item)


def is_manifest(item: Instruction) -> bool:
    """Whether an instruction copies the manifest of what was removed into the final stage."""
    return item.keyword == "COPY" and MANIFEST_FOLDER in item.text


def is_copy_of_list(item: Instruction) -> bool:
    """Whether an instruction copies the list into the build stage."""
    return item.keyword == "COPY" and f"{LIST} {SCRIPT}" in item.text


def _is_step(item: Instruction) -> bool:
    return item.keyword == "RUN" and f"{SCRIPT} " in item.text and LIST in item.text
