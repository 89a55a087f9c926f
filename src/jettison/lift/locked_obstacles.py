"""Why an installation stays in the final stage: how a lock is installed, and paths in use."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from jettison.ecosystems.commands import ProjectInstall
from jettison.ecosystems.tool import SYSTEM, Tool
from jettison.formats.dockerfile import MAKING, Mount, mounts
from jettison.formats.toml import read_toml
from jettison.index import DistributionFacts
from jettison.lift import Invocation, Project
from jettison.lift.action import INSTALLERS, Action, ActionKind, LiftedRun
from jettison.lift.declared import local_folders
from jettison.lift.installation_obstacles import BY_SETUP, OLD_PATHS
from jettison.lift.own_environment import (
    beside_tool,
    is_apart,
    is_of_tool,
    locked_place,
    repeated_beside,
)
from jettison.lift.projects import ProjectRequest, project_requests
from jettison.lift.stage import FinalStage
from jettison.lift.stages import copies_environment
from jettison.values import Evidence, Origin

# Actions of a tool besides installing; all else changes what is installed, or by what.
UNDERSTOOD = frozenset({"config", "run", "about", "check", "show", "env", "version", "--version"})


def obstacle(
    project: Project, stage: FinalStage, tool: Tool, installations: tuple[Action, ...]
) -> str:
    """Why the commands stay where they are; empty when they can move."""
    runs = [run for run in stage.runs if any(action in installations for action in run.actions)]
    if stage.tag is None:
        return "only the official Python images are known well enough"
    if stage.triggers:
        return "images that are built on this one use it"
    if copies_environment(project, stage):
        return "it adds to an environment that is copied from another stage"
    made = stage.of_kind(ActionKind.ENVIRONMENT)
    if any(not is_of_tool(stage, each, installations) for each in made):
        return f"the environment is made by `{made[0].short}`"
    if not all(
        run.gives(action)
        for run in runs
        for action in run.actions
        if action in installations or action in made
    ):
        return "the installation is part of a shell script"
    reasons = (
        *_changed(runs, installations, tool),
        *_other_installations(stage, tool, installations),
        *_mounted(runs, tool.name),
        *_of_project(project, stage, tool, installations),
    )
    return next(iter(reasons), "")


# Options that name a project elsewhere.
ELSEWHERE = ("--directory", "--project", "-C", "-P")


def _changed(
    runs: Iterable[LiftedRun], installations: Iterable[Action], tool: Tool
) -> Iterator[str]:
    """What the script sets for the installation alone, which a build stage would not repeat."""
    words = [
        word
        for run in runs
        for each in run.actions
        if each.command.name == "export"
        for word in each.command.words
    ]
    for action in installations:
        if action.command.assignments or any(
            word.startswith((tool.variables, "VIRTUAL_ENV")) for word in words
        ):
            yield "variables are set for it alone"
        if isinstance(action.fact, ProjectInstall) and action.fact.options.has(*ELSEWHERE):
            yield "an option names the folder of the project"


def _other_installations(
    stage: FinalStage, tool: Tool, installations: Sequence[Action]
) -> Iterator[str]:
    last = installations[-1]
    place = locked_place(last.fact, stage, last) if isinstance(last.fact, ProjectInstall) else ""
    for action in beside_tool(stage):
        again = place == SYSTEM and not tool.makes and repeated_beside(action)
        if not (again or is_apart(stage, action, last)):
            yield "pip installs into the same image"
    for action in stage.of_kind(ActionKind.OTHER):
        words = action.command.words
        if BY_SETUP.search(action.text):
            yield f"`{action.short}` installs too"
        if tool.name != "uv" and words[:1] == (tool.name,) and not UNDERSTOOD & set(words[1:3]):
            yield f"`{action.text[:60]}` is not understood"


def _mounted(runs: Iterable[LiftedRun], tool: str) -> Iterator[str]:
    for run in runs:
        for mount in mounts(run.instruction):
            if mount.type not in ("cache", "bind") or (mount.from_ and not is_tool(mount, tool)):
                yield "it is given a secret or another stage"


def is_tool(mount: Mount, tool: str) -> bool:
    """Whether a mount brings the program of a tool from its image."""
    return posixpath.basename(mount.source or "") == tool and bool(mount.target)


def _of_project(
    project: Project, stage: FinalStage, tool: Tool, installations: tuple[Action, ...]
) -> Iterator[str]:
    requests = [r for r in project_requests(project) if r.action in installations]
    yield from (
        f"{name} may change it" for name in tool.decides if _beside(project, requests, name)
    )
    if not requests or (tool.lock and any(r.lock is None for r in requests)):
        yield f"there is no {tool.lock or tool.declares[0]}"
        return
    first = requests[0]
    if any(posixpath.dirname(r.lock) != r.folder for r in requests if r.lock):
        yield "the project is a member of a workspace above it"
    if len({(r.file, r.selection) for r in requests}) > 1:
        yield "its commands do not install the same"
    own = {first.folder or "."} if tool.declares[0].endswith(".toml") else set()
    if set(local_folders(project, first).values()) - own:
        yield "other folders of the project are installed too"
    if not all(token.literal for action in installations for token in action.command.tokens):
        yield "what is installed is known only while building"
    yield from _of_file(project, stage, tool, first)


def _beside(project: Project, requests: Iterable[ProjectRequest], name: str) -> bool:
    names = (posixpath.join(request.folder, name) for request in requests)
    return any(each.removeprefix(project.prefix) in project.files for each in names)


def _of_file(
    project: Project, stage: FinalStage, tool: Tool, request: ProjectRequest
) -> Iterator[str]:
    version = project.texts.get(posixpath.join(request.folder, ".python-version"), "").strip()
    chosen = {stage.environment.get(name, "") for name in tool.python}
    if chosen - {"", "only-system", "system", stage.python}:
        yield "a variable chooses the Python of the environment"
    if tool.python and version and not version.startswith(stage.python or ""):
        yield f".python-version names {version}, the image has {stage.python}"
    declared = read_toml(project.texts[request.file], request.file)
    yield from filter(None, (tool.obstacle(declared, request.action.command.words[1:]),))


MODULE = ("-m", "--module")


def starts(
    tool: Tool, stage: FinalStage, named: Collection[str], command: Sequence[str] = ()
) -> Iterator[tuple[Invocation, tuple[str, ...]]]:
    """CMD and ENTRYPOINT that begin with the tool, each with the words that do without it."""
    for each in (stage.entrypoint, stage.command):
        words = direct(tool, each.words or (), named, command) if each else ()
        if each and words:
            yield each, words


def direct(
    tool: Tool, words: Sequence[str], named: Collection[str] = (), command: Sequence[str] = ()
) -> tuple[str, ...]:
    """What ``TOOL run`` starts in an environment that is on PATH; empty when that is not plain.

    ``named`` are commands that only the tool knows, ``command`` the words that install.
    """
    beginnings = tool.starts(command) if tool.starts else ((tool.name, "run"),)
    found = next((one for one in beginnings if tuple(words[: len(one)]) == one), None)
    if found is None:
        return ()
    rest = list(words[len(found) :])
    while rest and rest[0] in tool.run:
        del rest[0]
    if not rest or rest[0] in named or (tool.named and ":" in rest[0]):
        return ()
    if rest[0].startswith("-") and rest[0] != "--" and not (tool.modules and rest[0] in MODULE):
        return ()
    if rest[0] in MODULE:
        return ("python", "-m", *rest[1:])
    rest = rest[1:] if rest[0] == "--" else rest
    script = tool.scripts and rest[:1] and rest[0].endswith(".py")
    return ("python", *rest) if script else tuple(rest)


def called(tool: Tool, stage: FinalStage, plain: Collection[Invocation]) -> Evidence | None:
    """Where a start command, a health check or a step that stays calls the tool.

    ``plain`` are the start commands that do without it.
    """
    invocations = (stage.command, stage.entrypoint)
    texts = [
        (each.instruction.text, each.origin)
        for each in invocations
        if each and not any(each is other for other in plain)
    ]
    texts += [(i.text, i.origin) for i in stage.inherited if i.keyword == "HEALTHCHECK"]
    steps = (a for a in stage.actions if a.kind not in (ActionKind.LOCKED, ActionKind.PYTHON))
    texts += [(action.text, action.origin) for action in steps]
    calls, name = "|".join(tool.calls), tool.name
    pattern = re.compile(rf"\b{name}x\b|\b{name}\s+(?:-\S+\s+(?:[^-\s]\S*\s+)?)*(?:{calls})\b")
    for text, origin in texts:
        if pattern.search(spaced(text)):
            return Evidence.of("command", f"`{' '.join(text.split())[:60]}` calls it", origin)
    return None


def spaced(text: str) -> str:
    """The words of an exec form with spaces between them."""
    return re.sub(r'["\',\[\]]+', " ", text)


# Texts that say what runs in the image, as far as their names tell; others begin with `#!`.
_RUNNING = re.compile(
    r"\.(sh|bash|conf|cfg|ini|service|ya?ml)$|(^|/)(Procfile|crontab)[^/]*$|[._-]cron$", re.I
)
_NOT_RUNNING = re.compile(r"(^|/)(\.[^/]+/|\.gitlab-ci|\.travis|\.pre-commit|tox\.ini|setup\.cfg)")
# Files of distributions in the base's environment, but for those that the base itself brings.
_IN_ENVIRONMENT = re.compile(
    rf"{OLD_PATHS[1]}[\d.]+/site-packages/(?!pip|setuptools|wheel|pkg_resources|_distutils)[\w*$]"
)
# What a script itself puts there, and what makes a script of Python need anything.
_WRITTEN = re.compile(
    rf"(?:(?:\s-o|\s-O|--output|>|\bchmod\s+\S+)[\s=]*|\b(?:cp|mv|ln|install)\b[^\n;&|]*\s)"
    rf"['\"]?{OLD_PATHS[0]}(?P<name>[\w.-]+)"
)
_IMPORTS = re.compile(r"^\s*(?:import|from)\s+\w", re.MULTILINE)
_OF_PYTHON = f"#!{OLD_PATHS[0]}python"
_OLD_PATH = re.compile(rf"(?:{OLD_PATHS[0]}(?P<name>[\w.-]+)|{OLD_PATHS[1]}\d)")


def fixed_path(
    project: Project, stage: FinalStage, programs: Collection[str] = ()
) -> Evidence | None:
    """A step, start command or script that names the environment of the base image by its path.

    ``programs`` of distributions can be found there by a link.
    """
    for item in stage.inherited:
        text = stage.expanded(item.text) if item.keyword in ("RUN", "ENV", "COPY", "ADD") else ""
        if _IN_ENVIRONMENT.search(text):
            message = f"{item.keyword} names files of the old environment by their path"
            return Evidence.of("path", message, item.origin)
    for name, origin in _named(project, stage):
        if name not in programs:
            what = "the start command" if origin.file == project.dockerfile_path else "a script"
            message = f"{what} names a program of the old environment by its path"
            return Evidence.of("path", message, origin)
    return None


def programs_of(distributions: Iterable[DistributionFacts]) -> frozenset[str]:
    """The programs that distributions bring, but for installers, which a new environment lacks."""
    own = (facts for facts in distributions if facts.name not in INSTALLERS)
    return frozenset(script for facts in own for script in facts.console_scripts)


def linked_programs(
    project: Project, stage: FinalStage, programs: Collection[str]
) -> tuple[str, ...]:
    """The programs of distributions that are named by their path in the base's environment."""
    return tuple(sorted({name for name, _ in _named(project, stage) if name in programs}))


def _named(project: Project, stage: FinalStage) -> Iterator[tuple[str, Origin]]:
    """What start commands and scripts name in the base's environment, its libraries as nothing.

    Programs that the Dockerfile, or the script itself, puts there are none of the environment, and
    a script of Python that imports nothing finds nothing in it.
    """
    lines = [
        (each.instruction.text, each.origin) for each in (stage.command, stage.entrypoint) if each
    ]
    for path, text in project.texts.items():
        runs = _RUNNING.search(path) or text.startswith("#!")
        if runs and not _NOT_RUNNING.search(path) and OLD_PATHS[0][:-4] in text:
            own = {found["name"] for found in _WRITTEN.finditer(text)}
            finds = not imports_nothing(text)
            for number, line in enumerate(text.splitlines(), 1):
                named = {found["name"] for found in _OLD_PATH.finditer(line)}
                if named - own and (finds or not line.startswith(_OF_PYTHON)):
                    lines.append((line, Origin(file=path, line=number)))
    for line, origin in lines:
        for found in _OLD_PATH.finditer(line):
            if _is_of_environment(found, stage):
                yield found["name"] or "", origin


def imports_nothing(text: str) -> bool:
    """Whether a script of Python, as its first line says, has nothing to find in an environment."""
    return text.startswith("#!") and _IMPORTS.search(text) is None


def _is_of_environment(found: re.Match[str], stage: FinalStage) -> bool:
    """Whether a path below the old environment is none that the Dockerfile fills itself.

    The image has no Python of another version: a script that names one is for another place.
    """
    if (found["name"] or "").startswith("python3.") and stage.python:
        return found["name"] == f"python{stage.python}"
    name = re.escape(found["name"] or "")
    own = (
        re.compile(rf"(?<![\w.-]){name}(?![\w.-])"),
        re.compile(rf"{re.escape(found[0])}(?![\w.-])"),
    )
    return not name or not any(
        own[item.keyword == "RUN"].search(item.text)
        for item in stage.inherited
        if item.keyword in MAKING
    )
