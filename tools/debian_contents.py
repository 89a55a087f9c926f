"""Which packages of Debian ship which programs and shared libraries, by its Contents files."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from jettison.images.stores.cache import cache_directory
from jettison.index.client import Client
from jettison.index.debian.mirror import Mirror, archive_settings

_LIBRARY = re.compile(r"(?:usr/)?lib/(?:[a-z0-9_]+-linux-gnu[a-z0-9]*/)?(lib[^/]+\.so[^/]*)$")
_PROGRAM = re.compile(r"(?:usr/)?s?bin/([^/]+)$")


class FileOwners(Struct, frozen=True, kw_only=True):
    """Packages by the file name of a shared library and by the name of a program.

    ``libraries`` maps ``libmagic.so.1`` and ``programs`` maps ``curl`` to the packages that ship
    such a file in a directory that the loader or a shell searches, ordered by name.
    """

    libraries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def relevant_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield ``kind name packages`` (tab separated) for libraries and programs of a Contents file.

    A Contents line is a path and, after white space, ``section/package`` names joined by commas.
    """
    for line in lines:
        if "bin/" not in line and ".so" not in line:
            continue
        path, _, owners = line.rstrip("\n").rpartition(" ")
        path = path.rstrip()
        if match := _LIBRARY.match(path):
            yield f"l\t{match[1]}\t{_names(owners)}"
        elif match := _PROGRAM.match(path):
            yield f"p\t{match[1]}\t{_names(owners)}"


def owners_of(lines: Iterable[str]) -> FileOwners:
    """Build the maps from lines of :func:`relevant_lines`, of one or several Contents files."""
    maps: dict[str, dict[str, set[str]]] = {"l": {}, "p": {}}
    for line in lines:
        kind, _, rest = line.partition("\t")
        name, _, packages = rest.rstrip("\n").partition("\t")
        if kind in maps:
            maps[kind].setdefault(name, set()).update(packages.split(","))
    libraries, programs = (
        {name: tuple(sorted(packages)) for name, packages in maps[kind].items()} for kind in "lp"
    )
    return FileOwners(libraries=libraries, programs=programs)


def _names(owners: str) -> str:
    return ",".join(owner.rpartition("/")[2] for owner in owners.split(","))


def archive_owners(release: str, architecture: str = "amd64") -> FileOwners:
    """Read the file lists of a release, of packages that depend on the architecture."""
    mirror = Mirror(archive_settings(os.environ), cache_directory(), Client())
    file = mirror.release(release).file(f"main/Contents-{architecture}.gz")
    packed = mirror.file(release, f"dists/{release}/{file.path}", file.sha256, file.size)
    with gzip.open(packed, "rt", encoding="utf-8", errors="replace") as lines:
        return owners_of(relevant_lines(lines))
