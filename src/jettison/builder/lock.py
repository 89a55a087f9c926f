"""What ``jettison.lock`` holds: exactly what an image was made of, so that it is made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct, ValidationError
from msgspec.structs import fields

from jettison.builder import BaseWanted, Environment, Pin
from jettison.builder.base import BaseFacts, BaseSource
from jettison.builder.context import LOCK_FILE
from jettison.builder.foundation import Foundation
from jettison.builder.pins import pins, requirements_digest
from jettison.errors import InputSyntaxError, ProjectError
from jettison.formats.toml import read_toml
from jettison.images.descriptor import Platform
from jettison.index.debian import Archive
from jettison.index.debian.packages import PackageIndex
from jettison.index.target import Target
from jettison.lift import Project
from jettison.records import Records
from jettison.values import Origin, converted

_VERSION = 1
_HEAD = "# Written by `jettison build --lock`, which also brings it up to date.\n"
_PIN_FIELDS = tuple(field.name for field in fields(Pin))


class LockedImage(Struct, frozen=True, kw_only=True, rename={"pins": "distributions"}):
    """One image of a project.

    ``name`` distinguishes the images of one project. ``base`` is the requested one, ``digest`` the
    image that it stood for, empty for a composed base. ``packages`` are the lines of Debian's index
    (``jettison.index.debian.package.compact_line``) for the packages that were laid into the image,
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
        """Raise ProjectError when the request differs from the lock."""
        if asked != locked:
            raise stale(f"{what} is {asked}, and {locked} is locked" if locked else what)


class Lock(Struct, frozen=True, kw_only=True, rename={"images": "image"}):
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
    if document.get("version") != _VERSION:
        raise _malformed(f"its version is {document.get('version')}, not {_VERSION}")
    try:
        return converted(document, Lock)
    except ValidationError as error:
        raise _malformed(str(error)) from error


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
        hint="Update it: `jettison build --lock`.",
        origin=Origin(file=LOCK_FILE),
    )


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


class LockedArchive(Archive):
    """Has only the packages of some index lines, whatever the mirror lists by now.

    Their files are still fetched from the mirror and held to the hashes of the lines.
    """

    def __init__(self, lines: Iterable[str], *, cache: Path) -> None:
        super().__init__(cache=cache)
        self._locked = tuple(lines)

    def index(self, release: str, architecture: str = "amd64") -> PackageIndex:  # noqa: ARG002 — the archive's
        """Return the packages of the lines, for every release and architecture."""
        return PackageIndex(self._locked)

    def fingerprint(self, release: str, architecture: str = "amd64") -> str:  # noqa: ARG002 — the archive's
        """Return a text that stands for the lines."""
        return hashlib.sha256("\n".join(self._locked).encode()).hexdigest()

    def refresh(self) -> None:
        """Do nothing: there is nothing newer."""


def archive_for(locked: LockedImage | None, cache: Path) -> Archive:
    """Return Debian's archive as it is, or as it is locked."""
    return LockedArchive(locked.packages, cache=cache) if locked else Archive(cache=cache)


def name_of(wanted: BaseWanted) -> str:
    """Return a base as a lock names it."""
    return wanted.location or wanted.kind


def locked_digest(locked: LockedImage | None, wanted: BaseWanted) -> str:
    """Return the locked digest of a base; empty without a lock and for a composed one.

    Raises ProjectError when another base is locked.
    """
    if locked is None:
        return ""
    locked.require("the base", name_of(wanted), locked.base)
    return locked.digest


def chosen_pins(
    environment: Environment,
    project: Project,
    target: Target,
    locked: LockedImage | None,
    *,
    records: Records,
    offline: bool,
    sources: bool,
) -> tuple[Pin, ...]:
    """Return the locked wheels, or resolve; raises as ``pins`` does, and ProjectError."""
    if locked is None:
        return pins(environment, project, target, records=records, offline=offline, sources=sources)
    asked = requirements_digest(environment, project, target)
    locked.require("the digest of the requirements", asked, locked.requirements)
    return locked.pins


class Made(Struct, frozen=True, kw_only=True):
    """A foundation, and what it was made of."""

    foundation: Foundation
    environment: Environment | None
    project: Project
    platform: Platform
    wanted: BaseWanted
    source: BaseSource
    facts: BaseFacts
    pins: tuple[Pin, ...]
    archive: Archive

    def locked(self, name: str) -> LockedImage:
        """Return what makes the same again, under the name of the image."""
        environment, target = self.environment, self.source.target
        return LockedImage(
            name=name,
            platform=str(self.platform),
            base=name_of(self.wanted),
            digest=self.source.digest,
            packages=tuple(self._packages()),
            requirements=requirements_digest(environment, self.project, target)
            if environment
            else "",
            pins=self.pins,
        )

    def _packages(self) -> Iterable[str]:
        """Return the index lines of the packages that the build laid."""
        there = {name for name, _, _ in self.source.debian}
        laid = [name for name, _, _ in self.facts.debian if name not in there]
        if not laid:
            return ()
        return self.archive.index(self.facts.release, self.platform.architecture).lines(laid)
