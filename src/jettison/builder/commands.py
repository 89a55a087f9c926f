"""Commands of RUN instructions as steps."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from jettison.builder import (
    CopyStep,
    FolderStep,
    GroupStep,
    ModeStep,
    OwnerStep,
    RemoveStep,
    Step,
    UserStep,
    not_understood,
)
from jettison.ecosystems.commands import (
    Directories,
    GroupChange,
    Permission,
    UserChange,
    cleanup,
    compile_bytecode,
    removal,
)
from jettison.formats.dockerfile import COPIES, Instruction, copy, environments, expand, workdir
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, lifted_run
from jettison.lift.stage import FinalStage
from jettison.lower import HEAD
from jettison.lower.user import START
from jettison.values import replace

# What a shell computes, beside variables: substitutions, patterns of parameters, home directories.
_COMPUTED = re.compile(r"\$\(|`|\$\{[^}]*[^\w}]|^~")


class Place(Struct, frozen=True, kw_only=True):
    """Where an instruction stands: the variables it sees, and its working directory."""

    instruction: Instruction
    variables: Mapping[str, str]
    folder: str

    def expanded(self, word: str) -> str:
        """Return a word of the instruction with its variables replaced."""
        item = self.instruction
        return expand(word, self.variables, escape=item.escape, origin=item.origin)

    def absolute(self, path: str) -> str:
        """Return a path of the image as it is from the root; a slash at its end stays."""
        joined = posixpath.normpath(posixpath.join(self.folder, path))
        # Two leading slashes mean the same as one here.
        normal = "/" + joined.lstrip("/")
        return f"{normal}/" if path.endswith("/") and normal != "/" else normal

    def word(self, text: str, action: Action) -> str:
        """Return what the shell makes of a word; UnsupportedError when it must run for that."""
        if "$" not in text and "`" not in text and not text.startswith("~"):
            return text
        if _COMPUTED.search(text):
            raise not_understood(action.text, f"{text} is computed by a shell", action.origin)
        return self.expanded(text)


# What other parts of the build take care of, or what leaves nothing in the image.
_ELSEWHERE = frozenset(
    {ActionKind.INDEX, ActionKind.PACKAGES, ActionKind.PYTHON, ActionKind.ENVIRONMENT}
)
_SILENT = frozenset({"set", "true", ":", "echo", "export", ""})
# Where Debian's programs look for numbers: useradd from above, adduser from below.
_PEOPLE, _SYSTEM_SHADOW, _SYSTEM_DEBIAN = (1000, 59999), (999, 100), (100, 999)


def run_steps(place: Place) -> Iterator[Step]:
    """Yield what a RUN does to the files; UnsupportedError where that is not known."""
    run = lifted_run(place.instruction)
    if not run.editable and run.actions:
        why = "it is a script with conditions, loops or functions"
        raise not_understood(run.instruction.text, why, run.instruction.origin)
    for action in run.actions:
        if action.command.name == "cd":
            target = action.command.words[1] if len(action.command.words) > 1 else "/"
            place = replace(place, folder=place.absolute(place.word(target, action)))
        else:
            yield from _steps(action, place)


def _steps(action: Action, place: Place) -> Iterator[Step]:
    fact = action.fact
    if action.command.redirects and any(r.operator.startswith(">") and r.target and
                                        not r.target.text.startswith("/dev/")
                                        and not r.target.text.isdecimal()
                                        for r in action.command.redirects):  # fmt: skip
        raise not_understood(action.text, "it writes a file", action.origin)
    if isinstance(fact, Directories):
        yield from _folders(fact, action, place)
    elif isinstance(fact, Permission):
        yield _permission(fact, action, place)
    elif isinstance(fact, UserChange):
        yield from _user(fact, action, place)
    elif isinstance(fact, GroupChange):
        yield _group(fact, action, place)
    else:
        yield from _other(action, place)


def _other(action: Action, place: Place) -> Iterator[Step]:
    gone = removal(action.command)
    if cleanup(action.command) is not None or action.kind in _ELSEWHERE:
        return
    if gone is not None:
        paths = tuple(place.absolute(place.word(path, action)) for path in gone.paths)
        yield RemoveStep(paths=paths)
    elif compile_bytecode(action.command) is None and not _is_silent(action):
        raise not_understood(action.text, "it is a program that would have to run", action.origin)


def _is_silent(action: Action) -> bool:
    return action.command.name in _SILENT and not action.command.substitutions


def _folders(fact: Directories, action: Action, place: Place) -> Iterator[Step]:
    owner = place.word(fact.owner, action) if fact.owner else ""
    group = place.word(fact.group, action) if fact.group else ""
    for path in fact.paths:
        yield FolderStep(
            path=place.absolute(place.word(path, action)),
            mode=fact.mode,
            owner=f"{owner or '0'}:{group or '0'}" if owner or group else None,
            origin=action.origin,
        )


def _permission(fact: Permission, action: Action, place: Place) -> Step:
    value = place.word(fact.value, action)
    paths = tuple(place.absolute(place.word(path, action)) for path in fact.paths)
    if fact.program == "chmod":
        return ModeStep(mode=value, paths=paths, recursive=fact.recursive, origin=action.origin)
    owner = f":{value}" if fact.program == "chgrp" else value.replace(".", ":")
    return OwnerStep(owner=owner, paths=paths, recursive=fact.recursive, origin=action.origin)


def _user(fact: UserChange, action: Action, place: Place) -> Iterator[Step]:
    if fact.action != "add":
        raise not_understood(action.text, "it changes a user that exists", action.origin)
    name = place.word(fact.name, action)
    debian = action.command.name.rpartition("/")[2] == "adduser"
    first, last = _PEOPLE
    if fact.system:
        first, last = _SYSTEM_DEBIAN if debian else _SYSTEM_SHADOW
    # adduser makes the home directory unless told not to, useradd when told to.
    made = fact.home_made if fact.home_made is not None else debian
    group = place.word(fact.group, action) if fact.group else None
    if group == name and debian and fact.system:
        group = None
    elif debian and fact.system and group is None:
        group = "nogroup"
    yield UserStep(
        name=name,
        uid=place.word(fact.uid, action) if fact.uid else None,
        group=group,
        home=place.word(fact.home, action) if fact.home else f"/home/{name}",
        shell=fact.shell or ("/usr/sbin/nologin" if debian and fact.system else "/bin/sh"),
        home_made=made,
        groups=tuple(place.word(each, action) for each in fact.groups),
        first=first,
        last=last,
        origin=action.origin,
    )


def _group(fact: GroupChange, action: Action, place: Place) -> Step:
    if fact.action != "add":
        raise not_understood(action.text, "it changes a group that exists", action.origin)
    debian = action.command.name.rpartition("/")[2] == "addgroup"
    first, last = _PEOPLE
    if fact.system:
        first, last = _SYSTEM_DEBIAN if debian else _SYSTEM_SHADOW
    return GroupStep(
        name=place.word(fact.name, action),
        gid=place.word(fact.gid, action) if fact.gid else None,
        member=fact.member,
        first=first,
        last=last,
    )


_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
# These say how the image is run and change no file.
_DESCRIBING = START | (HEAD - {"SHELL"}) | {"USER"}


def places(
    project: Project, stage: FinalStage, inherited: Mapping[str, str], folder: str
) -> Iterator[Place]:
    """Yield every instruction of a stage, and of those it is made on, where it is.

    ``inherited`` and ``folder`` are the base image's environment and working directory.
    """
    dockerfile = project.dockerfile
    seen = environments(dockerfile, project.build_arguments, inherited)
    variables = {
        id(item): environment.variables
        for item, environment in zip(dockerfile.instructions, seen, strict=True)
    }
    for item in stage.inherited:
        place = Place(instruction=item, variables=variables[id(item)], folder=folder or "/")
        if item.keyword == "WORKDIR":
            folder = place.absolute(place.expanded(workdir(item)))
        yield place


def stage_steps(
    found: Iterator[Place], environments_copied: Collection[Instruction]
) -> Iterator[Step]:
    """Yield what the instructions do to the image's files.

    ``environments_copied`` are the COPY instructions that bring the environment from another
    stage, which is made again instead. UnsupportedError for a step that needs an engine.
    """
    copied = {id(item) for item in environments_copied}
    for place in found:
        item = place.instruction
        if item.keyword == "WORKDIR":
            path = place.absolute(place.expanded(workdir(item)))
            yield FolderStep(path=path, mode=None, owner=None, origin=item.origin)
        elif item.keyword == "RUN":
            yield from run_steps(place)
        elif item.keyword in COPIES:
            if id(item) not in copied:
                yield _copy(place)
        elif item.keyword not in _DESCRIBING:
            why = f"what {item.keyword} does is decided while an engine builds"
            raise not_understood(item.text, why, item.origin)


def _copy(place: Place) -> Step:
    item = place.instruction
    found = copy(item)
    sources = tuple(place.expanded(source) for source in found.sources)
    if found.stage is not None:
        why = f"it takes files from {found.stage}, which nobody has built"
        raise not_understood(item.text, why, item.origin)
    if item.keyword == "ADD":
        for source in sources:
            if "://" in source or source.startswith("git@") or source.endswith(_ARCHIVES):
                raise not_understood(item.text, f"it fetches or unpacks {source}", item.origin)
    for document in item.heredocs:
        if document.expand and "$" in document.content:
            raise not_understood(item.text, "its document holds variables", document.origin)
    return CopyStep(
        sources=sources,
        documents=tuple((each.name, each.content) for each in item.heredocs),
        destination=place.absolute(place.expanded(found.destination)),
        owner=place.expanded(found.chown) if found.chown else None,
        mode=place.expanded(found.chmod) if found.chmod else None,
        exclude=found.exclude,
        parents=found.parents,
        origin=item.origin,
    )
