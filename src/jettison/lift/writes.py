"""Which folders the application writes to, by its source and by what the project says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from types import MappingProxyType

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import Directories, Permission
from jettison.formats import WILD
from jettison.formats.compose import ComposeMount, MountKind, Service
from jettison.lift import Project
from jettison.lift.action import ActionKind
from jettison.lift.build_context import copied_to
from jettison.lift.data_folders import BUILDING, StoredFile, places_for_data, sqlite_path
from jettison.lift.stage import FinalStage
from jettison.lift.stages import origin_of_variable, services_of
from jettison.lift.usage import Usage
from jettison.values import Evidence, Origin, is_within

DATA_NAME = re.compile(
    r"(^|_)(DATA|UPLOADS?|MEDIA|STORAGE|STATE|CACHE|LOGS?|BACKUPS?|TMP|TEMP|DB|DATABASE)(_|$)"
)
SYSTEM = ("/", "/root", "/home", "/tmp", "/var", "/usr", "/etc", "/opt", "/dev", "/proc", "/sys")  # noqa: S108
CACHES = (
    "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", "venv", ".venv",
    ".tox", ".nox"
)  # fmt: skip
HIDDEN_FILES = frozenset({".netrc", ".pgpass", ".pypirc", ".gitconfig", ".npmrc"})
Reason = tuple[str, Evidence]


def writable_folders(project: Project, stage: FinalStage) -> dict[str, Evidence]:
    """Absolute folders with the reason for each; parents come before their children."""
    found: dict[str, Evidence] = {}
    for path, evidence in (*_mounted(project, stage), *_made(stage), *_named(project, stage)):
        folder = posixpath.normpath(path)
        if folder.startswith("/") and folder not in SYSTEM and not is_within(stage.folder, folder):
            found.setdefault(folder, evidence)
    return dict(sorted(found.items()))


def data_mounts(service: Service | None, project: Project) -> tuple[ComposeMount, ...]:
    """The mounts of a service that hold data: not source, the host's own, or shielded caches."""
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
        and not is_of_the_host(mount)
    )


def given_mounts(service: Service | None, project: Project, stage: FinalStage) -> Mapping[str, str]:
    """The mounts that give the image files of the project, as target and path in the project.

    Single files, folders to read, and source that the image does not have itself.
    """
    known = data_mounts(service, project)
    beside = posixpath.dirname(project.compose_path or "")
    return {
        mount.target: posixpath.normpath(posixpath.join(beside, mount.source))
        for mount in (service.volumes if service else ())
        if mount.kind is MountKind.BIND
        and mount not in known
        and not mount.source.startswith(("/", "~", "$"))
        and not mount.target.endswith(".sock")
        and not (_code_in(mount, project) and _covers_code(mount, project, stage))
    }


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


def _mounted(project: Project, stage: FinalStage) -> Iterator[Reason]:
    for service in services_of(project):
        for mount in data_mounts(service, project):
            message = f"{mount.target} is a {mount.kind.value} mount"
            yield mount.target, Evidence.of("volume", message, mount.origin)
    for path in stage.volumes:
        origin = next(i.origin for i in reversed(stage.inherited) if i.keyword == "VOLUME")
        yield path, Evidence.of("volume", f"{path} is a volume", origin)


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
        for path in (path for path in fact.paths if not WILD.search(path)):
            evidence = Evidence.of("folder", f"the Dockerfile {what} {path}", action.origin)
            yield stage.absolute(path, action.instruction), evidence


def _named(project: Project, stage: FinalStage) -> Iterator[Reason]:
    """Folders that environment variables name."""
    for name, value, origin in variables_of(project, stage):
        if BUILDING.match(name):
            continue
        if value.startswith("/") and DATA_NAME.search(name) and not posixpath.splitext(value)[1]:
            yield value, Evidence.of("environment", f"{name}={value}", origin)


def _code_in(mount: ComposeMount, project: Project) -> tuple[str, ...]:
    """The Python files that a mount of a folder of the context holds, relative to the context."""
    if mount.kind is not MountKind.BIND:
        return ()
    source = posixpath.normpath(mount.source)
    folder = "" if source == "." else f"{source}/"
    if source.startswith(("/", "..", "~", "$")) or not folder.startswith(project.prefix):
        return ()
    inner = folder.removeprefix(project.prefix)
    return tuple(path for path in project.files if path.endswith(".py") and path.startswith(inner))


def _covers_code(mount: ComposeMount, project: Project, stage: FinalStage) -> bool:
    """Whether the image has a file of the mount where the mount puts it."""
    target = posixpath.normpath(mount.target)
    if not is_within(target, stage.folder):
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


TEMPORARY = ("/tmp", "/var/tmp", "/dev", "/proc", "/run/lock")  # noqa: S108  paths in the container
SHARED = (*SYSTEM, "/var/log", "/var/lib", "/var/run", "/run", "/srv", "/mnt", "/media")
FOR_EVERYONE = re.compile(
    r"0?[0-7]{2}[2367]|[ugo]*[ao][ugoa]*[+=][rxXst]*w[rwxXst]*|\\+[rxX]*w[rwxX]*"
)
SERVERS = ("postgres", "mysql", "mariadb", "mssql", "oracle", "cockroach", "mongodb")


# Programs that write where their arguments say.
_WRITING = ("mkdir", "touch", "tee", "cp", "mv", "tar", "dd", "rsync", "sh", "bash")


class Writing(Struct, frozen=True, kw_only=True):
    """What is known of the application's writes.

    ``folders`` are absolute, each with the reason. ``unsure`` are writes that may go to the folder
    of the code itself: then nothing may be taken from the application there. ``computed`` are those
    whose place is not known, and that are taken to go to a declared folder. Either may go to one of
    the folders that are ``named`` for data, too. ``shared`` go to a folder of the system, which
    root alone may write to.
    """

    folders: Mapping[str, Evidence]
    unsure: tuple[Evidence, ...]
    computed: tuple[Evidence, ...] = ()
    shared: tuple[Evidence, ...] = ()
    named: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def anywhere(self) -> bool:
        """Whether a write may go elsewhere than to the folders."""
        return bool(self.unsure or self.named)


def writing_of(project: Project, stage: FinalStage, usage: Usage) -> Writing:
    """Join what the project declares and what its source does.

    A write whose place is computed is taken to go to a folder that is declared for data, when
    there is one, and to all that the source, settings or start command name for data.
    """
    folders = writable_folders(project, stage)
    declared = bool(folders)
    unsure: list[Evidence] = []
    computed: list[Evidence] = []
    shared: list[Evidence] = []
    named: dict[str, Evidence] = {}
    placed = any(each.kind in ("volume", "environment") for each in folders.values())
    unsure += _for_everyone(stage)
    for stored in _real(project, stage, usage):
        declared = declared or stored.evidence.kind == "environment"
        folder = _folder(stored, stage)
        if folder is None:  # a folder that the image makes need not be the database's
            known = placed if stored.database else declared
            (computed if known else unsure).append(stored.evidence)
        elif folder in SHARED and folder not in (*TEMPORARY, stage.folder):
            shared.append(stored.evidence)
        elif is_within(stage.folder, folder):
            unsure.append(stored.evidence)
        elif not any(is_within(folder, one) for one in (*folders, *TEMPORARY)):
            folders[folder] = stored.evidence
    uses = (use for name in _WRITING for use in usage.programs.get(name, ()))
    calls = any(use.kind == "subprocess" for use in uses)
    for folder, evidence, written in sorted(places_for_data(stage, usage.words), key=itemgetter(0)):
        places = (stage.folder, *folders, *named, *TEMPORARY)
        known = any(is_within(folder, one) for one in places)
        if known or not (written or unsure or computed or calls):
            continue
        if folder in SHARED:
            shared.append(evidence)
        else:
            named[folder] = evidence
    return Writing(
        folders=dict(sorted(folders.items())),
        unsure=tuple(unsure),
        computed=tuple(computed),
        shared=tuple(shared),
        named=named,
    )


def _for_everyone(stage: FinalStage) -> Iterator[Evidence]:
    """Modes that let anybody write into the folder of the code: somebody needed that."""
    for action in stage.actions:
        fact = action.fact
        if isinstance(fact, Permission) and fact.program == "chmod" and fact.recursive:
            paths = {stage.absolute(p.removesuffix("/*"), action.instruction) for p in fact.paths}
            if stage.folder in paths and FOR_EVERYONE.fullmatch(fact.value):
                message = f"`{action.text[:60]}` lets anybody write there"
                yield Evidence.of("permission", message, action.origin)


def _real(project: Project, stage: FinalStage, usage: Usage) -> Iterator[StoredFile]:
    """The writes, without default databases that the environment replaces."""
    variables = list(variables_of(project, stage))
    for name, value, origin in variables:
        path = sqlite_path(value)
        if path:
            evidence = Evidence.of("environment", f"{name} names a SQLite database", origin)
            yield StoredFile(path=path, folder=False, database=False, evidence=evidence)
    schemes = [value.partition("://")[0] for _, value, _ in variables if "://" in value]
    replaced = any(scheme.startswith((*SERVERS, "sqlite")) for scheme in schemes)
    yield from (stored for stored in usage.stored if not (stored.database and replaced))


def _folder(stored: StoredFile, stage: FinalStage) -> str | None:
    """The folder that a write needs; None when it is computed."""
    if not stored.path:
        return None
    path = posixpath.normpath(posixpath.join(stage.folder, stored.path.partition("{}")[0] or "."))
    whole = stored.folder and "{}" not in stored.path
    is_folder = whole or stored.path.partition("{}")[0].endswith("/")
    return path if is_folder else posixpath.dirname(path)


def home_writers(distributions: Iterable[str]) -> tuple[Evidence, ...]:
    """One piece of evidence for each of the named distributions that keeps files there."""
    known = frozenset(table(Tools).writes_home.distributions)
    return tuple(
        Evidence.of("home", f"{name} keeps what it downloads in the home folder")
        for name in sorted(known.intersection(distributions))
    )


def is_of_the_host(mount: ComposeMount) -> bool:
    """Whether a mount shows a part of the host's system, which is no data of the application."""
    source = posixpath.normpath(mount.source)
    return mount.kind is MountKind.BIND and (
        source == "/" or f"{source}/".startswith(table(Tools).of_the_host.folders)
    )


def is_shared(service: Service, mount: ComposeMount) -> bool:
    """Whether a mount stands in a part that the service only refers to."""
    start, line = service.origin.line, mount.origin.line
    return start is not None and line is not None and line < start
