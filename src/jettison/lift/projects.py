"""Commands that install what a project declares in a file of its own: with uv, Poetry or pip."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from jettison.facts import Project
from jettison.lift.action import Action, lifted_run
from jettison.lift.distribution import feeding_stages
from jettison.lift.selection import Selection, selection_of
from jettison.lift.stage import lifted
from jettison.project.commands import PipInstall, ProjectInstall
from jettison.project.declarations import members
from jettison.project.declarations.pyproject import project_name
from jettison.project.dockerfile import Stage, copy, final_environment, mounts

PYPROJECT = "pyproject.toml"
PIPFILE = "Pipfile"
SETUP = ("setup.cfg", "setup.py")
PYLOCK = re.compile(r"pylock(\.[^/.]+)?\.toml")
LOCKS = {"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock", "pipenv": "Pipfile.lock"}


class ProjectRequest(Struct, frozen=True, kw_only=True):
    """A command that installs a project's declarations.

    ``folder`` holds ``file``, which declares, and ``lock`` is the lock file that goes with the
    tool (None when there is none); both are relative to the project root.
    """

    tool: str
    folder: str
    file: str
    lock: str | None
    selection: Selection
    action: Action
    fact: ProjectInstall | PipInstall
    stage: Stage


def project_requests(project: Project) -> tuple[ProjectRequest, ...]:
    """The commands in the stages that make the image; those whose file is not there are left out.

    Raises InputSyntaxError for a declaring file that is not valid.
    """
    return tuple(_requests(project))


def _requests(project: Project) -> Iterator[ProjectRequest]:
    for stage in feeding_stages(lifted(project)):
        for item in stage.instructions:
            for action in lifted_run(item).actions if item.keyword == "RUN" else ():
                found = _request(project, stage, action)
                if found is not None:
                    yield found


def _request(project: Project, stage: Stage, action: Action) -> ProjectRequest | None:
    fact = action.fact
    if isinstance(fact, PipInstall) and (lock := _pylock(project, stage, fact)):
        return _of_pylock(project, stage, action, fact, lock)
    names: tuple[str, ...] = (PYPROJECT, *SETUP)
    tool = "pip"
    if isinstance(fact, ProjectInstall):
        tool, names = fact.tool, (_declaring_name(fact),)
    elif isinstance(fact, PipInstall) and (words := _local(fact)):
        inner = posixpath.normpath(words[0].partition("[")[0])
        if not inner.startswith("/") and inner != ".":
            names = tuple(f"{inner}/{name}" for name in names)
    else:
        return None
    file = next((f for name in names if (f := _file(project, stage, name)) is not None), None)
    if file is None:
        return None
    if isinstance(fact, ProjectInstall) and (member := fact.options.value("--package")):
        file = _member(project, file, member) or file
    variables = final_environment(project.dockerfile, stage, project.build_arguments).env
    text = project.texts[file] if file.endswith(("toml", PIPFILE)) else ""
    return ProjectRequest(
        tool=tool,
        folder=posixpath.dirname(file),
        file=file,
        lock=_lock(project, file, LOCKS.get(tool, "")),
        selection=selection_of(fact, text, variables, file=file),
        action=action,
        fact=fact,
        stage=stage,
    )


def _declaring_name(fact: ProjectInstall) -> str:
    if fact.tool == "conda":
        return posixpath.basename(fact.options.value("-f", "--file") or "environment.yml")
    return PIPFILE if fact.tool == "pipenv" else PYPROJECT


def _pylock(project: Project, stage: Stage, fact: PipInstall) -> str | None:
    """The lock of the standard format that a command is given."""
    names = (posixpath.basename(path) for path in fact.requirement_files)
    return next((_file(project, stage, name) for name in names if PYLOCK.fullmatch(name)), None)


def _of_pylock(
    project: Project, stage: Stage, action: Action, fact: PipInstall, lock: str
) -> ProjectRequest:
    """A lock stands for what it holds; the file beside it declares, when there is one."""
    beside = posixpath.join(posixpath.dirname(lock), PYPROJECT)
    return ProjectRequest(
        tool="pylock",
        folder=posixpath.dirname(lock),
        file=beside if beside in project.texts else lock,
        lock=lock,
        selection=Selection(),
        action=action,
        fact=fact,
        stage=stage,
    )


def _local(fact: PipInstall) -> list[str]:
    """The words that mean the project itself, or the file that declares what it needs."""
    words = [word.text for word in fact.requirements] + list(fact.editable)
    local = [word for word in words if word.startswith((".", "/")) and not word.endswith(".whl")]
    files = [posixpath.dirname(p) or "." for p in fact.requirement_files if is_declaring(p)]
    # A group is of the pyproject.toml here, or of the one before a colon.
    groups = [posixpath.dirname(group.rpartition(":")[0]) or "." for group in fact.groups]
    return local + files + groups


def is_declaring(path: str) -> bool:
    """Whether a file given to ``-r`` is one that declares a project, or the lock of one."""
    name = posixpath.basename(path)
    return name in (PYPROJECT, *SETUP) or PYLOCK.fullmatch(name) is not None


def _file(project: Project, stage: Stage, name: str) -> str | None:
    """The declaring file by what a stage copies or mounts, else at the top of the context."""
    for folder in (*_folders(stage, posixpath.basename(name)), ""):
        path = project.in_context(posixpath.join(folder, name))
        if path in project.texts:
            return path
    return None


def _folders(stage: Stage, name: str) -> Iterator[str]:
    for item in stage.instructions:
        sources: list[str] = []
        if item.keyword in ("COPY", "ADD") and copy(item).stage is None:
            sources = list(copy(item).sources)
        elif item.keyword == "RUN":
            sources = [m.source for m in mounts(item) if m.type == "bind" and m.source]
        for source in sources:
            path = posixpath.normpath(source.rstrip("*"))
            yield posixpath.dirname(path) if posixpath.basename(path) == name else path


def _member(project: Project, file: str, name: str) -> str | None:
    """The file of a workspace's member."""
    for folder in members(project.texts[file], project.texts, file=file):
        path = posixpath.join(folder, PYPROJECT)
        if project_name(project.texts[path], file=path) == name:
            return path
    return None


def _lock(project: Project, file: str, name: str) -> str | None:
    """The lock beside the declaring file, or in the workspace above it."""
    folder = posixpath.dirname(file)
    while name:
        path = posixpath.join(folder, name)
        if path in project.texts:
            return path
        if not folder:
            break
        folder = posixpath.dirname(folder)
    return None
