"""Whom an image's user is: names looked up in the image, as engines do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jettison.engines.embedded.spec import Identity
from jettison.errors import EngineError, ImageError
from jettison.stores.root import Root

_LARGEST_FILE = 1 << 20


def identity(root: Path, user: str) -> Identity:
    """Return the numbers for ``user[:group]``, names or numbers; nothing is root.

    EngineError when the image does not know a name.
    """
    name, _, group = (user or "0").partition(":")
    known = [line for line in _lines(root, "etc/passwd") if len(line) > 5]  # noqa: PLR2004 — home
    entry = next((line for line in known if name in {line[0], line[2]}), None)
    if not entry and not name.isdigit():
        raise _unknown("user", name)
    uid = int(entry[2] if entry else name)
    gid = int(entry[3]) if entry else 0
    groups = [line for line in _lines(root, "etc/group") if len(line) > 3]  # noqa: PLR2004 — members
    if group:
        found = next((line for line in groups if group in {line[0], line[2]}), None)
        if not found and not group.isdigit():
            raise _unknown("group", group)
        return Identity(uid=uid, gid=int(found[2] if found else group), home=_home(entry))
    more = {int(line[2]) for line in groups if entry and entry[0] in line[3].split(",")}
    return Identity(uid=uid, gid=gid, groups=tuple(sorted(more | {gid})), home=_home(entry))


def _home(entry: list[str] | None) -> str:
    return (entry[5] if entry else "") or "/"


def _lines(root: Path, path: str) -> Iterator[list[str]]:
    """Read a table of the image, or nothing where there is none; no link leads out of it."""
    with suppress(OSError, ImageError):
        for line in _text(root, path).splitlines():
            fields = line.split(":")
            if len(fields) > 2 and fields[2].isdigit():  # noqa: PLR2004 — the number
                yield fields


def _text(root: Path, path: str) -> str:
    with Root(root).spot(path, make=False) as spot:
        if spot is None:
            return ""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(spot.name, flags, dir_fd=spot.parent)
        with open(descriptor, "rb") as file:  # noqa: PTH123 — a descriptor, not a path
            return file.read(_LARGEST_FILE).decode("utf-8", "replace")


def _unknown(kind: str, name: str) -> EngineError:
    return EngineError(
        f"the image knows no {kind} {name!r}",
        why=f"/etc/{'passwd' if kind == 'user' else 'group'} of the image does not list it",
        hint="Use a number, or make the user in the image.",
    )
