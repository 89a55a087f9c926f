"""Running images without an engine, by what the Linux kernel offers every user: namespaces.

A container is a program in its own user, mount, process, network, host-name and System V
namespaces. ``launch`` makes them and becomes the program; ``enter`` joins them; ``relay`` carries
connections from this machine into the network namespace, which has no way out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, convert, to_builtins

from jettison.errors import EngineError, ImageError
from jettison.images.entry import identity_number
from jettison.images.stores.root import Root

# What is wrong with an image, and not with the kernel.
NO_VOLUME = "no volume can be at"
NO_FOLDER = "no folder can be at"
HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost\n"


class Identity(Struct, frozen=True, kw_only=True):
    """Who a program runs as: numbers within the container."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    home: str = "/"


class Program(Struct, frozen=True, kw_only=True):
    """What is executed: words, the whole environment, where, and as whom.

    ``hardened`` gives up every capability and set-user-ID programs. ``owner`` is who root of the
    container is on this machine, 0 where the kernel maps nobody else. ``groups`` are control groups
    to join by writing to their files, ``processes`` and ``memory`` what one program may have (0: no
    limit); ``memory_grouped`` says that a control group limits memory. ``root`` is a folder that
    chroot(2) makes its root, empty where namespaces have given it one.
    """

    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    directory: str
    identity: Identity
    hardened: bool = False
    owner: int = 0
    groups: tuple[str, ...] = ()
    processes: int = 0
    memory: int = 0
    memory_grouped: bool = False
    root: str = ""


class Spec(Struct, frozen=True, kw_only=True):
    """A container: its files, its mounts, its program, and whose network it joins (0: its own).

    ``root`` holds the unpacked image, ``scratch`` is an empty directory of this container's;
    ``etc`` are files of this machine by their names in ``/etc``. ``volumes`` start with what the
    image has there, ``tmpfs`` empty with their options; ``binds`` are (source, target), read-only;
    ``shared`` are paths of this machine that can be written under the same name.
    """

    root: str
    scratch: str
    host_name: str
    program: Program
    etc: tuple[tuple[str, str], ...] = ()
    volumes: tuple[str, ...] = ()
    tmpfs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    binds: tuple[tuple[str, str], ...] = ()
    shared: tuple[str, ...] = ()
    read_only: bool = False
    beside: int = 0

    def to_json(self) -> str:
        """Return the spec as JSON."""
        return json.dumps(to_builtins(self))

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """Read what ``to_json`` wrote."""
        return convert(json.loads(text), cls)


_LARGEST_FILE = 1 << 20


def identity(root: Path, user: str) -> Identity:
    """Return the numbers for ``user[:group]``, names or numbers; nothing is root.

    EngineError when the image does not know a name.
    """
    name, _, group = (user or "0").partition(":")
    known = [line for line in _lines(root, "etc/passwd") if len(line) > 5]  # noqa: PLR2004 — home
    entry = next((line for line in known if name in {line[0], line[2]}), None)
    uid = _number("user", entry[2] if entry else name)
    gid = _number("group", entry[3]) if entry else 0
    groups = [line for line in _lines(root, "etc/group") if len(line) > 3]  # noqa: PLR2004 — members
    if group:
        found = next((line for line in groups if group in {line[0], line[2]}), None)
        return Identity(
            uid=uid, gid=_number("group", found[2] if found else group), home=_home(entry)
        )
    more = {_number("group", line[2]) for line in groups
            if entry and entry[0] in line[3].split(",")}  # fmt: skip
    return Identity(uid=uid, gid=gid, groups=tuple(sorted(more | {gid})), home=_home(entry))


def _number(kind: str, text: str) -> int:
    number = identity_number(text)
    if number is None:
        raise EngineError(
            f"the image knows no {kind} {text[:100]!r}",
            why=f"/etc/{'passwd' if kind == 'user' else 'group'} of the image does not list it",
            hint="Use a number, or make the user in the image.",
        )
    return number


def _home(entry: list[str] | None) -> str:
    return (entry[5] if entry else "") or "/"


def _lines(root: Path, path: str) -> Iterator[list[str]]:
    """Read a table of the image, or nothing where there is none; no link leads out of it."""
    with suppress(OSError, ImageError):
        text = Root(root).read(path, _LARGEST_FILE).decode("utf-8", "replace")
        for line in text.splitlines():
            fields = line.split(":")
            if len(fields) > 2 and fields[2].isdecimal():  # noqa: PLR2004 — the number
                yield fields
