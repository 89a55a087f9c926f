"""Front end for uv.lock."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from jettison.ecosystems.lock import (
    Lock,
    LockedDistribution,
    SourceKind,
    locked_file,
    package_origins,
)
from jettison.formats.toml import Table, read_toml, table, tables, text_of, texts
from jettison.values import Origin

_SOURCES = {
    "registry": SourceKind.REGISTRY,
    "git": SourceKind.GIT,
    "url": SourceKind.URL,
    "path": SourceKind.PATH,
    "directory": SourceKind.PATH,
    "editable": SourceKind.EDITABLE,
    "virtual": SourceKind.VIRTUAL,
}


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    packages = tables(read_toml(text, file), "package")
    origins = package_origins(text, "package", file)
    return Lock(distributions=tuple(map(_distribution, packages, origins)))


def _distribution(one: Table, origin: Origin) -> LockedDistribution:
    source = table(one, "source")
    word = next((key for key in _SOURCES if key in source), "registry")
    sdist = table(one, "sdist")
    return LockedDistribution(
        name=canonicalize_name(text_of(one, "name")),
        version=text_of(one, "version"),
        marker=" or ".join(texts(one, "resolution-markers")),
        wheels=tuple(locked_file(wheel) for wheel in tables(one, "wheels")),
        sdist=locked_file(sdist) if sdist else None,
        source=_SOURCES[word],
        location=text_of(source, word),
        origin=origin,
    )
