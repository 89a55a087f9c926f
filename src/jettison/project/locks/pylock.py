"""Front end for pylock.toml."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from jettison.project.locks.reading import locked_file, package_origins
from jettison.project.locks.values import (
    Lock,
    LockedDependency,
    LockedDistribution,
    LockFormat,
    SourceKind,
)
from jettison.project.toml.read import Table, read_toml, table, tables, text_of
from jettison.values import Origin

_GROUP = re.compile(r"""['"]([^'"]+)['"]\s+in\s+dependency_groups""")


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    root = read_toml(text, file)
    origins = package_origins(text, "packages", file)
    environments = root.get("environments")
    return Lock(
        file=file,
        format=LockFormat.PYLOCK,
        requires_python=text_of(root, "requires-python"),
        resolution_markers=tuple(map(str, environments)) if isinstance(environments, list) else (),
        distributions=tuple(
            _distribution(one, origin)
            for one, origin in zip(tables(root, "packages"), origins, strict=False)
        ),
    )


def _distribution(one: Table, origin: Origin) -> LockedDistribution:
    sdist = table(one, "sdist")
    source, location = _source(one)
    marker = text_of(one, "marker")
    return LockedDistribution(
        name=canonicalize_name(text_of(one, "name")),
        version=text_of(one, "version"),
        marker=marker,
        requires_python=text_of(one, "requires-python"),
        dependencies=tuple(
            LockedDependency(
                name=canonicalize_name(text_of(edge, "name")), version=text_of(edge, "version")
            )
            for edge in tables(one, "dependencies")
        ),
        groups=tuple(dict.fromkeys(_GROUP.findall(marker))),
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
