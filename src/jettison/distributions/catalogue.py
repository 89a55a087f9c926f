"""The catalogue of well-known distributions, for when no index can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import convert

from jettison.catalogue.reader import resource
from jettison.distributions.facts import DistributionFacts
from jettison.distributions.metadata import requirement


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
            "catalogued_on": group["date"],
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
