"""Front end for pdm.lock."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from jettison.ecosystems.lock import (
    Lock,
    LockedDistribution,
    SourceKind,
    locked_file,
    package_origins,
    wheels_and_sdist,
)
from jettison.formats.toml import Table, read_toml, table, tables, text_of
from jettison.values import Origin

_SOURCES = {"git": SourceKind.GIT, "url": SourceKind.URL, "path": SourceKind.PATH}


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    root = read_toml(text, file)
    origins = package_origins(text, "package", file)
    old_files = table(root, "metadata", "files")
    return Lock(
        distributions=tuple(
            _distribution(one, origin, old_files)
            for one, origin in zip(tables(root, "package"), origins, strict=False)
        ),
    )


def _distribution(one: Table, origin: Origin, old_files: Table) -> LockedDistribution:
    name, version = text_of(one, "name"), text_of(one, "version")
    written = tables(one, "files") or tables(old_files, f"{name} {version}")
    wheels, sdist = wheels_and_sdist([locked_file(each) for each in written])
    word = next((key for key in _SOURCES if text_of(one, key)), "")
    return LockedDistribution(
        name=canonicalize_name(name),
        version=version,
        marker=text_of(one, "marker"),
        wheels=wheels,
        sdist=sdist,
        source=_SOURCES.get(word, SourceKind.REGISTRY),
        location=text_of(one, word) if word else "",
        origin=origin,
    )
