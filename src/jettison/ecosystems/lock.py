"""What a lockfile pins: distributions, what they need, and their files; pylock.toml."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.formats.toml import Table, read_toml, table, tables, text_of
from jettison.values import Origin


class SourceKind(StrEnum):
    """Where a locked distribution comes from; ``virtual`` is a project that is not installed."""

    REGISTRY = "registry"
    URL = "url"
    GIT = "git"
    PATH = "path"
    EDITABLE = "editable"
    VIRTUAL = "virtual"


class LockedFile(Struct, frozen=True, kw_only=True):
    """A wheel or sdist; ``size`` in bytes when the lock says it; hashes are ``algorithm:hex``."""

    filename: str
    url: str = ""
    size: int | None = None
    hashes: tuple[str, ...] = ()


class LockedDistribution(Struct, frozen=True, kw_only=True):
    """One pinned distribution.

    ``name`` is normalized; ``version`` is empty for a project without one. ``source`` is where it
    comes from and ``location`` the index, URL or path.
    """

    name: str
    version: str
    marker: str = ""
    wheels: tuple[LockedFile, ...] = ()
    sdist: LockedFile | None = None
    source: SourceKind = SourceKind.REGISTRY
    location: str = ""
    origin: Origin


class Lock(Struct, frozen=True, kw_only=True):
    """A lockfile."""

    distributions: tuple[LockedDistribution, ...]


def package_origins(text: str, key: str, file: str) -> Iterator[Origin]:
    """Yield the place of every ``[[key]]`` header in order, each to the line before the next.

    After the last one the whole file is given, so that no package lacks an origin.
    """
    header = re.compile(rf"^\[\[[ \t]*{key}[ \t]*\]\]", re.MULTILINE)
    lines = text.splitlines()
    starts = [text.count("\n", 0, found.start()) + 1 for found in header.finditer(text)]
    ends = [start - 1 for start in starts[1:]] + [len(lines)]
    for start, end in zip(starts, ends, strict=True):
        yield Origin(file=file, line=start, end_line=end)
    while True:
        yield Origin(file=file)


def locked_file(one: Table) -> LockedFile:
    """Read a file table in the notation that uv, pdm, poetry and pylock share."""
    url = text_of(one, "url") or text_of(one, "path")
    size = one.get("size")
    hashes = [text_of(one, "hash")]
    hashes += [f"{algorithm}:{value}" for algorithm, value in table(one, "hashes").items()]
    return LockedFile(
        filename=text_of(one, "name") or text_of(one, "file") or posixpath.basename(url),
        url=url,
        size=size if isinstance(size, int) else None,
        hashes=tuple(value for value in hashes if value),
    )


def wheels_and_sdist(
    files: Sequence[LockedFile],
) -> tuple[tuple[LockedFile, ...], LockedFile | None]:
    """Tell wheels from the source distribution by their names."""
    wheels = tuple(one for one in files if one.filename.endswith(".whl"))
    others = (one for one in files if not one.filename.endswith((".whl", ".egg", ".exe")))
    return wheels, next(others, None)


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    root = read_toml(text, file)
    origins = package_origins(text, "packages", file)
    return Lock(
        distributions=tuple(
            _distribution(one, origin)
            for one, origin in zip(tables(root, "packages"), origins, strict=False)
        ),
    )


def _distribution(one: Table, origin: Origin) -> LockedDistribution:
    sdist = table(one, "sdist")
    source, location = _source(one)
    return LockedDistribution(
        name=canonicalize_name(text_of(one, "name")),
        version=text_of(one, "version"),
        marker=text_of(one, "marker"),
        wheels=tuple(locked_file(wheel) for wheel in tables(one, "wheels")),
        sdist=locked_file(sdist) if sdist else None,
        source=source,
        location=location,
        origin=origin,
    )


def _source(one: Table) -> tuple[SourceKind, str]:
    vcs, directory, archive = table(one, "vcs"), table(one, "directory"), table(one, "archive")
    if vcs:
        return SourceKind.GIT, text_of(vcs, "url") or text_of(vcs, "path")
    if directory:
        editable = bool(directory.get("editable"))
        return SourceKind.EDITABLE if editable else SourceKind.PATH, text_of(directory, "path")
    if archive:
        url = text_of(archive, "url")
        return (SourceKind.URL, url) if url else (SourceKind.PATH, text_of(archive, "path"))
    return SourceKind.REGISTRY, text_of(one, "index")
