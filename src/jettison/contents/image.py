"""The files of an image as its layers hold them, and what they say of packages. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from jettison.contents.databases import (
    ALPINE,
    LISTING,
    STATES,
    STATUS,
    WORLD,
    alpine_packages,
    automatic,
    debian_packages,
    world,
)
from jettison.contents.system import System, SystemPackage
from jettison.errors import InputSyntaxError
from jettison.images.config import Config
from jettison.images.entry import Kind

EXECUTABLE = 0o111


class ImageFile(Struct, frozen=True, kw_only=True):
    """A file or link of an image.

    ``layer`` counts from 0 at the base. ``target`` is what a link leads to. ``needed`` are the
    libraries that an ELF file asks for, None for any other file; ``text`` is there for files that
    are read. A further name of the same file has no ``size``.
    """

    kind: Kind
    layer: int
    mode: int = 0o644
    size: int = 0
    target: str = ""
    needed: tuple[str, ...] | None = None
    text: bytes | None = None


class ImageFiles(Struct, frozen=True, kw_only=True, dict=True):
    """An image by absolute paths.

    ``base`` counts the layers of its base image, ``of_base`` are the packages that it had or was
    asked for.
    """

    files: Mapping[str, ImageFile]
    config: Config
    base: int = 0
    of_base: frozenset[str] = frozenset()

    def text(self, path: str) -> str:
        """Give the text of a file; empty when it is not there or was not read."""
        found = self.files.get(path)
        return found.text.decode("utf-8", "replace") if found and found.text else ""

    def folder_of(self, path: str) -> str:
        """Give a folder without links on the way to it."""
        parts, real = path.strip("/").split("/"), ""
        for part in parts if path.strip("/") else ():
            step = f"{real}/{part}"
            found = self.files.get(step)
            target = found.target if found and found.kind is Kind.SYMLINK else ""
            real = posixpath.normpath(posixpath.join(real or "/", target)) if target else step
        return real

    @cached_property
    def system(self) -> System:
        """What lies around the environments: files, links, libraries, packages.

        A damaged package database is as good as none.
        """
        plain = {path: file for path, file in self.files.items() if file.kind is Kind.FILE}
        try:
            packages = {each.name: each for each in self._packages()}
        except InputSyntaxError:
            packages = {}
        return System(
            files={path: file.size for path, file in plain.items()},
            links={p: f.target for p, f in self.files.items() if f.kind is Kind.SYMLINK},
            libraries={path: f.needed for path, f in plain.items() if f.needed is not None},
            packages=packages,
            environment=self.config.env,
            manual=frozenset(self._manual(packages)),
        )

    @cached_property
    def _listings(self) -> Mapping[str, str]:
        """The lists of files by the name of the package."""
        found = ((LISTING.fullmatch(path), path) for path in self.files)
        return {match["name"]: path for match, path in found if match}

    def _packages(self) -> Iterator[SystemPackage]:
        """The packages of whatever manages them here."""
        lists = {name: self.text(path) for name, path in self._listings.items()}
        yield from debian_packages(self.text(STATUS), lists, self.folder_of)
        for path in ALPINE:
            yield from alpine_packages(self.text(path), self.folder_of)

    def _manual(self, packages: Mapping[str, SystemPackage]) -> Iterator[str]:
        """The packages that were asked for on top of the base image."""
        asked = world(self.text(WORLD)) or packages.keys() - automatic(self.text(STATES))
        yield from (asked & packages.keys()) - self.of_base
