"""What ``jettison.lock`` holds: exactly what an image was made of, so that it is made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from jettison.build.context import LOCK_FILE
from jettison.build.pin import Pin
from jettison.errors import InputSyntaxError, ProjectError
from jettison.project.toml.read import read_toml
from jettison.values import Origin

_VERSION = 1
_HEAD = "# Written by `jettison build --lock`, which also brings it up to date.\n"
_PIN_FIELDS = tuple(field.name for field in fields(Pin))


class LockedImage(Struct, frozen=True, kw_only=True):
    """One image of a project.

    ``name`` tells the images of one project apart. ``base`` is what was asked for, ``digest`` the
    image that it stood for, empty for a composed base. ``packages`` are the lines of Debian's index
    (``jettison.debian.package.compact_line``) for the packages that were laid into the image,
    ``requirements`` a digest of what was asked of the package index, and ``pins`` its answer.
    """

    name: str
    platform: str
    base: str
    digest: str
    packages: tuple[str, ...]
    requirements: str
    pins: tuple[Pin, ...]

    def require(self, what: str, asked: str, locked: str) -> None:
        """Raise ProjectError when what is asked for is not what was locked."""
        if asked != locked:
            raise stale(f"{what} is {asked}, and {locked} is locked" if locked else what)


class Lock(Struct, frozen=True, kw_only=True):
    """All images of a project."""

    images: tuple[LockedImage, ...] = ()

    def image(self, name: str, platform: str) -> LockedImage:
        """Return the image of a name and a platform; raises ProjectError when there is none."""
        for each in self.images:
            if (each.name, each.platform) == (name, platform):
                return each
        raise stale(f"it holds nothing for {' '.join(filter(None, (name, platform)))}")

    def with_image(self, image: LockedImage) -> Lock:
        """Return the lock with an image in place of the one of the same name and platform."""
        key = (image.name, image.platform)
        others = [each for each in self.images if (each.name, each.platform) != key]
        images = sorted((*others, image), key=lambda each: (each.name, each.platform))
        return Lock(images=tuple(images))

    @property
    def text(self) -> str:
        """The file; ``parse_lock`` gives the same lock again."""
        return _HEAD + f"version = {_VERSION}\n" + "".join(map(_table, self.images))


def parse_lock(text: str) -> Lock:
    """Read a lock file; raises InputSyntaxError for one that is not as ``Lock.text`` writes it."""
    document = read_toml(text, LOCK_FILE)
    try:
        if document.get("version") != _VERSION:
            raise _malformed(f"its version is {document.get('version')}, not {_VERSION}")
        return Lock(images=tuple(map(_image, document.get("image", []))))
    except (KeyError, TypeError, AttributeError) as error:
        raise _malformed(f"{error} is missing or of another kind") from error


def stale(why: str) -> ProjectError:
    """Return the error for a lock that does not fit the project."""
    return ProjectError(
        f"{LOCK_FILE} does not fit the project any more",
        why=why,
        hint="Bring it up to date with `jettison build --lock`, or remove it.",
    )


def _malformed(why: str) -> InputSyntaxError:
    return InputSyntaxError(
        f"{LOCK_FILE} cannot be read",
        why=why,
        hint="Write it anew: `jettison build --lock`.",
        origin=Origin(file=LOCK_FILE),
    )


def _image(table: dict[str, Any]) -> LockedImage:
    return LockedImage(
        name=str(table["name"]),
        platform=str(table["platform"]),
        base=str(table["base"]),
        digest=str(table["digest"]),
        packages=tuple(map(str, table["packages"])),
        requirements=str(table["requirements"]),
        pins=tuple(_pin(each) for each in table["distributions"]),
    )


def _pin(table: dict[str, Any]) -> Pin:
    size = table.get("size")
    texts = {name: str(table[name]) for name in _PIN_FIELDS if name != "size"}
    return Pin(**texts, size=None if size is None else int(size))


def _table(image: LockedImage) -> str:
    keys = ("name", "platform", "base", "digest", "requirements")
    lines = [f"{key} = {_quoted(getattr(image, key))}" for key in keys]
    lines += _array("packages", map(_quoted, image.packages))
    lines += _array("distributions", map(_row, image.pins))
    return "\n[[image]]\n" + "\n".join(lines) + "\n"


def _array(key: str, values: Iterator[str]) -> list[str]:
    return [f"{key} = [", *(f"    {value}," for value in values), "]"]


def _row(pin: Pin) -> str:
    named = ((name, getattr(pin, name)) for name in _PIN_FIELDS)
    cells = (f"{name} = {_quoted(value)}" for name, value in named if value is not None)
    return "{ " + ", ".join(cells) + " }"


def _quoted(value: str | int) -> str:
    # A basic string of TOML escapes as JSON does, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
