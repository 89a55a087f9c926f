"""Users and groups in the dialect of Alpine's busybox."""

from __future__ import annotations

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
