"""Commands that fetch, copy, remove or write files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from jettison.ecosystems.commands.invocation import Invocation, Options, invocation
from jettison.formats.shell import Command, Script


class Permission(Struct, frozen=True, kw_only=True):
    """A ``chown``, ``chgrp`` or ``chmod``: ``value`` is the owner (``app:app``) or the mode."""

    program: str
    value: str
    paths: tuple[str, ...]
    recursive: bool


class Directories(Struct, frozen=True, kw_only=True):
    """Directories that ``mkdir`` or ``install -d`` makes."""

    paths: tuple[str, ...]
    mode: str | None
    owner: str | None
    group: str | None = None


class Removal(Struct, frozen=True, kw_only=True):
    """Paths that ``rm`` or ``rmdir`` removes; they may be patterns."""

    paths: tuple[str, ...]


def permission(command: Command) -> Permission | None:
    """Return the change of owner or mode that a command is; ``-x`` is a mode, not an option."""
    run = invocation(command)
    if run is None or run.program not in {"chown", "chgrp", "chmod"}:
        return None
    options = run.options
    words = [word.text for word in options.arguments]
    minus = [word.text for word in run.words if re.fullmatch(r"-[rwxXst]+", word.text)]
    if run.program == "chmod" and minus:
        words = [minus[0], *words]
    if len(words) < 2:  # noqa: PLR2004 (a value and a path)
        return None
    return Permission(
        program=run.program,
        value=words[0],
        paths=tuple(words[1:]),
        recursive=options.has("-R", "--recursive"),
    )


def directories(command: Command) -> Directories | None:
    """Return the directories that a command makes."""
    run = invocation(command)
    if run is None or not run.options.arguments:
        return None
    options = run.options
    if run.program == "install" and not options.has("-d", "--directory"):
        return None
    if run.program not in {"install", "mkdir"}:
        return None
    return Directories(
        paths=tuple(path for word in options.arguments for path in expand_braces(word.text)),
        mode=options.value("-m", "--mode"),
        owner=options.value("-o", "--owner"),
        group=options.value("-g", "--group"),
    )


def removal(command: Command) -> Removal | None:
    """Return the paths that a command removes."""
    run = invocation(command)
    if run is None or run.program not in {"rm", "rmdir"} or not run.options.arguments:
        return None
    return Removal(
        paths=tuple(path for word in run.options.arguments for path in expand_braces(word.text))
    )


def expand_braces(text: str) -> tuple[str, ...]:
    """Return the words that the shell makes of ``/app/{media,static}``."""
    match = re.search(r"(?<!\$)\{([^{}]*,[^{}]*)\}", text)
    if match is None:
        return (text,)
    before, after = text[: match.start()], text[match.end() :]
    return tuple(
        word for part in match[1].split(",") for word in expand_braces(f"{before}{part}{after}")
    )


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


class GroupChange(Struct, frozen=True, kw_only=True):
    """A group that is made (``groupadd``, ``addgroup``) or changed (``groupmod``).

    ``member`` is the user of ``addgroup user group``, which adds one to a group that exists.
    """

    action: str
    name: str
    gid: str | None
    system: bool
    member: str | None


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
    )


def _home_made(options: Options, *, yes: tuple[str, ...], no: tuple[str, ...]) -> bool | None:
    if options.has(*no):
        return False
    return True if options.has(*yes) else None


_APT_PATHS = ("/etc/apt/", "/usr/share/keyrings/", "/usr/local/share/keyrings/")
_APT_SETTINGS = ("/etc/apt/apt.conf", "/etc/apt/preferences")


class AptSource(Struct, frozen=True, kw_only=True):
    """Commands that add an apt repository: they write its key or its list.

    ``commands`` are whole pipelines; ``paths`` are files under /etc/apt or a keyring directory.
    """

    commands: tuple[Command, ...]


def apt_sources(script: Script) -> tuple[AptSource, ...]:
    """Return the commands of a script that add apt repositories, one value for each pipeline."""
    return tuple(
        source for pipeline in pipelines(script) if (source := _apt_source(pipeline)) is not None
    )


# What every base has, so that a step made of it runs in any stage.
_EVERYWHERE = frozenset(
    {"sed", "echo", "printf", "tee", "cat", "cp", "mv", "rm", "true", "[", "test", ""}
)


def settings_of_sources(script: Script) -> tuple[tuple[Command, ...], ...]:
    """Return the pipelines that tell apt or apk where packages come from, and how.

    Only those of programs that every base has: one that fetches a key needs what fetches it.
    """
    return tuple(
        pipeline
        for pipeline in pipelines(script)
        if all(command.name in _EVERYWHERE for command in pipeline)
        and any(_names_sources(command) for command in pipeline)
    )


def is_everywhere(script: Script) -> bool:
    """Tell whether a script calls nothing but programs that every base has."""
    return all(command.name in _EVERYWHERE for command in script.commands)


def is_of_sources(path: str) -> bool:
    """Tell whether a path is a list of package sources or a setting beside them."""
    return path.startswith(("/etc/apt/", "/etc/apk/"))


def _names_sources(command: Command) -> bool:
    words = command.words[1:] if command.name in ("sed", "cp", "mv", "rm") else ()
    return any(map(is_of_sources, (*written_paths(command), *words)))


def pipelines(script: Script) -> Iterator[tuple[Command, ...]]:
    """Yield the commands of a script, those of one pipeline together."""
    group: list[Command] = []
    for command in script.commands:
        if group and (command.pipeline is None or command.pipeline != group[-1].pipeline):
            yield tuple(group)
            group = []
        group.append(command)
    if group:
        yield tuple(group)


def written_paths(command: Command) -> tuple[str, ...]:
    """Return the files that a command writes: by redirection, ``tee`` or an output option."""
    redirected = [
        redirect.target.text
        for redirect in command.redirects
        if redirect.target is not None and redirect.operator in {">", ">>", ">|", "&>"}
    ]
    run = invocation(command)
    return (*redirected, *(_outputs(run) if run is not None else ()))


def _outputs(run: Invocation) -> Sequence[str]:
    if run.program == "tee":
        return [word.text for word in run.options.arguments]
    if run.program in {"cp", "mv"}:
        return [run.options.arguments[-1].text] if run.options.arguments else []
    names = {
        "curl": ("-o", "--output"),
        "wget": ("-O", "--output-document"),
        "gpg": ("-o", "--output"),
    }
    value = run.options.value(*names.get(run.program, ()))
    return [value] if value else []


def _apt_source(pipeline: tuple[Command, ...]) -> AptSource | None:
    paths = tuple(
        path
        for command in pipeline
        for path in (*written_paths(command), *_made(command))
        if path.startswith(_APT_PATHS) and not path.startswith(_APT_SETTINGS)
    )
    runs = [run for command in pipeline if (run := invocation(command)) is not None]
    if not paths and not any(run.program in {"add-apt-repository", "apt-key"} for run in runs):
        return None
    return AptSource(commands=pipeline)


def _made(command: Command) -> tuple[str, ...]:
    """Return what a command makes or opens to readers: ``install -d /etc/apt/keyrings``."""
    made = directories(command)
    if made is not None:
        return tuple(f"{path.rstrip('/')}/" for path in made.paths)
    run = invocation(command)
    if run is not None and run.program in {"chmod", "chown"}:
        return tuple(word.text for word in run.options.arguments[1:])
    return ()
