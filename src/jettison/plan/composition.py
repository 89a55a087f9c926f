"""A base composed from Debian's packages, as a Dockerfile is told of it."""

from __future__ import annotations

from msgspec import Struct

from jettison.values import Size, Skipped

# Where a Dockerfile puts the root of the image together.
ROOT = "/root-of-image"


class ArchiveFile(Struct, frozen=True, kw_only=True):
    """A package's file: ``path`` below the archive's root, ``sha256`` in hex.

    ``security`` says that the security archive has it.
    """

    name: str
    path: str
    sha256: str
    security: bool


class Composition(Struct, frozen=True, kw_only=True):
    """What a composed base is made of, and what its tree was found to need.

    ``image`` is the official image that the stages which build stand on; it has the same C library.
    ``packages`` are ordered by name, ``shell`` is the package that runs steps and is not part of
    the tree. ``asked`` are the packages that the application needs, by the names of the release.
    ``kept`` are shared libraries that a group of the catalogue leaves out and that something needs,
    ``links`` those (path and target) that maintainer scripts would have made, ``groups_kept`` the
    names of groups of the catalogue that are not left out. ``archive`` and ``security_archive`` are
    the addresses of the archives that have the packages.
    """

    image: str
    python: str
    architecture: str
    packages: tuple[ArchiveFile, ...]
    shell: ArchiveFile
    asked: tuple[str, ...]
    kept: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    time_zones: bool
    groups_kept: tuple[str, ...] = ()
    archive: str
    security_archive: str
    size: Size
    notes: tuple[Skipped, ...] = ()
