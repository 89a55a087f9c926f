"""Commands that make or change users and groups, in the manners of Debian and of Alpine."""

from __future__ import annotations

from msgspec import Struct

from jettison.project.commands.invocation import Invocation, invocation
from jettison.project.commands.options import Options
from jettison.project.shell import Command
from jettison.values import Origin


class UserChange(Struct, frozen=True, kw_only=True):
    """A user that is made (``useradd``, ``adduser``) or changed (``usermod``).

    Numbers and names are text as written, variables too. ``group`` is the primary group by name
    or number, ``groups`` the others. ``home_made`` is None when the program's default decides.
    """

    action: str
    name: str
    uid: str | None
    group: str | None
    groups: tuple[str, ...]
    home: str | None
    shell: str | None
    system: bool
    home_made: bool | None
    sparse: bool
    origin: Origin


class GroupChange(Struct, frozen=True, kw_only=True):
    """A group that is made (``groupadd``, ``addgroup``) or changed (``groupmod``).

    ``member`` is the user of ``addgroup user group``, which adds one to a group that exists.
    """

    action: str
    name: str
    gid: str | None
    system: bool
    member: str | None
    origin: Origin


def user_change(command: Command) -> UserChange | None:
    """Return the user that a command makes or changes."""
    run = invocation(command)
    if run is None or not run.options.arguments:
        return None
    if run.program == "useradd":
        return _shadow(run, "add")
    if run.program == "usermod":
        return _shadow(run, "modify")
    return _adduser(run) if run.program == "adduser" else None


def group_change(command: Command) -> GroupChange | None:
    """Return the group that a command makes or changes."""
    run = invocation(command)
    if run is None or run.program not in {"groupadd", "addgroup", "groupmod"}:
        return None
    options = run.options
    names = [word.text for word in options.arguments]
    if not names:
        return None
    return GroupChange(
        action="modify" if run.program == "groupmod" else "add",
        name=names[-1],
        gid=options.value("-g", "--gid"),
        system=options.has("-r", "--system", "-S"),
        member=names[0] if len(names) > 1 else None,
        origin=run.origin,
    )


def _shadow(run: Invocation, action: str) -> UserChange:
    options = run.options
    groups = options.value("-G", "--groups") or ""
    return UserChange(
        action=action,
        name=options.arguments[-1].text,
        uid=options.value("-u", "--uid"),
        group=options.value("-g", "--gid"),
        groups=tuple(name for name in groups.split(",") if name),
        home=options.value("-d", "--home-dir", "--home"),
        shell=options.value("-s", "--shell"),
        system=options.has("-r", "--system"),
        home_made=_home_made(options, yes=("-m", "--create-home"), no=("-M", "--no-create-home")),
        sparse=options.has("-l", "--no-log-init"),
        origin=run.origin,
    )


def _adduser(run: Invocation) -> UserChange:
    """Read both Debian's long options and BusyBox's short ones; they do not overlap."""
    options = run.options
    name, *groups = (word.text for word in options.arguments)
    system = options.has("--system", "-S")
    own = name if options.has("--group") and system else None
    return UserChange(
        action="modify" if groups else "add",
        name=name,
        uid=options.value("--uid", "-u"),
        group=options.value("--ingroup", "--gid", "-G") or own,
        groups=tuple(groups),
        home=options.value("--home", "-h"),
        shell=options.value("--shell", "-s"),
        system=system,
        home_made=_home_made(options, yes=(), no=("--no-create-home", "-H")),
        sparse=False,
        origin=run.origin,
    )


def _home_made(options: Options, *, yes: tuple[str, ...], no: tuple[str, ...]) -> bool | None:
    if options.has(*no):
        return False
    return True if options.has(*yes) else None
