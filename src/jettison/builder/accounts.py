"""Users and groups of an image: who exists, and what making another one writes."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from jettison.builder.recipe import GroupStep, UserStep, not_understood
from jettison.values import Origin

_FIELDS_OF_USER, _FIELDS_OF_GROUP = 7, 4
SKELETON = "etc/skel/"


class Accounts(Struct, frozen=True, kw_only=True):
    """The texts of /etc/passwd and /etc/group."""

    passwd: str
    group: str

    def with_group(self, step: GroupStep) -> Accounts:
        """Return the accounts with a group made, or a member added to one."""
        if step.member is not None:
            return self.with_member(step.name, step.member)
        if step.name in self._groups():
            return self
        number = step.gid or str(_free(self._groups().values(), step.first, step.last))
        return replace(self, group=_added(self.group, f"{step.name}:x:{number}:"))

    def with_user(self, step: UserStep) -> Accounts:
        """Return the accounts with a user made, with a group of its name when it asks for none."""
        if step.name in self._users():
            return self
        taken = [uid for uid, _ in self._users().values()]
        if step.group is None:
            taken += self._groups().values()
        uid = step.uid or str(_free(taken, step.first, step.last))
        made = self
        if step.group is None and step.name not in self._groups():
            made = replace(made, group=_added(made.group, f"{step.name}:x:{uid}:"))
        gid = made.gid(step.group or step.name, step.origin)
        line = f"{step.name}:x:{uid}:{gid}::{step.home}:{step.shell}"
        made = replace(made, passwd=_added(made.passwd, line))
        for name in step.groups:
            made = made.with_member(name, step.name)
        return made

    def with_member(self, group: str, member: str) -> Accounts:
        """Return the accounts with a user added to a group."""
        lines = []
        for line in self.group.splitlines():
            fields = line.split(":")
            if fields[0] == group and len(fields) == _FIELDS_OF_GROUP:
                members = [name for name in fields[3].split(",") if name and name != member]
                line = ":".join((*fields[:3], ",".join((*members, member))))  # noqa: PLW2901 — the same line, changed
            lines.append(line)
        return replace(self, group="".join(f"{line}\n" for line in lines))

    def owner(self, text: str, origin: Origin) -> tuple[int | None, int | None]:
        """Return the numbers of ``user``, ``user:group`` or ``:group``; None where nothing is said.

        As COPY and chown have it, a user by name alone brings its primary group in COPY; here a
        missing group is None. UnsupportedError for a name that does not exist.
        """
        user, _, group = text.partition(":")
        return (
            self.uid(user, origin) if user else None,
            self.gid(group, origin) if group else None,
        )

    def uid(self, user: str, origin: Origin) -> int:
        """Return the number of a user by its name or number."""
        if user.isdecimal():
            return int(user)
        if user not in self._users():
            raise not_understood(user, "there is no user of this name", origin)
        return self._users()[user][0]

    def primary_group(self, user: str) -> int:
        """Return the primary group of a user; a number without a user has the same as its group."""
        for uid, gid in self._users().values():
            if str(uid) == user:
                return gid
        return self._users()[user][1] if user in self._users() else int(user)

    def gid(self, group: str, origin: Origin) -> int:
        """Return the number of a group by its name or number."""
        if group.isdecimal():
            return int(group)
        if group not in self._groups():
            raise not_understood(group, "there is no group of this name", origin)
        return self._groups()[group]

    def _users(self) -> dict[str, tuple[int, int]]:
        rows = (line.split(":") for line in self.passwd.splitlines())
        return {r[0]: (int(r[2]), int(r[3])) for r in rows if len(r) == _FIELDS_OF_USER}

    def _groups(self) -> dict[str, int]:
        rows = (line.split(":") for line in self.group.splitlines())
        return {r[0]: int(r[2]) for r in rows if len(r) == _FIELDS_OF_GROUP}


def _added(text: str, line: str) -> str:
    before = text if not text or text.endswith("\n") else f"{text}\n"
    return f"{before}{line}\n"


def _free(taken: Iterable[int], first: int, last: int) -> int:
    """Return the first number that is not taken, looking from ``first`` towards ``last``."""
    known = set(taken)
    numbers = range(first, last + 1) if first <= last else range(first, last - 1, -1)
    return next(number for number in numbers if number not in known)
