"""Which folders the application writes to, by what the project says about them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.facts import Project
from jettison.lift.action import ActionKind
from jettison.lift.stage import FinalStage
from jettison.lift.usage import Usage
from jettison.lower.user import absolute
from jettison.project.commands import Directories, Permission
from jettison.project.compose import ComposeMount, MountKind, Service
from jettison.values import Evidence, Origin

DATA_NAME = re.compile(
    r"(^|_)(DATA|UPLOADS?|MEDIA|STORAGE|STATE|CACHE|LOGS?|BACKUPS?|TMP|TEMP|DB|DATABASE)(_|$)"
)
SQLITE = re.compile(r"sqlite(?:\+\w+)?:///(?P<path>/?[^?\s]+)")
SYSTEM = ("/", "/root", "/home", "/tmp", "/var", "/usr", "/etc", "/opt", "/dev", "/proc", "/sys")  # noqa: S108
CACHES = (
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "node_modules",
    "venv",
    ".venv",
)


def service_of(project: Project) -> Service | None:
    """The compose service that the image is built for."""
    return project.compose.service(project.service) if project.compose and project.service else None


Reason = tuple[str, Evidence]


def writable_folders(project: Project, stage: FinalStage, usage: Usage) -> dict[str, Evidence]:
    """Absolute folders with the reason for each; parents come before their children.

    The working directory itself is never among them: see :func:`written_beside_code`.
    """
    found: dict[str, Evidence] = {}
    reasons = (*_mounted(project, stage), *_made(stage), *_named(project, stage))
    for path, evidence in (*reasons, *_written(stage, usage)):
        folder = posixpath.normpath(path)
        if folder.startswith("/") and folder not in SYSTEM and folder != stage.folder:
            found.setdefault(folder, evidence)
    return dict(sorted(found.items()))


def written_beside_code(usage: Usage) -> Evidence | None:
    """The first place where the source writes a file into the working directory itself."""
    for written in usage.writes:
        if not written.folder and "/" not in written.path.removeprefix("./"):
            message = f"the source writes {written.path} into the working directory"
            return Evidence(kind="write", message=message, origin=written.origin)
    return None


def _written(stage: FinalStage, usage: Usage) -> Iterator[Reason]:
    for written in usage.writes:
        path = posixpath.join(stage.folder, written.path)
        folder = path if written.folder else posixpath.dirname(posixpath.normpath(path))
        message = f"the source writes to {written.path}"
        yield folder, Evidence(kind="write", message=message, origin=written.origin)


def _mounted(project: Project, stage: FinalStage) -> Iterator[Reason]:
    for mount in data_mounts(project, stage):
        message = f"{mount.target} is a {mount.kind.value} mount"
        yield mount.target, Evidence(kind="volume", message=message, origin=mount.origin)
    for path in stage.volumes:
        yield path, Evidence(kind="volume", message=f"{path} is a volume")


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
        for path in fact.paths:
            message = f"the Dockerfile {what} {path}"
            evidence = Evidence(kind="folder", message=message, origin=action.origin)
            yield absolute(path, stage), evidence


def _named(project: Project, stage: FinalStage) -> Iterator[Reason]:
    """Folders that environment variables name."""
    service = service_of(project)
    found: list[tuple[str, str, Origin | None]] = [
        (name, value, None) for name, value in stage.environment.items()
    ]
    found += [(v.name, v.value or "", v.origin) for v in (service.environment if service else ())]
    for name, value, origin in found:
        database = SQLITE.search(value)
        if database:
            folder = posixpath.dirname(posixpath.join(stage.folder, database["path"]))
            message = f"{name} names a SQLite database there"
            yield folder, Evidence(kind="environment", message=message, origin=origin)
        elif value.startswith("/") and DATA_NAME.search(name) and not posixpath.splitext(value)[1]:
            message = f"{name}={value}"
            yield value, Evidence(kind="environment", message=message, origin=origin)


def data_mounts(project: Project, stage: FinalStage) -> tuple[ComposeMount, ...]:
    """The mounts of the service that hold data: not source, not sockets, not shielded caches."""
    service = service_of(project)
    if service is None:
        return ()
    return tuple(
        mount
        for mount in service.volumes
        if not mount.readonly
        and mount.kind is not MountKind.TMPFS
        and mount.target not in source_targets(project, stage)
        and not mount.target.endswith(".sock")
        and posixpath.basename(mount.target) not in CACHES
        and not _is_file(mount)
    )


def source_targets(project: Project, stage: FinalStage) -> tuple[str, ...]:
    """Targets of mounts that put the user's source over what the image has."""
    service = service_of(project)
    if service is None:
        return ()
    return tuple(
        mount.target
        for mount in service.volumes
        if mount.kind is MountKind.BIND and _covers_code(mount, project, stage)
    )


def _covers_code(mount: ComposeMount, project: Project, stage: FinalStage) -> bool:
    source = posixpath.normpath(mount.source)
    source = "" if source == "." else source
    context = project.context
    inside = source == context or (
        source.startswith(f"{context}/") if context else source[:1] not in "/~."
    )
    target = posixpath.normpath(mount.target)
    over = target == stage.folder or target.startswith(f"{stage.folder.rstrip('/')}/")
    holds_code = any(
        path.endswith(".py")
        for path in project.files
        if source == context or posixpath.join(context, path).startswith(f"{source}/")
    )
    return inside and over and holds_code


def _is_file(mount: ComposeMount) -> bool:
    return mount.kind is MountKind.BIND and bool(posixpath.splitext(mount.target)[1])
