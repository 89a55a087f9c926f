"""Facts and listings as JSON documents, and the catalogue of well-known distributions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import convert

from jettison.catalogue.reader import resource
from jettison.index.facts import DistributionFacts, Source, import_names
from jettison.index.metadata import (
    Contents,
    parse_entry_points,
    parse_metadata,
    requirement,
    script_names,
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
        requires=core.requires,
        installed_size=Size(
            bytes=sum(file.size for file in contents.files),
            basis=Basis.MEASURED,
            source=size_source,
        ),
        source=source,
    )


class Catalogue(Mapping[str, DistributionFacts]):
    """Catalogued facts by normalized name; an entry is parsed when it is asked for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._entries: Mapping[str, Mapping[str, Any]] = document["distributions"]
        self._groups: Mapping[str, Mapping[str, str]] = document["groups"]

    def __getitem__(self, name: str) -> DistributionFacts:
        entry = self._entries[name]
        group = self._groups[entry["group"]]
        bytes_, source = entry.get("size"), f"{group['source']}, {group['date']}"
        facts = {
            **entry,
            "size": bytes_ and {"bytes": bytes_, "basis": "catalogued", "source": source},
            "name": name,
            "version": entry.get("version", ""),
            "source": "catalogue",
        }
        return convert(facts, DistributionFacts, dec_hook=lambda _, text: requirement(text))

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@cache
def catalogued() -> Catalogue:
    """Give the catalogue that is shipped with Jettison."""
    return Catalogue(json.loads(resource("distributions.json")))
