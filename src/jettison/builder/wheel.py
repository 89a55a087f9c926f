"""Reads a wheel: which files it installs, where they go, and whether they are what it says."""

from __future__ import annotations

import base64
import hashlib
import os
import posixpath
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from msgspec import Struct

from jettison.builder import Pin
from jettison.builder.wheel_listing import (
    SIGNATURES,
    FileContent,
    damaged,
    listing,
    member_chunks,
    text_of,
)
from jettison.errors import IntegrityError
from jettison.images.tar_writer import Member
from jettison.index import EntryPoint
from jettison.index.metadata import parse_entry_points


class Scheme(Struct, frozen=True, kw_only=True):
    """Directories of an environment, relative to the image's root.

    ``interpreter`` is the absolute path that scripts name. ``home`` is empty, or the virtual
    environment that the scheme is of.
    """

    packages: str
    scripts: str
    prefix: str
    python: str
    interpreter: str
    home: str = ""

    @classmethod
    def virtual(cls, path: str, python: str) -> Scheme:
        """Return the scheme of a virtual environment at an absolute path."""
        home = path.strip("/")
        return cls(
            packages=f"{home}/lib/python{python}/site-packages",
            scripts=f"{home}/bin",
            prefix=home,
            python=python,
            interpreter=f"/{home}/bin/python",
            home=home,
        )

    def place(self, kind: str, distribution: str) -> str | None:
        """Return the directory for a part of ``*.data``, None for one that no scheme has."""
        return {
            "purelib": self.packages,
            "platlib": self.packages,
            "scripts": self.scripts,
            "data": self.prefix,
            "headers": f"{self.prefix}/include/site/python{self.python}/{distribution}",
        }.get(kind)


def environment_members(
    scheme: Scheme, interpreter: str, version: str, *, system: bool
) -> Iterator[Member]:
    """Yield what makes a directory a virtual environment of the base's interpreter.

    There are no scripts to activate it: the image's PATH names it.
    """
    if not scheme.home:
        return
    home, _, _ = interpreter.rpartition("/")
    lines = {
        "home": home,
        "implementation": "CPython",
        "version_info": version,
        "include-system-site-packages": "true" if system else "false",
    }
    text = "".join(f"{name} = {value}\n" for name, value in lines.items())
    yield Member.file(f"{scheme.home}/pyvenv.cfg", text.encode())
    yield Member.symlink(f"{scheme.scripts}/python", interpreter)
    yield Member.symlink(f"{scheme.scripts}/python3", "python")
    yield Member.symlink(f"{scheme.scripts}/python{scheme.python}", "python")
    yield Member.symlink(f"{scheme.home}/lib64", "lib")


_WRITTEN_ANEW = frozenset({"RECORD", "INSTALLER", "REQUESTED", *SIGNATURES})


class Placed(Struct, frozen=True, kw_only=True):
    """A file of a wheel: its name there, its path in the image, and what RECORD says of it.

    ``recorded`` is how RECORD names a file of the installed distribution; ``digest`` the URL-safe
    base 64 of its SHA-256, empty when RECORD gives none.
    """

    source: str
    path: str
    recorded: str
    size: int
    executable: bool
    script: bool
    digest: str


class Wheel:
    """An open wheel; ``name`` is what errors call it, ``digest`` its SHA-256 where that is known.

    Opening and reading raise IntegrityError when the wheel is not sound.
    """

    def __init__(self, file: Path, name: str, scheme: Scheme, digest: str = "") -> None:
        self.name = name
        self.scheme = scheme
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise damaged(name, str(error)) from error
        self._content = FileContent(descriptor)
        try:
            self._listing = listing(self._content, name, digest)
        except IntegrityError:
            self.close()
            raise
        self.information = self._listing.information
        self.distribution = self.information.removesuffix(".dist-info").partition("-")[0]
        self.files = tuple(self._placed())

    @classmethod
    def of(cls, pin: Pin, file: Path, scheme: Scheme) -> Wheel:
        """Open the verified wheel of a pin."""
        return cls(file, pin.filename, scheme, pin.sha256)

    def close(self) -> None:
        """Close the file."""
        self._content.close()

    @property
    def folders(self) -> tuple[str, ...]:
        """The directories of the image that the wheel has without a file in them."""
        return tuple(f"{self.scheme.packages}/{name}" for name in self._listing.empty)

    def chunks(self, placed: Placed) -> Iterator[bytes]:
        """Yield the content of a file; IntegrityError when RECORD says another."""
        running = hashlib.sha256()
        try:
            for chunk in member_chunks(self._content, self._listing.members[placed.source]):
                running.update(chunk)
                yield chunk
        except zipfile.BadZipFile as error:
            raise damaged(self.name, str(error)) from error
        if placed.digest and encoded(running.digest()) != placed.digest:
            raise damaged(self.name, f"{placed.source} has another hash than RECORD states")

    @property
    def entry_points(self) -> tuple[EntryPoint, ...]:
        """What ``entry_points.txt`` of the ``.dist-info`` directory says."""
        member = self._listing.members.get(f"{self.information}/entry_points.txt")
        return parse_entry_points(text_of(self._content, member, self.name) if member else "")

    def _placed(self) -> Iterator[Placed]:
        for name, member in self._listing.members.items():
            if self._is_written_anew(name):
                continue
            path, script = self._place(name)
            yield Placed(
                source=name,
                path=path,
                recorded=recorded_path(path, self.scheme),
                size=member.size,
                executable=member.executable or script,
                script=script,
                digest=self._listing.record.get(name, ""),
            )

    def _is_written_anew(self, name: str) -> bool:
        folder, _, file = name.rpartition("/")
        return folder == self.information and file in _WRITTEN_ANEW

    def _place(self, name: str) -> tuple[str, bool]:
        first, _, rest = name.partition("/")
        if not first.endswith(".data") or not rest:
            return f"{self.scheme.packages}/{name}", False
        kind, _, inner = rest.partition("/")
        folder = self.scheme.place(kind, self.distribution)
        if folder is None or not inner:
            raise damaged(self.name, f"{name} is for no place that installers know")
        return f"{folder}/{inner}", kind == "scripts"


def encoded(digest: bytes) -> str:
    """Return a hash as RECORD has it."""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def recorded_path(path: str, scheme: Scheme) -> str:
    """Return how RECORD names a path of the image: relative to the packages' directory."""
    inside = f"{scheme.packages}/"
    if path.startswith(inside) and "/./" not in path:
        return path.removeprefix(inside)
    return posixpath.relpath(path, scheme.packages)


@contextmanager
def opened_wheels(
    pins: Sequence[Pin], wheels: Mapping[str, Path], scheme: Scheme
) -> Iterator[tuple[Wheel, ...]]:
    """Open the wheel of each pin, in order, for as long as the block runs."""
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(closing(Wheel.of(pin, wheels[pin.name], scheme))) for pin in pins
        )
