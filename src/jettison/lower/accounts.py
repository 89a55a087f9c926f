"""Users and groups in the dialect of Alpine's busybox, and for a root that is another folder."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from jettison.project.commands import GroupChange, UserChange


def busybox(fact: UserChange | GroupChange, program: str) -> str:
    """Write the command that makes the same user or group; ``program`` is what made it before.

    Unlike ``useradd``, busybox makes a home directory unless it is told not to.
    """
    if isinstance(fact, GroupChange):
        options = ["-S"] * fact.system + (["-g", fact.gid] if fact.gid else [])
        return " ".join(["addgroup", *options, fact.name])
    if fact.action == "modify":
        return " && ".join(f"addgroup {fact.name} {group}" for group in fact.groups)
    made = fact.home_made if program == "useradd" else fact.home_made is not False
    options = ["-S"] * fact.system + ["-D"]
    options += ["-u", fact.uid] if fact.uid else []
    options += ["-G", fact.group] if fact.group else []
    options += ["-h", fact.home] if fact.home else []
    options += ["-s", _shell(fact.shell)] if fact.shell else []
    options += [] if made else ["-H"]
    user = " ".join(["adduser", *options, fact.name])
    own = f"addgroup -S {fact.name} && " if _has_own_group(fact, program) else ""
    others = "".join(f" && addgroup {fact.name} {group}" for group in fact.groups)
    return f"{own}{user}{others}"


def _has_own_group(fact: UserChange, program: str) -> bool:
    """Debian's ``adduser --system --group`` makes the group as well."""
    return program == "adduser" and fact.system and fact.group == fact.name


def _shell(shell: str) -> str:
    """Alpine has no bash."""
    return "/bin/sh" if shell.endswith("bash") else shell


def shadow(fact: UserChange | GroupChange, words: Sequence[str], root: str) -> str:
    """Write the command that makes the same user or group in the files below ``root``.

    ``words`` are those of the command that made it before; those of Debian's ``adduser``, which
    cannot work on another root, become those of ``useradd``.
    """
    program = words[0].rpartition("/")[2]
    if program in ("adduser", "addgroup"):
        words = _shadow_group(fact) if isinstance(fact, GroupChange) else _shadow_user(fact)
    return shlex.join((words[0], "--prefix", root, *words[1:]))


def _shadow_group(fact: GroupChange) -> tuple[str, ...]:
    if fact.member is not None:
        return ("usermod", "--append", "--groups", fact.name, fact.member)
    number = ("--gid", fact.gid) if fact.gid else ()
    return ("groupadd", *["--system"] * fact.system, *number, fact.name)


def _shadow_user(fact: UserChange) -> tuple[str, ...]:
    if fact.action == "modify":
        return ("usermod", "--append", "--groups", ",".join(fact.groups), fact.name)
    made = fact.home_made is not False and not fact.system
    own = fact.group == fact.name or (fact.group is None and not fact.system)
    options = ["--system"] * fact.system + ["--create-home" if made else "--no-create-home"]
    options += ["--uid", fact.uid] if fact.uid else []
    options += ["--user-group"] if own else ["--gid", fact.group or "nogroup"]
    options += ["--home-dir", fact.home] if fact.home else []
    options += ["--shell", fact.shell] if fact.shell else []
    return ("useradd", *options, fact.name)
