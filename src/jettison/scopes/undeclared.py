"""What production imports of distributions that the project does not declare."""

from __future__ import annotations

from jettison.distributions.graph import RequirementGraph
from jettison.project.source.facts import Import
from jettison.scopes.context import Context
from jettison.scopes.owners import Owners


def undeclared(context: Context, graph: RequirementGraph) -> dict[str, Import]:
    """Distributions that declared ones bring and production imports, each with its first import.

    Only those whose import names are known count, and a module that a declared distribution has as
    well is taken to be that one's.
    """
    declared = frozenset(context.names)
    brought = {child for children in graph.edges.values() for child in children} - declared
    known = [name for name in sorted(brought) if (f := context.facts(name)) and f.import_names]
    owners = Owners(known, context.inputs.distributions)
    found: dict[str, Import] = {}
    for imports in context.inputs.reach.externals.values():
        for imported in imports:
            if not context.owners.of_import(imported.module, imported.names):
                for name in owners.of_import(imported.module, imported.names):
                    found.setdefault(name, imported)
    return found
