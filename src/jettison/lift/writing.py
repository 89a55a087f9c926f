"""Where the application writes: known folders, and writes that nothing is known of."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.facts import Project
from jettison.lift.stage import FinalStage
from jettison.lift.stored import StoredFile, sqlite_path
from jettison.lift.usage import Usage
from jettison.lift.writable import SYSTEM, variables_of, writable_folders
from jettison.project.commands import Permission
from jettison.values import Evidence

TEMPORARY = ("/tmp", "/var/tmp", "/dev", "/proc", "/run/lock")  # noqa: S108  paths in the container
SHARED = (*SYSTEM, "/var/log", "/var/lib", "/var/run", "/run", "/srv", "/mnt", "/media")
FOR_EVERYONE = re.compile(
    r"0?[0-7]{2}[2367]|[ugo]*[ao][ugoa]*[+=][rxXst]*w[rwxXst]*|\\+[rxX]*w[rwxX]*"
)
SERVERS = ("postgres", "mysql", "mariadb", "mssql", "oracle", "cockroach", "mongodb")


class Writing(Struct, frozen=True, kw_only=True):
    """What is known of the application's writes.

    ``folders`` are absolute, each with the reason. ``unsure`` are writes that may go to the folder
    of the code itself: then nothing may be taken from the application there. ``computed`` are those
    whose place is not known, and that are taken to go to a declared folder.
    """

    folders: Mapping[str, Evidence]
    unsure: tuple[Evidence, ...]
    computed: tuple[Evidence, ...] = ()


def writing_of(project: Project, stage: FinalStage, usage: Usage) -> Writing:
    """Join what the project declares and what its source does.

    A write whose place is computed is taken to go to a folder that is declared for data, when
    there is one.
    """
    folders = writable_folders(project, stage)
    declared = bool(folders)
    unsure: list[Evidence] = []
    computed: list[Evidence] = []
    placed = any(each.kind in ("volume", "environment") for each in folders.values())
    unsure += _for_everyone(stage)
    for stored in _real(project, stage, usage):
        declared = declared or stored.evidence.kind == "environment"
        folder = _folder(stored, stage)
        if folder is None:  # a folder that the image makes need not be the database's
            known = placed if stored.database else declared
            (computed if known else unsure).append(stored.evidence)
        elif folder == stage.folder or stage.folder.startswith(f"{folder.rstrip('/')}/"):
            unsure.append(stored.evidence)
        elif folder in SHARED and folder not in TEMPORARY:
            (computed if declared else unsure).append(stored.evidence)
        elif not _within(folder, (*folders, *TEMPORARY)):
            folders[folder] = stored.evidence
    return Writing(
        folders=dict(sorted(folders.items())), unsure=tuple(unsure), computed=tuple(computed)
    )


def _for_everyone(stage: FinalStage) -> Iterator[Evidence]:
    """Modes that let anybody write into the folder of the code: somebody needed that."""
    for action in stage.actions:
        fact = action.fact
        if isinstance(fact, Permission) and fact.program == "chmod" and fact.recursive:
            paths = {stage.absolute(p.removesuffix("/*"), action.instruction) for p in fact.paths}
            if stage.folder in paths and FOR_EVERYONE.fullmatch(fact.value):
                message = f"`{action.text[:60]}` lets anybody write there"
                yield Evidence(kind="permission", message=message, origin=action.origin)


def _real(project: Project, stage: FinalStage, usage: Usage) -> Iterator[StoredFile]:
    """The writes, without default databases that the environment replaces."""
    variables = list(variables_of(project, stage))
    for name, value, origin in variables:
        path = sqlite_path(value)
        if path:
            message = f"{name} names a SQLite database"
            evidence = Evidence(kind="environment", message=message, origin=origin)
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


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
