"""Signals from what is loaded and not in the project: saved objects, and code that users add."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.lift.scopes.context import Context, toward_runtime
from jettison.lift.scopes.tools import category_of
from jettison.lift.scopes.values import Signal, Weight
from jettison.source.facts import Call
from jettison.source.literals import HOLE
from jettison.source.pickles import missing_pickle
from jettison.source.tree import is_test


def collect_saved(context: Context) -> Iterator[Signal]:
    """Keep what notebooks, examples and scripts use where production loads what is not here."""
    found = next(_loads(context), None)
    if found is None:
        return
    call, what = found
    for name, file in _used_for_development(context).items():
        message = (
            f"{call.file} loads {what} ({call.callee}); it may need this, as {file} imports it"
        )
        yield toward_runtime(name, Weight.STRONG, "loaded", message, call.origin)


def _loads(context: Context) -> Iterator[tuple[Call, str]]:
    loaders = table(Calls).loaders.names
    for facts in context.inputs.index.modules.values():
        if context.is_reached(facts.file) or not context.serves_development(facts.file):
            call = missing_pickle(facts, context.inputs.pickles)
            if call is not None:
                yield call, "objects from a file that was not found here"
            for call in facts.calls:
                if call.callee in loaders and not _is_written(call):
                    yield call, "Python files whose names are computed"


def _is_written(call: Call) -> bool:
    """Whether the path stands in the source, and no part of it is computed."""
    path = call.arguments[-1] if call.arguments else None
    return isinstance(path, str) and HOLE not in path


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
