"""Folders that the application writes to and that the build puts something into."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.ecosystems.commands import (
    Directories,
    Permission,
    compile_bytecode,
    directories,
    management,
    written_paths,
)
from jettison.formats.dockerfile import Copy, Instruction
from jettison.formats.shell import Command, Script
from jettison.lift import Project
from jettison.lift.action import ActionKind
from jettison.lift.build_context import copied_from
from jettison.lift.stage import FinalStage
from jettison.lift.stages import origin_of_variable
from jettison.source import ModuleFacts
from jettison.source.effects import files_written
from jettison.values import Evidence, Origin, is_within

# Files that only keep a folder in version control.
PLACEHOLDERS = frozenset({".gitkeep", ".keep", ".gitignore", ".placeholder", ".empty"})
FILLING = (ActionKind.APPLICATION, ActionKind.OTHER)


def filled_folders(
    project: Project, stage: FinalStage, folders: Iterable[str], made: Collection[str]
) -> dict[str, Evidence]:
    """Those of the absolute ``folders`` that hold files of the image, each with what brings them.

    A volume over such a folder would keep the files of the first image when a new one comes.
    ``made`` are the folders that the user's own steps make: later ones may have filled them.
    """
    found: dict[str, Evidence] = {}
    for folder in folders:
        evidence = _copied(project, stage, folder)
        if evidence is None and folder in made:
            evidence = _prepared(stage, folder)
        if evidence is not None:
            found[folder] = evidence
    return found


def made_folders(stage: FinalStage) -> frozenset[str]:
    """The absolute folders that steps of the stage make or give an owner to."""
    return frozenset(
        stage.absolute(path, action.instruction)
        for action in stage.actions
        if isinstance(action.fact, Directories | Permission)
        for path in action.fact.paths
    )


def made_files(stage: FinalStage, folders: Collection[str]) -> tuple[str, ...]:
    """The absolute files below some folders that steps make and leave: ``touch app.log``.

    They belong to who ran the step. Names that are computed are not told, nor what a later
    command names once more, as it may take it away.
    """
    found: dict[str, None] = {}
    for run in stage.runs:
        for action in run.actions:
            command = action.command
            words = command.words[1:] if command.name in WRITERS else written_paths(command)
            copied = command.name in ("cp", "mv")
            for path in () if copied else words:
                known = not (path.startswith("-") or re.search(r"[*?$\[]", path))
                if known and (path.startswith("/") or not run.moves):
                    found[stage.absolute(path, action.instruction)] = None
            if command.name in ("rm", "mv", "unlink"):
                gone = {stage.absolute(word, action.instruction) for word in command.words[1:]}
                found = {p: None for p in found if not any(is_within(p, each) for each in gone)}
    return tuple(path for path in found if any(is_within(path, each) for each in folders))


def holds_files(project: Project, stage: FinalStage, folder: str) -> bool:
    """Whether the build copies files of the context into an absolute ``folder``."""
    return any(
        copied.stage is None
        and _has_files(project, copied, stage.absolute(copied.destination, item), folder)
        for item, copied in stage.all_copies
    )


def exists_in_image(project: Project, stage: FinalStage, folder: str) -> bool:
    """Whether an absolute ``folder`` is there, or may be there, before anything runs."""
    if any(is_within(made, folder) for made in made_folders(stage)):
        return True
    for item, copied in stage.all_copies:
        into = stage.absolute(copied.destination, item)
        if copied.stage is not None and (is_within(into, folder) or is_within(folder, into)):
            return True
        if copied.stage is None and _has_files(project, copied, into, folder, ignored=frozenset()):
            return True
    return False


def _copied(project: Project, stage: FinalStage, folder: str) -> Evidence | None:
    for item, copied in stage.all_copies:
        into = stage.absolute(copied.destination, item)
        if copied.stage is not None:
            filled = is_within(into, folder) or (into != stage.folder and is_within(folder, into))
        else:
            filled = _has_files(project, copied, into, folder)
        if filled:
            return _evidence(item, f"{folder} holds files of the image")
    return None


def _has_files(
    project: Project,
    copied: Copy,
    into: str,
    folder: str,
    ignored: frozenset[str] = PLACEHOLDERS,
) -> bool:
    sources = copied_from(project, copied, into, folder)
    return any(
        posixpath.basename(path) not in ignored
        for source in sources
        for path in project.files
        if source == "." or is_within(path, source)
    )


def _prepared(stage: FinalStage, folder: str) -> Evidence | None:
    """A step of the application, which may have put something into the folder."""
    for action in stage.of_kind(*FILLING):
        if not compile_bytecode(action.command):
            what = f"`{action.short}`"
            return _evidence(action.instruction, f"{folder} may hold what {what} put there")
    return None


def _evidence(item: Instruction, message: str) -> Evidence:
    return Evidence.of("folder", message, item.origin)


SQLITE = re.compile(r"sqlite\d?(?:\+\w+)?://(?P<path>/[^?\s]*)?")
IN_MEMORY = ":memory:"
DJANGO_SQLITE = (".db.backends.sqlite3", ".db.backends.spatialite")
DJANGO_FILES = frozenset(
    {
        *("django.db.models.FileField", "django.db.models.ImageField"),
        *(
            "django.core.files.storage.default_storage",
            "django.core.files.storage.FileSystemStorage",
        ),
    }
)
# Commands of Django that write into the folder of the code, or where its settings say.
WRITING_COMMANDS = frozenset({"collectstatic", "compilemessages", "makemessages", "makemigrations"})
WRITERS = frozenset({"touch", "tee"})


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file that production writes, or a folder that it makes.

    ``path`` is what is known of it, empty when it is computed; computed parts are ``{}``.
    ``database`` marks one that is only used when no other database is set.
    """

    path: str
    folder: bool
    database: bool
    evidence: Evidence


def stored_by_source(modules: Iterable[ModuleFacts]) -> Iterator[StoredFile]:
    """What the files write, the places of their SQLite databases and of Django's uploads."""
    listed = list(modules)
    handlers = table(Calls).writes.files
    for write in files_written(listed):
        if IN_MEMORY not in write.path:
            message = f"{write.callee} writes {write.path or 'to a place that is computed'}"
            yield _stored(write.path, message, write.origin, folder=write.folder)
    for module in listed:
        for text in module.texts:
            path = "db.sqlite3" if text.value.endswith(DJANGO_SQLITE) else sqlite_path(text.value)
            if path is not None:
                named = f"{text.value} is a database in a file"
                yield _stored(path, named, text.origin, database=True)
            elif text.value in handlers:
                named = f"{text.value} writes where its settings say"
                yield _stored("", named, text.origin)
        for reference in module.references:
            if reference.name in DJANGO_FILES:
                name = reference.name.rpartition(".")[2]
                yield _stored("", f"{name} stores files below MEDIA_ROOT", reference.origin)


def stored_by_scripts(scripts: Iterable[Script]) -> Iterator[StoredFile]:
    """What shell scripts write: folders that they make, files that they write to."""
    for script in scripts:
        for command in script.commands:
            yield from _by_command(command)


# Options of servers and workers that name a file which they write, and what Celery's beat writes
# by default. Source: gunicorn and Celery, "Command line interface".
_FILE_OPTION = re.compile(r"--(?:[\w-]*log-?file|pid-?file|pid|statedb|schedule)(?:=(?P<path>.+))?")
_SCHEDULE = "celerybeat-schedule"
_OTHER_SCHEDULE = re.compile(r"-[sS]|--schedule|--scheduler|-[sS]\S+|--scheduler?=\S+")


def stored_by_options(words: tuple[str, ...], origin: Origin) -> Iterator[StoredFile]:
    """Files that the words of a command have a server or worker write."""
    for word, value in pairwise((*words, "")):
        found = _FILE_OPTION.fullmatch(word)
        path = found and (found["path"] or value)
        if path and not path.startswith("-") and ("schedule" not in word or "celery" in words):
            yield _stored(_known(path), f"{word.partition('=')[0]} names {path}", origin)
    beats = "beat" in words or {"-B", "--beat"} & set(words)
    if "celery" in words and beats and not any(map(_OTHER_SCHEDULE.fullmatch, words)):
        yield _stored(_SCHEDULE, f"celery beat writes {_SCHEDULE}", origin)


def sqlite_path(url: str) -> str | None:
    """The file of a SQLite URL, empty when it is computed; None for anything else."""
    match = SQLITE.fullmatch(url)
    if match is None or not match["path"] or IN_MEMORY in url:
        return None
    return match["path"][1:]


def _by_command(command: Command) -> Iterator[StoredFile]:
    yield from stored_by_options(command.words, command.origin)
    made = directories(command)
    for path in made.paths if made else ():
        yield _stored(_known(path), f"the script makes {path}", command.origin, folder=True)
    if command.name in WRITERS:
        for word in command.words[1:]:
            if not word.startswith("-"):
                yield _stored(_known(word), f"the script writes {word}", command.origin)
    for redirect in command.redirects:
        target = redirect.target.text if redirect.target else ""
        if redirect.operator in (">", ">>", ">|") and not target.startswith(("/dev/", "&")):
            yield _stored(_known(target), f"the script writes {target}", command.origin)
    action = management(command)
    if action and action.action in WRITING_COMMANDS:
        message = f"{action.action} writes beside the code, or where the settings say"
        yield _stored(".", message, command.origin, folder=True)


def _known(path: str) -> str:
    return re.sub(r"\$.*", "{}", path) if not path.startswith("$") else ""


def _stored(
    path: str, message: str, origin: Origin, *, folder: bool = False, database: bool = False
) -> StoredFile:
    evidence = Evidence.of("write", message, origin)
    return StoredFile(path=path, folder=folder, database=database, evidence=evidence)


# Folders with what images and engines bring, which applications read.
_READ = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/root", "/home"),
    *("/run/secrets", "/var/run/secrets", "/var/lib/dpkg", "/var/lib/apt", "/opt/venv"),
)
# Variables of installers, which only work while the image is built.
BUILDING = re.compile(r"(PIP|POETRY|UV|PDM|PIPENV|NPM|YARN|PNPM|CARGO|CCACHE)_")
# Variables that say where programs, modules and certificates are.
_SEARCHED = re.compile(r"PATH$|^(HOME|VIRTUAL_ENV|PYTHONHOME|PWD|SHELL)$|CERT|CA_BUNDLE")
_REDIRECTED = re.compile(r">>?\s*(/(?!dev/)[\w./-]+)")
_WRITTEN = (".log", ".pid")


def places_for_data(
    stage: FinalStage, words: Mapping[str, Origin]
) -> Iterator[tuple[str, Evidence, bool]]:
    """Folders beside the code that source, settings, variables and the start command name for data.

    Gives whether a file there is surely written. What has an ending is a file.
    """
    named: list[tuple[str, Origin | None]] = []
    named += [(path, origin) for path, origin in words.items() if path.startswith("/")]
    named += [
        (value, origin_of_variable(stage, name))
        for name, value in stage.environment.items()
        if value.startswith("/") and not (_SEARCHED.search(name) or BUILDING.match(name))
    ]
    redirected: list[str] = []
    for each in (stage.command, stage.entrypoint):
        if each:
            redirected += _REDIRECTED.findall(each.instruction.text)
            given = each.words[1:] if each.words else redirected
            named += [(word, each.origin) for word in given if word.startswith("/")]
    for path, origin in named:
        place = posixpath.normpath(re.split(r"[{%$]", path)[0])
        folder = posixpath.dirname(place) if posixpath.splitext(place)[1] else place
        if not any(is_within(folder, one) for one in (*_READ, stage.folder)):
            written = path in redirected or path.endswith(_WRITTEN)
            yield (
                folder,
                Evidence.of("name", f"{path} is named for data", origin),
                written,
            )
