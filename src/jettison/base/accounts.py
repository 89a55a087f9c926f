"""The users and groups of a composed base."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.base.request import Account
from jettison.catalogue.reader import table
from jettison.oci.tar_writer import Member

_NO_SHELL = "/usr/sbin/nologin"


def account_members(user: Account | None) -> Iterator[Member]:
    """Yield /etc/passwd, /etc/group, and the home directory of ``user``.

    Every account is without a password and without a shell, so there is no /etc/shadow.
    """
    facts = table("composed_base")["accounts"]
    users = [(name, number, group, home) for name, number, group, home in facts["users"]]
    groups = [(name, number) for name, number in facts["groups"]]
    if user and user.name not in {name for name, *_ in users}:
        users.append((user.name, user.number, user.number, user.home))
        groups.append((user.name, user.number))
        yield Member.directory(user.home.strip("/"), mode=0o700).owned(user.number, user.number)
    passwd = "".join(f"{n}:x:{u}:{g}:{n}:{h}:{_NO_SHELL}\n" for n, u, g, h in users)
    group = "".join(f"{name}:x:{number}:\n" for name, number in groups)
    yield Member.file("etc/passwd", passwd.encode())
    yield Member.file("etc/group", group.encode())
