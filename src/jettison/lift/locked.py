"""How the final stage installs what a lock says, when a build stage can do it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from jettison.ecosystems import TOOLS
from jettison.ecosystems.commands import PipInstall, ProjectInstall, tool_setting
from jettison.ecosystems.tool import VIRTUAL, SourceKind, Tool
from jettison.ecosystems.uv import UV
from jettison.formats.dockerfile import Copy, Instruction, mounts, raw_pairs
from jettison.formats.toml import Table, read_toml
from jettison.lift import Project, brings_uv
from jettison.lift.action import FETCHING, Action, ActionKind, is_installer
from jettison.lift.declared import local_folders, locks_of
from jettison.lift.installation import Installation, NotMovable, installation_of
from jettison.lift.locked_obstacles import called, fixed_path, is_tool, obstacle, starts
from jettison.lift.own_environment import (
    beside_tool,
    is_apart,
    is_made_for,
    locked_place,
    repeated_beside,
)
from jettison.lift.projects import ProjectRequest, project_requests
from jettison.lift.stage import FinalStage
from jettison.values import Evidence, Origin


def environment_place(fact: ProjectInstall, stage: FinalStage, action: Action) -> str:
    """Where a build stage makes the environment: where it was when that can be named."""
    place, tool = locked_place(fact, stage, action), TOOLS[fact.tool]
    made = any(is_made_for(stage, each, action) for each in stage.of_kind(ActionKind.ENVIRONMENT))
    named = made or place.endswith("/.venv") or (tool.makes and place != tool.home)
    return place if named or not place else VIRTUAL


def replaced_place(tool: Tool, environment: str, stage: FinalStage) -> dict[str, str]:
    """The variable of a tool that has to name another environment than the Dockerfile's."""
    name = tool.placed
    said = posixpath.normpath(stage.environment.get(name, environment))
    return {name: environment} if name and said != environment else {}


class LockedInstallation(Struct, frozen=True, kw_only=True):
    """The commands of the final stage that install from a lock, and what a build stage needs.

    ``command`` is how the tool is called and ``options`` what follows, as
    it is written. ``files`` are the declaring file and the lock, relative to the context.
    ``environment`` is the path of the environment.
    ``installer`` is the instructions, or the requirements, that bring the tool, and ``settings``
    commands that configure it. ``sources`` are the copies that the project itself is built from,
    empty when it is not installed. ``starts`` are CMD and ENTRYPOINT where they say ``TOOL run``,
    with the words that do the same without it. ``called`` is where the Dockerfile calls the tool
    otherwise, and ``version_control`` where the lock has the first distribution that is fetched
    with git. ``before`` and ``after`` are what pip installs into the same environment, and
    ``apart`` its commands for the system, which stay.
    """

    tool: Tool
    actions: tuple[Action, ...]
    command: str
    options: str
    files: tuple[str, ...]
    folder: str
    environment: str
    installer: tuple[Instruction, ...] | str
    settings: tuple[str, ...]
    sources: tuple[Instruction, ...]
    starts: tuple[tuple[str, tuple[str, ...]], ...]
    called: Evidence | None
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    apart: tuple[Action, ...] = ()
    version_control: Origin | None

    @property
    def origin(self) -> Origin:
        """Where the first command stands."""
        return self.actions[0].origin

    @property
    def fetches(self) -> bool:
        """Whether the tool's own installer is fetched while the image is built."""
        return _fetches(self.installer)

    @property
    def bringing(self) -> tuple[Instruction, ...]:
        """The instructions that bring the tool."""
        return () if isinstance(self.installer, str) else self.installer


def _fetches(installer: tuple[Instruction, ...] | str) -> bool:
    return not isinstance(installer, str) and installer[-1].keyword == "RUN"


def movable(
    project: Project, stage: FinalStage, *, by_pip: bool = False
) -> Installation | LockedInstallation | NotMovable:
    """Find the installation in the final stage, by pip or from a lock.

    ``by_pip`` has pip repeat what it installs, also where uv could.
    """
    actions = stage.of_kind(ActionKind.LOCKED)
    facts = [action.fact for action in actions if isinstance(action.fact, ProjectInstall)]
    tools = {fact.tool for fact in facts}
    if len(tools) != 1 or any(
        fact.tool not in TOOLS or fact.action not in TOOLS[fact.tool].installs for fact in facts
    ):
        return installation_of(project, stage, by_pip=by_pip)
    tool = TOOLS[facts[0].tool]
    requests = [r for r in project_requests(project) if r.action in actions]
    reason = obstacle(project, stage, tool, actions)
    installer = _installer(stage, tool, actions[-1].command.words[0])
    place = environment_place(facts[-1], stage, actions[-1])
    if reason or not requests or installer is None or not place:
        unknown = f"how {tool.name} gets there" if place else "where the environment is made"
        reason = reason or f"{unknown} is not understood"
        evidence = Evidence.of("installation", reason, actions[0].origin)
        return NotMovable(evidence=evidence)
    found = _found(project, stage, requests[-1], installer, place)
    fixed = fixed_path(project, stage) if found.environment == VIRTUAL else None
    return NotMovable(evidence=fixed) if fixed else found


def new_place(found: Installation | LockedInstallation) -> str:
    """Give where the environment of a build stage is: where the Dockerfile has one of its own."""
    if isinstance(found, LockedInstallation):
        return found.environment
    return found.own.path if found.own else VIRTUAL


def _found(
    project: Project,
    stage: FinalStage,
    request: ProjectRequest,
    installer: tuple[Instruction, ...] | str,
    place: str,
) -> LockedInstallation:
    last, tool = request.action, request.tool
    prefix = project.prefix
    own = (posixpath.join(request.folder, name).removeprefix(prefix) for name in tool.files)
    files = (request.file, request.lock or "", *(path for path in own if path in project.files))
    words = last.command.words[1:]
    named = tool.names(_declaring(project, request), words)
    plain = tuple(starts(tool, stage, named, words))
    if set(tool.reads) & set(project.files):
        plain = ()
    beside = beside_tool(stage)
    apart = tuple(each for each in beside if is_apart(stage, each, last))
    repeated = [each for each in beside if each not in apart]
    first = stage.actions.index(stage.of_kind(ActionKind.LOCKED)[0])
    return LockedInstallation(
        tool=tool,
        actions=stage.of_kind(ActionKind.LOCKED),
        command=_command(request, installer),
        options=" ".join(_options(last, tool)),
        files=tuple(path.removeprefix(prefix) for path in files if path),
        folder=stage.folder_of(last),
        environment=place,
        installer=installer,
        settings=tuple(_settings(stage)),
        sources=_sources(project, stage, request),
        starts=tuple((each.keyword, words) for each, words in plain),
        called=called(tool, stage, [each for each, _ in plain]) or _called_beside(tool, apart),
        before=_repeated(a for a in repeated if stage.actions.index(a) < first),
        after=_repeated(a for a in repeated if stage.actions.index(a) > first),
        apart=apart,
        version_control=next(
            (
                one.origin
                for lock in locks_of(project)
                for one in lock.distributions
                if one.source is SourceKind.GIT
            ),
            None,
        ),
    )


def _repeated(actions: Iterable[Action]) -> tuple[tuple[str, ...], ...]:
    return tuple(repeated_beside(action) for action in actions)


def _called_beside(tool: Tool, apart: Iterable[Action]) -> Evidence | None:
    """Where a step that stays installs with the tool, as uv does."""
    by_uv = (a for a in apart if isinstance(a.fact, PipInstall) and a.fact.by_uv)
    found = next(by_uv, None) if tool.name == UV.name else None
    if found is None:
        return None
    return Evidence.of("command", f"`{found.short}` calls it", found.origin)


def _sources(
    project: Project, stage: FinalStage, request: ProjectRequest
) -> tuple[Instruction, ...]:
    """The copies in front of the installation, when it installs the project itself."""
    linked = bool(local_folders(project, request)) and any(
        one.source is SourceKind.EDITABLE
        for lock in locks_of(project)
        for one in lock.distributions
    )
    words = request.action.command.words[1:]
    if not request.tool.package(_declaring(project, request), words, linked):
        return ()
    line = request.action.instruction.origin.at
    copies = (item for item, copied in stage.copies if copied.stage is None)
    return tuple(item for item in copies if item.origin.at < line)


def _command(request: ProjectRequest, installer: tuple[Instruction, ...] | str) -> str:
    """How the tool is called: by its path where its own installer put it beside PATH."""
    action = request.fact.action if isinstance(request.fact, ProjectInstall) else ""
    first = request.action.command.tokens[0].raw
    called = first if _fetches(installer) and "/" in first else request.tool.name
    return f"{called} {action}".strip()


def _declaring(project: Project, request: ProjectRequest) -> Table:
    return read_toml(project.texts[request.file], request.file)


def _options(action: Action, tool: Tool) -> Iterator[str]:
    """The words behind the command as they are written."""
    tokens = action.command.tokens
    last = {each.split()[-1] for each in tool.installs}
    start = next(n for n, token in enumerate(tokens) if token.text in last)
    yield from (token.raw for token in tokens[start + 1 :] if token.text not in tool.left_out)


def _settings(stage: FinalStage) -> Iterator[str]:
    """The commands that configure the tool, but for where its environments are."""
    for action in stage.of_kind(ActionKind.SETTING):
        setting = tool_setting(action.command)
        if setting and not setting[0].startswith(("virtualenvs.", "venv.", "python.")):
            yield action.text


def _installer(stage: FinalStage, tool: Tool, called: str) -> tuple[Instruction, ...] | str | None:
    """What brings a tool into the stage: a copy from its image, its script, or what pip installs.

    Nothing, but no None either, where the base brings it.
    """
    if tool.name == UV.name and brings_uv(stage.base):
        return ""
    for item, copied in stage.copies:
        if copied.stage and has_tool(copied, tool.name):
            return (item,)
    for run in stage.runs:
        for mount in mounts(run.instruction):
            if mount.from_ and is_tool(mount, tool.name):
                return f"--from={mount.from_} {mount.source} {mount.target}"
    if tool.script and (script := _script(stage, tool)):
        return script if called != tool.name or _is_found(stage, tool, script[-1]) else None
    for action in stage.of_kind(ActionKind.PYTHON):
        fact = action.fact
        words = fact.requirements if isinstance(fact, PipInstall) else ()
        if any(re.match(rf"{tool.name}\b(?!-)", word.text) for word in words):
            own = re.compile(rf"({'|'.join((tool.name, *tool.with_tool))})(?![\w-])")
            return " ".join(w.raw for w in words if own.match(w.text) and is_installer(w))
    return None


# What runs an installer.
_RUNNING = frozenset({"sh", "bash", "env", "python", "python3"})


def _script(stage: FinalStage, tool: Tool) -> tuple[Instruction, ...]:
    """What does nothing but fetch and run the installer that a tool offers: a RUN, behind an ADD.

    Empty where there is none.
    """
    added = {
        copied.destination: item
        for item, copied in stage.copies
        if len(copied.sources) == 1 and tool.script in copied.sources[0]
    }
    for run in stage.runs:
        programs = {command.name.rpartition("/")[2] for command in run.script.commands}
        if tool.script in run.script.text and programs <= _RUNNING | FETCHING:
            return (run.instruction,)
        for path, item in added.items():
            if path in run.script.text and programs <= _RUNNING | {"rm", "chmod", path[1:]}:
                return (item, run.instruction)
    return ()


def _is_found(stage: FinalStage, tool: Tool, script: Instruction) -> bool:
    """Whether a tool that its installer brought is found by its name alone."""
    names = [
        name for item in stage.inherited if item.keyword == "ENV" for name, _ in raw_pairs(item)
    ]
    folder = re.compile(rf"{tool.variables}\w*(HOME|DIR)\b")
    return "PATH" in names or any(map(folder.search, (*names, script.text)))


def brought_tools(stage: FinalStage) -> frozenset[str]:
    """The tools that pip puts into the environment of a stage, with what they require."""
    tools = [tool.name for tool in TOOLS.values() if tool.seeded]
    facts = [action.fact for action in stage.of_kind(ActionKind.PYTHON)]
    words = [w.text for fact in facts if isinstance(fact, PipInstall) for w in fact.requirements]
    return frozenset(
        tool for tool in tools if any(re.match(rf"{tool}\b(?!-)", word) for word in words)
    )


def has_tool(copied: Copy, tool: str) -> bool:
    """Whether a COPY brings the program of a tool."""
    return any(posixpath.basename(source) == tool for source in copied.sources)
