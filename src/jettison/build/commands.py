"""Commands of RUN instructions as steps."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from jettison.build.not_understood import not_understood
from jettison.build.recipe import (
    FolderStep,
    GroupStep,
    ModeStep,
    OwnerStep,
    RemoveStep,
    Step,
    UserStep,
)
from jettison.build.words import Place
from jettison.lift.action import Action, ActionKind, lifted_run
from jettison.project.commands import (
    Directories,
    GroupChange,
    Permission,
    UserChange,
    cleanup,
    compile_bytecode,
    removal,
)

# What other parts of the build take care of, or what leaves nothing in the image.
_ELSEWHERE = frozenset(
    {ActionKind.INDEX, ActionKind.PACKAGES, ActionKind.PYTHON, ActionKind.ENVIRONMENT}
)
_SILENT = frozenset({"set", "true", ":", "echo", "export", ""})
# Where Debian's programs look for numbers: useradd from above, adduser from below.
_PEOPLE, _SYSTEM_SHADOW, _SYSTEM_DEBIAN = (1000, 59999), (999, 100), (100, 999)


def run_steps(place: Place) -> Iterator[Step]:
    """Yield what a RUN does to the files; UnsupportedError for what it cannot be told of."""
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
                                        and not r.target.text.isdigit()
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
        yield RemoveStep(paths=paths, origin=action.origin)
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
        origin=action.origin,
    )
