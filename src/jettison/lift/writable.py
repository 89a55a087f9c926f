"""Which folders the application writes to, by what the project says about them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.facts import Project
from jettison.lift.action import ActionKind
from jettison.lift.context import copied_to
from jettison.lift.services import services_of
from jettison.lift.stage import FinalStage
from jettison.lift.variables import origin_of_variable
from jettison.project.commands import Directories, Permission
from jettison.project.compose import ComposeMount, MountKind, Service
from jettison.values import Evidence, Origin

PATTERN = re.compile(r"[*?\[]")
# Variables of installers, which only work while the image is built.
BUILDING = re.compile(r"(PIP|POETRY|UV|PDM|PIPENV|NPM|YARN|PNPM|CARGO|CCACHE)_")
DATA_NAME = re.compile(
    r"(^|_)(DATA|UPLOADS?|MEDIA|STORAGE|STATE|CACHE|LOGS?|BACKUPS?|TMP|TEMP|DB|DATABASE)(_|$)"
)
SYSTEM = ("/", "/root", "/home", "/tmp", "/var", "/usr", "/etc", "/opt", "/dev", "/proc", "/sys")  # noqa: S108
CACHES = (
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "node_modules",
    "venv",
    ".venv",
    ".tox",
    ".nox",
)
HIDDEN_FILES = frozenset({".netrc", ".pgpass", ".pypirc", ".gitconfig", ".npmrc"})
Reason = tuple[str, Evidence]


def writable_folders(project: Project, stage: FinalStage) -> dict[str, Evidence]:
    """Absolute folders with the reason for each; parents come before their children."""
    found: dict[str, Evidence] = {}
    for path, evidence in (*_mounted(project, stage), *_made(stage), *_named(project, stage)):
        folder = posixpath.normpath(path)
        if folder.startswith("/") and folder not in SYSTEM and not _holds(folder, stage.folder):
            found.setdefault(folder, evidence)
    return dict(sorted(found.items()))


def data_mounts(service: Service | None, project: Project) -> tuple[ComposeMount, ...]:
    """The mounts of a service that hold data: not source, not sockets, not shielded caches."""
    if service is None:
        return ()
    return tuple(
        mount
        for mount in service.volumes
        if not mount.readonly
        and mount.kind is not MountKind.TMPFS
        and not _code_in(mount, project)
        and not mount.target.endswith(".sock")
        and posixpath.basename(mount.target) not in CACHES
        and not _is_file(mount, project)
    )


def source_targets(service: Service | None, project: Project, stage: FinalStage) -> tuple[str, ...]:
    """Targets of mounts that put the user's source over the same files of the image."""
    return tuple(
        mount.target
        for mount in (service.volumes if service else ())
        if _code_in(mount, project) and _covers_code(mount, project, stage)
    )


def variables_of(project: Project, stage: FinalStage) -> Iterator[tuple[str, str, Origin | None]]:
    """Environment variables of the image and of the services that run it, with their places."""
    for name, value in stage.environment.items():
        yield name, value, origin_of_variable(stage, name)
    for service in services_of(project):
        for each in service.environment:
            yield each.name, each.value or "", each.origin


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _mounted(project: Project, stage: FinalStage) -> Iterator[Reason]:
    for service in services_of(project):
        for mount in data_mounts(service, project):
            message = f"{mount.target} is a {mount.kind.value} mount"
            yield mount.target, Evidence(kind="volume", message=message, origin=mount.origin)
    for path in stage.volumes:
        origin = next(i.origin for i in reversed(stage.inherited) if i.keyword == "VOLUME")
        yield path, Evidence(kind="volume", message=f"{path} is a volume", origin=origin)


def _made(stage: FinalStage) -> Iterator[Reason]:
    """Folders that the Dockerfile makes or gives an owner."""
    for action in stage.of_kind(ActionKind.FOLDER, ActionKind.PERMISSION):
        fact = action.fact
        if isinstance(fact, Directories):
            what = "makes"
        elif isinstance(fact, Permission) and fact.program == "chown":
            what = "gives an owner to"
        else:
            continue
        for path in (path for path in fact.paths if not PATTERN.search(path)):
            message = f"the Dockerfile {what} {path}"
            evidence = Evidence(kind="folder", message=message, origin=action.origin)
            yield stage.absolute(path, action.instruction), evidence


def _named(project: Project, stage: FinalStage) -> Iterator[Reason]:
    """Folders that environment variables name."""
    for name, value, origin in variables_of(project, stage):
        if BUILDING.match(name):
            continue
        if value.startswith("/") and DATA_NAME.search(name) and not posixpath.splitext(value)[1]:
            message = f"{name}={value}"
            yield value, Evidence(kind="environment", message=message, origin=origin)


def _code_in(mount: ComposeMount, project: Project) -> tuple[str, ...]:
    """The Python files that a mount of a folder of the context holds, relative to the context."""
    if mount.kind is not MountKind.BIND:
        return ()
    source = posixpath.normpath(mount.source)
    folder = "" if source == "." else f"{source}/"
    context = f"{project.context}/" if project.context else ""
    if source.startswith(("/", "..", "~", "$")) or not folder.startswith(context):
        return ()
    inner = folder[len(context) :]
    return tuple(path for path in project.files if path.endswith(".py") and path.startswith(inner))


def _covers_code(mount: ComposeMount, project: Project, stage: FinalStage) -> bool:
    """Whether the image has a file of the mount where the mount puts it."""
    target = posixpath.normpath(mount.target)
    if not _holds(stage.folder, target):
        return False
    source = posixpath.normpath(mount.source)
    inner = posixpath.relpath(source, project.context or ".")
    for path in _code_in(mount, project):
        wanted = posixpath.join(target, posixpath.relpath(path, inner))
        if copied_to(project, stage, wanted) == path:
            return True
    return False


def _is_file(mount: ComposeMount, project: Project) -> bool:
    """Whether a mount puts one file in place; a folder of its name would be in its way."""
    name = posixpath.basename(mount.target)
    return mount.kind is MountKind.BIND and (
        bool(posixpath.splitext(name)[1])
        or name.startswith(".env")
        or name in HIDDEN_FILES
        or posixpath.normpath(mount.source) in project.files
    )
