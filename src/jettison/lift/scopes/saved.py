"""Signals from saved objects: a model that was trained elsewhere is loaded with its library."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lift.scopes.context import Context, toward_runtime
from jettison.lift.scopes.tools import category_of
from jettison.lift.scopes.values import Signal, Weight
from jettison.source.facts import Call
from jettison.source.pickles import missing_pickle
from jettison.source.tree import is_test


def collect_saved(context: Context) -> Iterator[Signal]:
    """Keep what notebooks and scripts use where production loads objects that are not here."""
    call = _missing(context)
    if call is None:
        return
    for name, file in _used_for_development(context).items():
        message = (
            f"{call.file} loads objects ({call.callee}) from a file that was not found here; they "
            f"may need it, as {file} imports it"
        )
        yield toward_runtime(name, Weight.FAIR, "pickle", message, call.origin)


def _missing(context: Context) -> Call | None:
    for facts in context.inputs.index.modules.values():
        if context.is_reached(facts.file) or not context.serves_development(facts.file):
            call = missing_pickle(facts, context.inputs.pickles)
            if call is not None:
                return call
    return None


def _used_for_development(context: Context) -> dict[str, str]:
    """What files for development import, tests and known tools apart, with the first file."""
    found: dict[str, str] = {}
    for facts in context.inputs.index.modules.values():
        if context.serves_development(facts.file) and not is_test(facts.file):
            for imported in facts.imports:
                if context.is_external(imported):
                    for name in context.owners.of_import(imported.module, imported.names):
                        if not category_of(name):
                            found.setdefault(name, facts.file)
    return found
