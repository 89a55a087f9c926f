"""Front end for poetry.lock (formats 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.utils import canonicalize_name

from jettison.project.locks.reading import (
    dependency,
    locked_file,
    normalized,
    package_origins,
    wheels_and_sdist,
)
from jettison.project.locks.values import (
    DependencySet,
    Lock,
    LockedDependency,
    LockedDistribution,
    LockFormat,
    SourceKind,
)
from jettison.project.toml.read import Table, read_toml, table, tables, text_of, texts
from jettison.values import Origin

_SOURCES = {
    "git": SourceKind.GIT,
    "url": SourceKind.URL,
    "file": SourceKind.PATH,
    "directory": SourceKind.PATH,
}


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad TOML."""
    root = read_toml(text, file)
    metadata = table(root, "metadata")
    origins = package_origins(text, "package", file)
    old_files = table(metadata, "files")
    return Lock(
        file=file,
        format=LockFormat.POETRY,
        requires_python=text_of(metadata, "python-versions"),
        distributions=tuple(
            _distribution(one, origin, old_files)
            for one, origin in zip(tables(root, "package"), origins, strict=False)
        ),
    )


def _distribution(one: Table, origin: Origin, old_files: Table) -> LockedDistribution:
    source = table(one, "source")
    written = tables(one, "files") or tables(old_files, text_of(one, "name"))
    wheels, sdist = wheels_and_sdist([locked_file(each) for each in written])
    return LockedDistribution(
        name=canonicalize_name(text_of(one, "name")),
        version=text_of(one, "version"),
        marker=_marker(one),
        requires_python=text_of(one, "python-versions"),
        dependencies=_dependencies(table(one, "dependencies")),
        optional_dependencies=_extras(table(one, "extras")),
        groups=texts(one, "groups") or _old_category(one),
        wheels=wheels,
        sdist=sdist,
        source=_SOURCES.get(text_of(source, "type"), SourceKind.REGISTRY),
        location=text_of(source, "url"),
        origin=origin,
    )


def _marker(one: Table) -> str:
    """One marker, or the alternatives that different groups have."""
    by_group = table(one, "markers")
    return text_of(one, "markers") or " or ".join(
        f"({value})" for value in dict.fromkeys(map(str, by_group.values()))
    )


def _old_category(one: Table) -> tuple[str, ...]:
    category = text_of(one, "category")
    return (category,) if category else ()


def _dependencies(found: Table) -> tuple[LockedDependency, ...]:
    edges: list[LockedDependency] = []
    for name, value in found.items():
        for each in (
            value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        ):
            details: Table = each if isinstance(each, Mapping) else {}
            edges.append(
                LockedDependency(
                    name=canonicalize_name(name),
                    extras=normalized(texts(details, "extras")),
                    marker=text_of(details, "markers"),
                )
            )
    return tuple(dict.fromkeys(edges))


def _extras(found: Table) -> tuple[DependencySet, ...]:
    """Extras; their members are written as ``name (>=1)``, with a marker after a semicolon."""
    return tuple(
        DependencySet(
            name=extra,
            dependencies=tuple(
                edge for written in texts(found, extra) if (edge := dependency(written))
            ),
        )
        for extra in found
    )
