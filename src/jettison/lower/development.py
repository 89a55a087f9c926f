"""The development image: all requirements, reload, and a compose file that mounts the source."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from jettison.ecosystems import OF_PROJECTS
from jettison.ecosystems.commands import PipInstall, ProjectInstall
from jettison.ecosystems.pip import LISTS
from jettison.formats.dockerfile import Instruction
from jettison.formats.dockerfile import copy as copy_of
from jettison.formats.dockerfile.lines import in_exec_form
from jettison.lift import Project
from jettison.lift.action import ActionKind, actions_in, lifted_run
from jettison.lift.build_context import context_path
from jettison.lift.stage import lifted, lifted_stage
from jettison.lower import Edits, comment, edited, ended, line_of
from jettison.lower.removed_files import is_removal
from jettison.lower.requirements import development_of
from jettison.plan.changes import AddDevelopment


def with_development_group(item: Instruction) -> str | None:
    """Give the text of a RUN that takes the development group along; None when it does already."""
    text = item.text
    for action in lifted_run(item).actions:
        fact = action.fact
        if not isinstance(fact, ProjectInstall) or fact.development:
            continue
        tool = OF_PROJECTS[fact.tool]
        shown = text
        if tool.refusals:
            shown = re.sub(rf"[ \t]+(?:{tool.refusals})(?![\w-])", "", text)
        asking = tool.asking.get(fact.action)
        if shown == text and asking:
            verb = rf"\b{fact.tool}(?:[ \t]+-\S+)*[ \t]+{fact.action}\b"
            shown = re.sub(verb, rf"\g<0> {asking}", text, count=1)
        text = shown
    return text if text != item.text else None


DEVELOPMENT_DOCKERFILE = "Dockerfile.dev"


def add_development(project: Project, change: AddDevelopment) -> Mapping[str, str]:
    """Write ``Dockerfile.dev`` beside the Dockerfile, and a compose file where there is one."""
    folder = posixpath.dirname(project.dockerfile_path)
    path = posixpath.join(folder, DEVELOPMENT_DOCKERFILE)
    texts = {path: development_dockerfile(project, change)}
    if project.compose_path and project.service:
        from jettison.lower.compose_files import (  # noqa: PLC0415 — loads PyYAML
            COMPOSE,
            development_compose,
        )

        compose = posixpath.join(posixpath.dirname(project.compose_path), COMPOSE)
        texts[compose] = development_compose(
            change,
            service=project.service,
            project=project.name,
            dockerfile=posixpath.relpath(path, project.context or "."),
        )
    return texts


def development_dockerfile(project: Project, change: AddDevelopment) -> str:
    """The production Dockerfile with all requirements, with reload, and as root.

    Root, because the mounted source belongs to a user of the host whose number is not known here.
    """
    stage = lifted(project)
    replaced: dict[int, str] = {}
    for item in project.dockerfile.instructions:
        text = _with_development_files(project, item)
        if text is not None:
            replaced[line_of(item)] = text
        if is_removal(item):
            replaced[line_of(item)] = ""
    for item in stage.instructions:
        if item.keyword == "USER" or _compiles(item):
            replaced[line_of(item)] = ""
        elif item.keyword == "CMD" and change.command:
            replaced[line_of(item)] = f"CMD {in_exec_form(change.command)}\n"
    head = comment(
        "For development: all requirements, and reload; the source is mounted over the copy."
    )
    first = line_of(project.dockerfile.instructions[0])
    edits = Edits(before={first: f"{head}\n"}, replaced=replaced)
    return ended(edited(project.dockerfile, edits))


def _with_development_files(project: Project, item: Instruction) -> str | None:
    """A COPY or RUN that names a requirements file, naming the development file as well."""
    if item.keyword == "RUN":
        return _installing(project, item) or with_development_group(item)
    if item.keyword != "COPY" or copy_of(item).stage is not None:
        return None
    text, more, copied = item.text, "", copy_of(item)
    into = copied.destination
    folder = into.endswith("/") or not posixpath.splitext(into)[1] or len(copied.sources) > 1
    lists = _installed(project)
    for source in copied.sources:
        # a script and one of it for development, `start.sh` and `start-dev.sh`, are no lists
        known = posixpath.basename(source) in lists or LISTS.search(source)
        path = _list_for(project, source) if known else None
        if path is not None and path in map(posixpath.normpath, copied.sources):
            continue
        beside = path is not None and _from(source, path) == posixpath.basename(path)
        if path is not None and folder and beside:
            text = text.replace(source, f"{source} {path}", 1)
        elif path is not None:
            place = posixpath.join(into if folder else posixpath.dirname(into), _from(source, path))
            more += f"COPY {path} {posixpath.dirname(place) or '.'}/\n"
    if text != item.text and not into.endswith("/"):
        text = re.sub(r"(\S+)\s*$", r"\1/\n", text)
    return ended(text) + more if text != item.text or more else None


def _installed(project: Project) -> frozenset[str]:
    """The names of the files that commands of the Dockerfile install from."""
    return frozenset(
        posixpath.basename(path)
        for action in actions_in(project.dockerfile.instructions)
        if isinstance(action.fact, PipInstall)
        for path in action.fact.requirement_files
    )


def _from(production: str, development: str) -> str:
    """The path of a development file as seen from the folder of the production file."""
    return posixpath.relpath(development, posixpath.dirname(posixpath.normpath(production)) or ".")


def _installing(project: Project, item: Instruction) -> str | None:
    text = item.text
    stages = (lifted_stage(project, stage) for stage in project.dockerfile.stages)
    stage = next((one for one in stages if item in one.instructions), None)
    for action in lifted_run(item).actions:
        for path in action.fact.requirement_files if isinstance(action.fact, PipInstall) else ():
            found = context_path(project, stage, item, path) if stage else None
            source = found or posixpath.basename(path)
            new = _list_for(project, source)
            if new is not None:
                both = "" if _includes(project, new, path) else f" {path} -r"
                shown = posixpath.join(posixpath.dirname(path), _from(source, new))
                text = text.replace(f" {path}", f"{both} {shown}", 1)
    return text if text != item.text else None


def _list_for(project: Project, path: str) -> str | None:
    """The development file to install with a production file; none that needs another one."""
    found = development_of(project, path)
    if found == posixpath.normpath(path):
        return None  # it is the one for development
    if found is None or not project.is_whole(project.in_context(found)):
        return None
    if _includes(project, found, path):
        return found
    return None if project.requirements_file(found)[1:] else found


def _includes(project: Project, path: str, production: str) -> bool:
    """Whether a development file brings the production file with it."""
    return any(
        posixpath.basename(file.file) == production.rpartition("/")[2]
        for file in project.requirements_file(path)[1:]
    )


def _compiles(item: Instruction) -> bool:
    if item.keyword != "RUN":
        return False
    actions = lifted_run(item).actions
    return bool(actions) and all(
        action.kind is ActionKind.APPLICATION and "compileall" in action.text for action in actions
    )
