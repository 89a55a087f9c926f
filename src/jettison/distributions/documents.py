"""What the texts and files of a distribution say of it."""

from __future__ import annotations

from jettison.distributions.facts import (
    DistributionFacts,
    Source,
)
from jettison.distributions.import_names import import_names
from jettison.distributions.metadata import (
    Contents,
    parse_entry_points,
    parse_metadata,
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
