"""How the final stage installs what a lock says, when a build stage can do it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from jettison.catalogue.packaging import locked_tools
from jettison.ecosystems.commands import PipInstall, ProjectInstall, poetry_setting
from jettison.ecosystems.finding import SourceKind
from jettison.formats.dockerfile import Copy, Instruction, mounts
from jettison.formats.toml import Table, read_toml, table
from jettison.lift.action import Action, ActionKind
from jettison.lift.declared import local_folders, locks_of
from jettison.lift.installation import (
    Installation,
    NotMovable,
    fixed_path,
    installation_of,
    is_installer,
)
from jettison.lift.locked_obstacles import called, is_tool, obstacle, starts
from jettison.lift.project import Project
from jettison.lift.projects import ProjectRequest, project_requests
from jettison.lift.stage import FinalStage
from jettison.values import Evidence, Origin

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")
SYSTEM = "/usr/local"
VIRTUAL = "/opt/venv"


def locked_place(fact: ProjectInstall, stage: FinalStage) -> str:
    """The folder of the environment that a tool makes or takes."""
    folder = stage.folder.rstrip("/")
    if fact.tool == "uv":
        return _uv(fact, stage)
    if stage.environment.get("VIRTUAL_ENV"):
        return stage.environment["VIRTUAL_ENV"]
    if fact.tool == "poetry":
        return _poetry(stage, folder)
    return _pipenv(fact, stage, folder) if fact.tool == "pipenv" else f"{folder}/.venv"


def environment_place(fact: ProjectInstall, stage: FinalStage) -> str:
    """Where a build stage makes the environment: where it was when that can be named."""
    place = locked_place(fact, stage)
    return place if place.endswith("/.venv") or fact.tool == "uv" else VIRTUAL


def _uv(fact: ProjectInstall, stage: FinalStage) -> str:
    if fact.options.has("--system") or stage.environment.get("UV_SYSTEM_PYTHON"):
        return SYSTEM
    return posixpath.join(stage.folder, stage.environment.get("UV_PROJECT_ENVIRONMENT", ".venv"))


def _pipenv(fact: ProjectInstall, stage: FinalStage, folder: str) -> str:
    if fact.options.has("--system"):
        return SYSTEM
    inside = stage.environment.get("PIPENV_VENV_IN_PROJECT", "").lower() in TRUE
    return f"{folder}/.venv" if inside else "/root/.local/share/virtualenvs"


def _poetry(stage: FinalStage, folder: str) -> str:
    settings = " ".join(run.script.text for run in stage.runs)
    create = stage.environment.get("POETRY_VIRTUALENVS_CREATE", "").lower()
    if create in FALSE or "virtualenvs.create false" in settings:
        return SYSTEM
    inside = stage.environment.get("POETRY_VIRTUALENVS_IN_PROJECT", "").lower() in TRUE
    if inside or "virtualenvs.in-project true" in settings:
        return f"{folder}/.venv"
    return "/root/.cache/pypoetry"


class LockedInstallation(Struct, frozen=True, kw_only=True):
    """The commands of the final stage that install from a lock, and what a build stage needs.

    ``tool`` is uv, poetry or pipenv, ``command`` how it is called and ``options`` what follows, as
    it is written. ``files`` are the declaring file and the lock, relative to the context.
    ``environment`` is the path of the environment; ``makes`` says that the tool makes it itself.
    ``installer`` is the instruction, or the requirements, that bring the tool, and ``settings``
    commands that configure it. ``sources`` are the copies that the project itself is built from,
    empty when it is not installed. ``starts`` are CMD and ENTRYPOINT where they say ``TOOL run``,
    with the words that do the same without it. ``called`` is where the Dockerfile calls the tool
    otherwise, and ``version_control`` where the lock has the first distribution that is fetched
    with git.
    """

    tool: str
    actions: tuple[Action, ...]
    command: str
    options: str
    files: tuple[str, ...]
    folder: str
    environment: str
    makes: bool
    installer: Instruction | str
    settings: tuple[str, ...]
    sources: tuple[Instruction, ...]
    starts: tuple[tuple[str, tuple[str, ...]], ...]
    called: Evidence | None
    version_control: Origin | None

    @property
    def origin(self) -> Origin:
        """Where the first command stands."""
        return self.actions[0].origin

    @property
    def fetches(self) -> bool:
        """Whether the tool's own installer is fetched while the image is built."""
        return isinstance(self.installer, Instruction) and self.installer.keyword == "RUN"


def movable(project: Project, stage: FinalStage) -> Installation | LockedInstallation | NotMovable:
    """Find the installation in the final stage, by pip or from a lock."""
    actions = stage.of_kind(ActionKind.LOCKED)
    facts = [action.fact for action in actions if isinstance(action.fact, ProjectInstall)]
    tools = {fact.tool for fact in facts}
    known = locked_tools()
    if len(tools) != 1 or any(
        fact.tool not in known or fact.action not in known[fact.tool].actions for fact in facts
    ):
        return installation_of(project, stage)
    tool = facts[0].tool
    requests = [r for r in project_requests(project) if r.action in actions]
    reason = obstacle(project, stage, tool, actions)
    installer = _installer(stage, tool)
    if reason or not requests or installer is None:
        reason = reason or f"how {tool} gets there is not understood"
        evidence = Evidence(kind="installation", message=reason, origin=actions[0].origin)
        return NotMovable(evidence=evidence)
    found = _found(project, stage, requests[-1], installer)
    fixed = fixed_path(project, stage) if found.environment == VIRTUAL else None
    return NotMovable(evidence=fixed) if fixed else found


def _found(
    project: Project, stage: FinalStage, request: ProjectRequest, installer: Instruction | str
) -> LockedInstallation:
    last, fact, tool = request.action, request.fact, request.tool
    prefix = f"{project.context}/" if project.context else ""
    own = posixpath.join(request.folder, "poetry.toml").removeprefix(prefix)
    present = tool == "poetry" and own in project.files
    files = (request.file, request.lock or "", *((own,) if present else ()))
    place = environment_place(fact, stage) if isinstance(fact, ProjectInstall) else SYSTEM
    # `pipenv run` also reads .env, which nothing else would do.
    reads = tool == "pipenv" and ".env" in project.files
    plain = () if reads else tuple(starts(tool, stage, _named(project, request)))
    return LockedInstallation(
        tool=tool,
        actions=stage.of_kind(ActionKind.LOCKED),
        command=f"{tool} {fact.action}" if isinstance(fact, ProjectInstall) else tool,
        options=" ".join(_options(last, tool)),
        files=tuple(path.removeprefix(prefix) for path in files),
        folder=stage.folder_at(last.instruction),
        environment=place,
        makes=tool == "uv",
        installer=installer,
        settings=tuple(_settings(stage)),
        sources=_sources(project, stage, request),
        starts=tuple((each.keyword, words) for each, words in plain),
        called=called(tool, stage, [each for each, _ in plain]),
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


def _sources(
    project: Project, stage: FinalStage, request: ProjectRequest
) -> tuple[Instruction, ...]:
    """The copies in front of the installation, when it installs the project itself."""
    if not _is_package(project, request):
        return ()
    line = request.action.instruction.origin.line or 0
    copies = (item for item, copied in stage.copies if copied.stage is None)
    return tuple(item for item in copies if (item.origin.line or 0) < line)


def _is_package(project: Project, request: ProjectRequest) -> bool:
    """Whether the project itself is installed: uv's lock says so, Poetry's is in its file."""
    if request.tool == "poetry":
        poetry = table(_declaring(project, request), "tool", "poetry")
        wanted = not request.fact.options.has("--no-root")
        return wanted and poetry.get("package-mode") is not False
    if request.tool != "uv" or not getattr(request.fact, "project", True):
        return False
    return bool(local_folders(project, request)) and any(
        one.source is SourceKind.EDITABLE
        for lock in locks_of(project)
        for one in lock.distributions
    )


def _named(project: Project, request: ProjectRequest) -> frozenset[str]:
    """Commands that only the tool knows: Pipenv's own, Poetry's of a project not installed."""
    declared = _declaring(project, request)
    if request.tool == "pipenv":
        return frozenset(table(declared, "scripts"))
    if request.tool == "poetry" and not _is_package(project, request):
        return frozenset({**table(declared, "tool", "poetry", "scripts"), **_scripts(declared)})
    return frozenset()


def _scripts(declared: Table) -> Table:
    return table(declared, "project", "scripts")


def _declaring(project: Project, request: ProjectRequest) -> Table:
    return read_toml(project.texts[request.file], request.file)


def _options(action: Action, tool: str) -> Iterator[str]:
    """The words behind the command as they are written."""
    known = locked_tools()[tool]
    tokens = action.command.tokens
    start = next(n for n, token in enumerate(tokens) if token.text in known.actions)
    yield from (token.raw for token in tokens[start + 1 :] if token.text not in known.left_out)


def _settings(stage: FinalStage) -> Iterator[str]:
    """The commands that configure Poetry, but for where its environments are."""
    for action in stage.of_kind(ActionKind.SETTING):
        setting = poetry_setting(action.command)
        if setting and not setting[0].startswith("virtualenvs."):
            yield action.text


def _installer(stage: FinalStage, tool: str) -> Instruction | str | None:
    """What brings a tool into the stage: a copy from its image, or what pip installs."""
    for item, copied in stage.copies:
        if copied.stage and _has_tool(copied, tool):
            return item
    for run in stage.runs:
        for mount in mounts(run.instruction):
            if mount.from_ and is_tool(mount, tool):
                return f"--from={mount.from_} {mount.source} {mount.target}"
    if (script := _script(stage, tool)) is not None:
        return script
    for action in stage.of_kind(ActionKind.PYTHON):
        fact = action.fact
        words = fact.requirements if isinstance(fact, PipInstall) else ()
        if any(re.match(rf"{tool}\b(?!-)", word.text) for word in words):
            beside = locked_tools()[tool].with_tool
            own = re.compile(rf"({'|'.join((tool, *beside))})(?![\w-])")
            return " ".join(w.raw for w in words if own.match(w.text) and is_installer(w))
    return None


def _script(stage: FinalStage, tool: str) -> Instruction | None:
    """The RUN that does nothing but fetch and run the installer that a tool offers."""
    address = locked_tools()[tool].script
    for run in stage.runs if address else ():
        programs = {command.name.rpartition("/")[2] for command in run.script.commands}
        if address in run.script.text and programs <= {"curl", "wget", "python", "python3"}:
            return run.instruction
    return None


def brought_tools(stage: FinalStage) -> frozenset[str]:
    """The tools that pip puts into the environment of a stage, with what they require."""
    tools = [tool for tool in locked_tools() if tool != "uv"]
    facts = [action.fact for action in stage.of_kind(ActionKind.PYTHON)]
    words = [w.text for fact in facts if isinstance(fact, PipInstall) for w in fact.requirements]
    return frozenset(
        tool for tool in tools if any(re.match(rf"{tool}\b(?!-)", word) for word in words)
    )


def _has_tool(copied: Copy, tool: str) -> bool:
    return any(posixpath.basename(source) == tool for source in copied.sources)
