"""What a container is started with, as it goes from Jettison to the program that starts it."""

from __future__ import annotations

import json

from msgspec import Struct, to_builtins

from jettison.oci.document import Json


class Identity(Struct, frozen=True, kw_only=True):
    """Who a program runs as: numbers within the container."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    home: str = "/"


class Program(Struct, frozen=True, kw_only=True):
    """What is executed: words, the whole environment, where, and as whom.

    ``hardened`` gives up every capability and set-user-ID programs.
    """

    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    directory: str
    identity: Identity
    hardened: bool = False

    @classmethod
    def from_json(cls, fields: Json) -> Program:
        """Read what ``to_builtins`` made."""
        who = fields["identity"]
        identity = Identity(
            uid=who["uid"], gid=who["gid"], groups=tuple(who["groups"]), home=who["home"]
        )
        return cls(
            words=tuple(fields["words"]),
            environment=tuple((name, value) for name, value in fields["environment"]),
            directory=fields["directory"],
            identity=identity,
            hardened=fields["hardened"],
        )


class Spec(Struct, frozen=True, kw_only=True):
    """A container: its files, its mounts, its program, and whose network it joins (0: its own).

    ``root`` holds the unpacked image, ``scratch`` is an empty directory of this container's;
    ``etc`` are files of this machine by their names in ``/etc``. ``volumes`` start with what the
    image has there, ``tmpfs`` empty; ``binds`` are (source, target), read-only.
    """

    root: str
    scratch: str
    host_name: str
    program: Program
    etc: tuple[tuple[str, str], ...] = ()
    volumes: tuple[str, ...] = ()
    tmpfs: tuple[str, ...] = ()
    binds: tuple[tuple[str, str], ...] = ()
    read_only: bool = False
    beside: int = 0

    def to_json(self) -> str:
        """Return the spec as JSON."""
        return json.dumps(to_builtins(self))

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """Read what ``to_json`` wrote."""
        fields = json.loads(text)
        return cls(
            root=fields["root"],
            scratch=fields["scratch"],
            host_name=fields["host_name"],
            program=Program.from_json(fields["program"]),
            etc=tuple((name, source) for name, source in fields["etc"]),
            volumes=tuple(fields["volumes"]),
            tmpfs=tuple(fields["tmpfs"]),
            binds=tuple((source, target) for source, target in fields["binds"]),
            read_only=fields["read_only"],
            beside=fields["beside"],
        )
