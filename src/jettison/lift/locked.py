"""How the final stage makes its environment with ``uv sync``, when a build stage can do it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jettison.facts import Project
from jettison.lift.action import Action, ActionKind, LiftedRun
from jettison.lift.declared import local_folders, locks_of
from jettison.lift.installation import Installation, NotMovable, installation_of, is_installer
from jettison.lift.invocation import Invocation
from jettison.lift.projects import ProjectRequest, project_requests
from jettison.lift.stage import FinalStage
from jettison.project.commands import PipInstall, ProjectInstall
from jettison.project.dockerfile import Copy, Instruction, Mount, mounts
from jettison.project.locks import SourceKind
from jettison.project.toml.read import array, read_toml, table
from jettison.values import Evidence, Origin

UV_AT_START = re.compile(r"\buvx\b|\buv\s+(?:--?\S+\s+)*(?:run|pip|sync|tool)\b")
# Options of ``uv run`` that only say how the environment is brought up to date, which it is.
RUN_OPTIONS = frozenset({"--no-sync", "--no-dev", "--frozen", "--locked", "-q", "--quiet"})
# Options of the first sync alone, and those that only concern where files come from.
LEFT_OUT = ("--no-install-project", "--no-install-workspace", "--no-cache", "-n",
            "--compile-bytecode")  # fmt: skip
CHOOSING_PYTHON = ("UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_MANAGED_PYTHON", "UV_PYTHON_PREFERENCE")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedInstallation:
    """The ``uv sync`` commands of the final stage, with what a build stage needs to repeat them.

    ``files`` are the declaring file and the lock, relative to the context; ``options`` are those
    of the commands as they are written. ``uv`` is the instruction or the requirement that brings
    uv, ``sources`` the copies that the project itself is built from, empty when it is not
    installed. ``starts`` are CMD and ENTRYPOINT where they say ``uv run``, with the words that do
    the same without uv. ``keeps_uv`` is where the Dockerfile calls uv otherwise and
    ``version_control`` where the lock has the first distribution that is fetched with git.
    """

    actions: tuple[Action, ...]
    files: tuple[str, ...]
    options: str
    folder: str
    environment: str
    uv: Instruction | str
    sources: tuple[Instruction, ...]
    starts: tuple[tuple[str, tuple[str, ...]], ...]
    keeps_uv: Evidence | None
    version_control: Origin | None

    @property
    def origin(self) -> Origin:
        """Where the first command stands."""
        return self.actions[0].origin


def movable(project: Project, stage: FinalStage) -> Installation | LockedInstallation | NotMovable:
    """Find the installation in the final stage, by pip or by uv from a lock."""
    syncs = stage.of_kind(ActionKind.LOCKED)
    if not syncs or any(_tool(action) != "uv sync" for action in syncs):
        return installation_of(project, stage)
    reason = _obstacle(project, stage, syncs)
    requests = [r for r in project_requests(project) if r.action in syncs]
    uv = _uv(stage)
    if reason or not requests or uv is None:
        reason = reason or ("how uv gets there is not understood" if requests else "no lock")
        evidence = Evidence(kind="installation", message=reason, origin=syncs[0].origin)
        return NotMovable(evidence=evidence)
    return _found(project, stage, syncs, requests[-1], uv)


def _found(
    project: Project,
    stage: FinalStage,
    syncs: tuple[Action, ...],
    request: ProjectRequest,
    uv: Instruction | str,
) -> LockedInstallation:
    last = request.action
    folder = stage.folder_at(last.instruction)
    installed = _is_package(project, request)
    copies = (item for item, copied in stage.copies if copied.stage is None)
    line = last.instruction.origin.line or 0
    before = tuple(item for item in copies if (item.origin.line or 0) < line)
    prefix = f"{project.context}/" if project.context else ""
    return LockedInstallation(
        actions=syncs,
        files=tuple(path.removeprefix(prefix) for path in (request.file, request.lock or "")),
        options=" ".join(_options(last)),
        folder=folder,
        environment=posixpath.join(
            folder, stage.environment.get("UV_PROJECT_ENVIRONMENT", ".venv")
        ),
        uv=uv,
        sources=before if installed else (),
        starts=tuple((each.keyword, words) for each, words in _starts(stage)),
        keeps_uv=_calls_uv(stage),
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


def _tool(action: Action) -> str:
    fact = action.fact
    return f"{fact.tool} {fact.action}" if isinstance(fact, ProjectInstall) else ""


def _obstacle(project: Project, stage: FinalStage, syncs: tuple[Action, ...]) -> str:
    """Why the commands stay where they are; empty when they can move."""
    runs = [run for run in stage.runs if any(action in syncs for action in run.actions)]
    if stage.tag is None:
        return "only the official Python images are known well enough"
    if stage.triggers:
        return "images that are built on this one use it"
    if stage.of_kind(ActionKind.ENVIRONMENT) or not all(run.editable for run in runs):
        return "the installation is part of a shell script"
    for action in stage.of_kind(ActionKind.PYTHON):
        fact = action.fact
        words = fact.requirements if isinstance(fact, PipInstall) else ()
        if not words or not all(is_installer(word) for word in words):
            return "pip installs into the same image"
    return _mount_obstacle(runs) or _project_obstacle(project, stage, syncs)


def _project_obstacle(project: Project, stage: FinalStage, syncs: tuple[Action, ...]) -> str:
    requests = [r for r in project_requests(project) if r.action in syncs]
    if not requests or any(r.lock is None for r in requests):
        return "there is no uv.lock"
    first = requests[0]
    version = project.texts.get(posixpath.join(first.folder, ".python-version"), "").strip()
    dynamic = array(table(read_toml(project.texts[first.file], first.file), "project"), "dynamic")
    reasons = {
        "its commands do not install the same": len({(r.file, r.selection) for r in requests}) > 1,
        "other folders of the project are installed too": bool(
            set(local_folders(project, first).values()) - {first.folder or "."}
        ),
        "what is installed is known only while building": not all(
            token.literal for action in syncs for token in action.command.tokens
        ),
        "a variable chooses the Python of the environment": any(
            name in stage.environment for name in CHOOSING_PYTHON
        ),
        f".python-version names {version}, the image has {stage.python}": bool(version)
        and not version.startswith(stage.python or ""),
        "its dependencies are computed": "dependencies" in dynamic,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _mount_obstacle(runs: list[LiftedRun]) -> str:
    for run in runs:
        for mount in mounts(run.instruction):
            if mount.type not in ("cache", "bind") or (mount.from_ and not _is_uv(mount)):
                return "it is given a secret or another stage"
    return ""


def _is_package(project: Project, request: ProjectRequest) -> bool:
    """Whether uv installs the project itself: by the lock it is editable, else it is virtual."""
    if isinstance(request.fact, ProjectInstall) and not request.fact.project:
        return False
    return bool(local_folders(project, request)) and any(
        one.source is SourceKind.EDITABLE
        for lock in locks_of(project)
        for one in lock.distributions
    )


def _options(action: Action) -> Iterator[str]:
    """The words behind ``uv sync`` as they are written."""
    tokens = action.command.tokens
    start = next(n for n, token in enumerate(tokens) if token.text == "sync")
    yield from (token.raw for token in tokens[start + 1 :] if token.text not in LEFT_OUT)


def _uv(stage: FinalStage) -> Instruction | str | None:
    """What brings uv into the stage: a copy from its image, or the requirement pip installs."""
    for item, copied in stage.copies:
        if copied.stage and _has_uv(copied):
            return item
    for run in stage.runs:
        for mount in mounts(run.instruction):
            if mount.from_ and _is_uv(mount):
                return f"--from={mount.from_} {mount.source} {mount.target}"
    for action in stage.of_kind(ActionKind.PYTHON):
        fact = action.fact
        for word in fact.requirements if isinstance(fact, PipInstall) else ():
            if re.match(r"uv\b(?!-)", word.text):
                return word.raw
    return None


def _has_uv(copied: Copy) -> bool:
    return any(posixpath.basename(source) == "uv" for source in copied.sources)


def _is_uv(mount: Mount) -> bool:
    return posixpath.basename(mount.source or "") == "uv" and bool(mount.target)


def _starts(stage: FinalStage) -> Iterator[tuple[Invocation, tuple[str, ...]]]:
    for each in (stage.entrypoint, stage.command):
        words = without_uv(each.words or ()) if each else ()
        if each and words:
            yield each, words


def without_uv(words: Sequence[str]) -> tuple[str, ...]:
    """What ``uv run`` starts in an environment that is on PATH; empty when that is not plain."""
    if tuple(words[:2]) != ("uv", "run"):
        return ()
    rest = list(words[2:])
    while rest and rest[0] in RUN_OPTIONS:
        del rest[0]
    if not rest or (rest[0].startswith("-") and rest[0] not in ("-m", "--module", "--")):
        return ()
    if rest[0] in ("-m", "--module"):
        return ("python", "-m", *rest[1:])
    rest = rest[1:] if rest[0] == "--" else rest
    return ("python", *rest) if rest[:1] and rest[0].endswith(".py") else tuple(rest)


def _calls_uv(stage: FinalStage) -> Evidence | None:
    """Where a start command, a health check or a step that stays calls uv."""
    plain = [each for each, _ in _starts(stage)]
    starts = [each for each in (stage.command, stage.entrypoint) if each and each not in plain]
    texts = [(each.instruction.text, each.origin) for each in starts]
    texts += [(i.text, i.origin) for i in stage.inherited if i.keyword == "HEALTHCHECK"]
    steps = (a for a in stage.actions if a.kind not in (ActionKind.LOCKED, ActionKind.PYTHON))
    texts += [(action.text, action.origin) for action in steps]
    for text, origin in texts:
        if UV_AT_START.search(_spaced(text)):
            message = f"`{' '.join(text.split())[:60]}` calls it"
            return Evidence(kind="command", message=message, origin=origin)
    return None


def _spaced(text: str) -> str:
    """The words of an exec form with spaces between them."""
    return re.sub(r'["\',\[\]]+', " ", text)
