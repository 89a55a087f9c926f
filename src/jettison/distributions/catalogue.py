"""The catalogue of well-known distributions, for when no index can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec.structs import replace

from jettison.catalogue.reader import resource
from jettison.distributions.documents import facts_from_document
from jettison.distributions.facts import DistributionFacts, Source

_EMPTY = {
    "version": "",
    "imports": (),
    "scripts": (),
    "entry_points": (),
    "extras": (),
    "requires": (),
    "requires_python": "",
    "size": None,
    "vendored": (),
    "sdist_only": False,
}


class Catalogue(Mapping[str, DistributionFacts]):
    """Catalogued facts by normalized name; an entry is parsed when it is asked for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._entries: Mapping[str, Mapping[str, Any]] = document["distributions"]
        self._groups: Mapping[str, Mapping[str, str]] = document["groups"]

    def __getitem__(self, name: str) -> DistributionFacts:
        entry = self._entries[name]
        group = self._groups[entry["group"]]
        size = entry.get("size")
        whole = {**_EMPTY, **entry, "name": name}
        if size is not None:
            whole["size"] = [size, "catalogued", f"{group['source']}, {group['date']}"]
        facts = facts_from_document(whole, source=Source.CATALOGUE)
        return replace(facts, catalogued_on=group["date"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@cache
def catalogued() -> Catalogue:
    """Give the catalogue that is shipped with Jettison."""
    return Catalogue(json.loads(resource("distributions.json")))
