"""Facts and listings as JSON documents, for the disk cache and the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import astuple

from jettison.distributions.facts import (
    DistributionFacts,
    EntryPoint,
    Source,
)
from jettison.distributions.import_names import import_names
from jettison.distributions.listing import IndexFile
from jettison.distributions.metadata import (
    Contents,
    parse_entry_points,
    parse_metadata,
    requirements,
    script_names,
    vendored_libraries,
)
from jettison.values import Basis, Size


def facts_from(contents: Contents, *, size_source: str, source: Source) -> DistributionFacts:
    """Facts of a wheel or of an installed distribution; its wheels are not known here."""
    core = parse_metadata(contents.texts.get("METADATA", ""))
    points = parse_entry_points(contents.texts.get("entry_points.txt", ""))
    namespaces = contents.texts.get("namespace_packages.txt", "").split()
    return DistributionFacts(
        name=core.name,
        version=core.version,
        import_names=import_names(contents.files, name=core.name, namespaces=namespaces),
        console_scripts=script_names(points, contents.files),
        entry_points=points,
        provides_extras=core.provides_extras,
        requires=core.requires,
        requires_python=core.requires_python,
        installed_size=Size(
            bytes=sum(file.size for file in contents.files),
            basis=Basis.MEASURED,
            source=size_source,
        ),
        vendored_libraries=vendored_libraries(contents.files),
        source=source,
    )


def facts_to_document(facts: DistributionFacts) -> dict[str, Any]:
    """Write what a wheel says of itself; the list of wheels and the files are kept elsewhere."""
    size = facts.installed_size
    return {
        "name": facts.name,
        "version": facts.version,
        "imports": facts.import_names,
        "scripts": facts.console_scripts,
        "entry_points": [astuple(point) for point in facts.entry_points],
        "extras": facts.provides_extras,
        "requires": [str(one) for one in facts.requires],
        "requires_python": facts.requires_python,
        "size": None if size is None else [size.bytes, size.basis.value, size.source],
        "vendored": facts.vendored_libraries,
        "sdist_only": facts.sdist_only,
        "compiles": facts.compiles,
    }


def facts_from_document(document: Mapping[str, Any], *, source: Source) -> DistributionFacts:
    """Invert ``facts_to_document``; raises KeyError or TypeError on another shape."""
    size = document["size"]
    return DistributionFacts(
        name=document["name"],
        version=document["version"],
        import_names=tuple(document["imports"]),
        console_scripts=tuple(document["scripts"]),
        entry_points=tuple(
            EntryPoint(group=group, name=name, value=value)
            for group, name, value in document["entry_points"]
        ),
        provides_extras=tuple(document["extras"]),
        requires=requirements(document["requires"]),
        requires_python=document["requires_python"],
        installed_size=size and Size(bytes=size[0], basis=Basis(size[1]), source=size[2]),
        vendored_libraries=tuple(document["vendored"]),
        sdist_only=document["sdist_only"],
        has_sdist=document["sdist_only"] or None,
        compiles=document.get("compiles"),
        source=source,
    )


def files_to_document(files: tuple[IndexFile, ...]) -> list[list[Any]]:
    """Index files as rows in the order of their fields."""
    return [
        [f.filename, f.url, f.size, f.sha256, f.requires_python, f.yanked, f.metadata_sha256]
        for f in files
    ]


def files_from_document(rows: list[list[Any]]) -> tuple[IndexFile, ...]:
    """Invert ``files_to_document``."""
    return tuple(
        IndexFile(
            filename=filename,
            url=url,
            size=size,
            sha256=sha256,
            requires_python=requires_python,
            yanked=yanked,
            metadata_sha256=metadata,
        )
        for filename, url, size, sha256, requires_python, yanked, metadata in rows
    )
