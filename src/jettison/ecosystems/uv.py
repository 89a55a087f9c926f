"""Front end for uv.lock."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from jettison.ecosystems.lock import (
    DependencySet,
    Lock,
    LockedDependency,
    LockedDistribution,
    LockFormat,
    SourceKind,
    locked_file,
    normalized,
    package_origins,
)
from jettison.formats.toml import Table, array, read_toml, table, tables, text_of, texts
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
    root = read_toml(text, file)
    packages = tables(root, "package")
    origins = package_origins(text, "package", file)
    members = texts(table(root, "manifest"), "members")
    return Lock(
        file=file,
        format=LockFormat.UV,
        requires_python=text_of(root, "requires-python"),
        resolution_markers=texts(root, "resolution-markers"),
        members=normalized(members) or _roots(packages),
        distributions=tuple(map(_distribution, packages, origins)),
    )


def _roots(packages: list[Table]) -> tuple[str, ...]:
    """Names of the projects that the lock was made for, when it lists no members."""
    own = [
        text_of(one, "name")
        for one in packages
        if text_of(table(one, "source"), "editable") == "."
        or text_of(table(one, "source"), "virtual") == "."
    ]
    return normalized(own)


def _distribution(one: Table, origin: Origin) -> LockedDistribution:
    source = table(one, "source")
    word = next((key for key in _SOURCES if key in source), "registry")
    sdist = table(one, "sdist")
    return LockedDistribution(
        name=canonicalize_name(text_of(one, "name")),
        version=text_of(one, "version"),
        marker=" or ".join(texts(one, "resolution-markers")),
        dependencies=_dependencies(one, "dependencies"),
        optional_dependencies=_sets(table(one, "optional-dependencies")),
        group_dependencies=_sets(table(one, "dev-dependencies")),
        wheels=tuple(locked_file(wheel) for wheel in tables(one, "wheels")),
        sdist=locked_file(sdist) if sdist else None,
        source=_SOURCES[word],
        location=text_of(source, word),
        origin=origin,
    )


def _sets(found: Table) -> tuple[DependencySet, ...]:
    return tuple(
        DependencySet(name=name, dependencies=_dependencies(found, name)) for name in found
    )


def _dependencies(parent: Table, key: str) -> tuple[LockedDependency, ...]:
    return tuple(
        LockedDependency(
            name=canonicalize_name(text_of(one, "name")),
            version=text_of(one, "version"),
            extras=normalized([extra for extra in array(one, "extra") if isinstance(extra, str)]),
            marker=text_of(one, "marker"),
        )
        for one in tables(parent, key)
    )
