"""Which distribution a module belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.distributions.facts import DistributionFacts


class ImportMap:
    """Owners of modules, by the longest import root that matches."""

    def __init__(self, facts: Iterable[DistributionFacts]) -> None:
        self._owners: dict[str, list[str]] = {}
        self._below: dict[str, set[str]] = {}
        for one in facts:
            for root in one.import_names:
                self._add(root, one.name)

    def owners(self, module: str) -> tuple[str, ...]:
        """Give the distributions that ship ``module``, sorted; empty when none is known to.

        Several ship it when they are variants of each other (``psycopg2``, ``psycopg2-binary``).
        """
        prefix = module
        while prefix:
            if prefix in self._owners:
                return tuple(sorted(self._owners[prefix]))
            prefix = prefix.rpartition(".")[0]
        return ()

    def sharers(self, namespace: str) -> tuple[str, ...]:
        """Give the distributions with a portion of a namespace package (``google.cloud``)."""
        return tuple(sorted(self._below.get(namespace, ())))

    def _add(self, root: str, name: str) -> None:
        self._owners.setdefault(root, []).append(name)
        prefix = root.rpartition(".")[0]
        while prefix:
            self._below.setdefault(prefix, set()).add(name)
            prefix = prefix.rpartition(".")[0]
