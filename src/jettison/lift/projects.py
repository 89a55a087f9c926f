"""Commands that install what a project declares in a file of its own: with uv, Poetry or pip."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.ecosystems import OF_PROJECTS, TOOLS
from jettison.ecosystems.commands import PipInstall, ProjectInstall
from jettison.ecosystems.declaration import Declaration, Kind
from jettison.ecosystems.finding import PYPROJECT, members, project_name
from jettison.ecosystems.pip import PIP, PYLOCK
from jettison.ecosystems.poetry import optional_groups
from jettison.ecosystems.tool import Tool
from jettison.formats.dockerfile import COPIES, Instruction, Stage, copy, final_environment, mounts
from jettison.formats.toml import read_toml
from jettison.lift import Project
from jettison.lift.action import Action, actions_in, lifted_run
from jettison.lift.build_context import context_path, feeding_stages, may_read
from jettison.lift.stage import lifted, lifted_stage
from jettison.values import FALSE, outwards

MAIN = "main"
DEVELOPMENT = "dev"
# Options that omit every group, but for those requested by name.
NO_GROUPS = ("--no-default-groups", "--prod", "--production")


class Selection(Struct, frozen=True, kw_only=True):
    """What a command takes; names are normalized.

    ``only`` leaves everything else out when it is not empty; ``defaults`` are the groups that come
    unasked, None for all; ``optional`` never come unasked.
    """

    extras: frozenset[str] = frozenset()
    all_extras: bool = False
    only: frozenset[str] = frozenset()
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    defaults: frozenset[str] | None = frozenset()
    optional: frozenset[str] = frozenset()

    def takes(self, one: Declaration) -> bool:
        """Whether a declaration is installed."""
        group = canonicalize_name(one.group)
        if one.kind is Kind.MAIN:
            return not self.only or MAIN in self.only
        if one.kind is Kind.OPTIONAL:
            return not self.only and (self.all_extras or group in self.extras)
        if self.only:
            return group in self.only
        return group not in self.excluded and (group in self.included or self._unasked(group))

    def _unasked(self, group: str) -> bool:
        if self.defaults is None:
            return group not in self.optional
        return group in self.defaults


def selection_of(
    fact: ProjectInstall | PipInstall, text: str, environment: Mapping[str, str], *, file: str
) -> Selection:
    """Read what a command asks for, with the defaults that the project's file sets.

    ``text`` is the file that declares, ``environment`` the variables the command runs with. Raises
    InputSyntaxError with the line for bad TOML.
    """
    if isinstance(fact, PipInstall):
        return _of_pip(fact)
    options = fact.options
    tool, declared = OF_PROJECTS[fact.tool], read_toml(text, file)
    unasked = tool.unasked(declared, fact.development)
    defaults = None if unasked is None else _names(unasked)
    excluded = set(fact.without_groups)
    if options.has(*NO_GROUPS) or fact.action in tool.bare:
        defaults = frozenset()
    if options.has("--no-dev") or environment.get(tool.production, "").lower() not in ("", *FALSE):
        excluded.add(DEVELOPMENT)
    if options.has("--all-groups", "--all"):
        defaults = None
    return Selection(
        extras=_names((*fact.extras, *(fact.with_groups if tool.groups_or_extras else ()))),
        all_extras=fact.all_extras or options.has("--all"),
        only=_names(_only(fact)),
        included=_names(fact.with_groups) - _names(excluded),
        excluded=_names(excluded),
        defaults=defaults,
        optional=frozenset() if options.has("--all-groups") else _names(optional_groups(declared)),
    )


def _only(fact: ProjectInstall) -> Collection[str]:
    if fact.options.has("--only-dev", "--dev-only"):
        return (DEVELOPMENT,)
    return ("",) if fact.options.has("--only-root") else fact.only_groups


def _of_pip(fact: PipInstall) -> Selection:
    """Pip installs groups beside its arguments, and nothing else by default."""
    groups = _names(group.rpartition(":")[2] for group in fact.groups)
    words = (*(word.text for word in fact.requirements), *fact.editable)
    project = any(word.startswith((".", "/")) for word in words) or any(
        path.endswith(PIP.declares) for path in fact.requirement_files
    )
    return Selection(
        extras=_extras_of_words(fact),
        included=groups if project else frozenset(),
        only=frozenset() if project else groups,
    )


def _extras_of_words(fact: PipInstall) -> frozenset[str]:
    words = (*(word.text for word in fact.requirements), *fact.editable)
    local = [word for word in words if word.startswith((".", "/"))]
    named = [word.partition("[")[2].rstrip("]").split(",") for word in local if "[" in word]
    options = [option.value or "" for option in fact.options.every("--extra")]
    return _names(name for names in (*named, options) for name in names if name.strip())


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(canonicalize_name(name.strip()) for name in names)


PIPFILE = "Pipfile"
PYLOCK_NAME = re.compile(r"pylock(\.[^/.]+)?\.toml")


class ProjectRequest(Struct, frozen=True, kw_only=True):
    """A command that installs a project's declarations.

    ``folder`` holds ``file``, which declares, and ``lock`` is the lock file that goes with the
    tool (None when there is none); both are relative to the project root.
    """

    tool: Tool
    folder: str
    file: str
    lock: str | None
    selection: Selection
    action: Action
    fact: ProjectInstall | PipInstall
    stage: Stage


def project_requests(project: Project) -> tuple[ProjectRequest, ...]:
    """The commands in the stages that make the image; those whose file is not there are omitted.

    Raises InputSyntaxError for a declaring file that is not valid.
    """
    return tuple(_requests(project))


def _requests(project: Project) -> Iterator[ProjectRequest]:
    for stage in feeding_stages(lifted(project)):
        for action in actions_in(stage.instructions):
            found = _request(project, stage, action)
            if found is not None:
                yield found


def _request(project: Project, stage: Stage, action: Action) -> ProjectRequest | None:
    fact = action.fact
    if isinstance(fact, PipInstall) and (lock := _pylock(project, stage, action, fact)):
        return _of_pylock(project, stage, action, fact, lock)
    tool = OF_PROJECTS[fact.tool] if isinstance(fact, ProjectInstall) else PIP
    names = tool.declares
    if isinstance(fact, ProjectInstall):
        names = (posixpath.basename(fact.file),) if fact.file else names
    elif isinstance(fact, PipInstall) and (words := _local(fact)):
        inner = posixpath.normpath(words[0].partition("[")[0])
        if not inner.startswith("/") and inner != ".":
            names = tuple(f"{inner}/{name}" for name in names)
    else:
        return None
    file = next((f for name in names if (f := _file(project, stage, action, name))), None)
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
        lock=_lock(project, action, file, tool.lock),
        selection=selection_of(fact, text, variables, file=file),
        action=action,
        fact=fact,
        stage=stage,
    )


def _pylock(project: Project, stage: Stage, action: Action, fact: PipInstall) -> str | None:
    """The lock of the standard format that a command is given."""
    names = (posixpath.basename(path) for path in fact.requirement_files)
    return next(
        (_file(project, stage, action, name) for name in names if PYLOCK_NAME.fullmatch(name)), None
    )


def _of_pylock(
    project: Project, stage: Stage, action: Action, fact: PipInstall, lock: str
) -> ProjectRequest:
    """A lock stands for what it holds; the file beside it declares, when there is one."""
    beside = posixpath.join(posixpath.dirname(lock), PYPROJECT)
    return ProjectRequest(
        tool=PYLOCK,
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
    return name in PIP.declares or PYLOCK_NAME.fullmatch(name) is not None


def _file(project: Project, stage: Stage, action: Action, name: str) -> str | None:
    """The declaring file in a command's folder, or by what is copied, or of the whole context."""
    here = lifted_stage(project, stage)
    path = posixpath.join(here.folder_of(action), name)
    if (found := context_path(project, here, action.instruction, path)) is not None:
        return project.in_context(found)
    for folder in (*_folders(stage, posixpath.basename(name)), ""):
        path = project.in_context(posixpath.join(folder, name))
        if path in project.texts:
            return path
    return None


def _folders(stage: Stage, name: str) -> Iterator[str]:
    for item in stage.instructions:
        sources: list[str] = []
        if item.keyword in COPIES and copy(item).stage is None:
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


def _lock(project: Project, action: Action, file: str, name: str) -> str | None:
    """The lock beside the declaring file, or in the workspace above it, that a command can read."""
    folders = (*outwards(posixpath.dirname(file)), "")
    paths = (posixpath.join(folder, name) for folder in folders if name)
    path = next((path for path in paths if path in project.texts), None)
    return path if path and may_read(project, action.instruction, path, _makes) else None


def _makes(item: Instruction) -> frozenset[str]:
    """The locks that a RUN makes itself."""
    words = [action.command.words for action in lifted_run(item).actions]
    return frozenset(
        tool.lock
        for tool in TOOLS.values()
        if tool.lock and any({tool.name, "lock"} <= set(each) for each in words)
    )
