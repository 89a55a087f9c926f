"""Signals from strings: settings, configuration files and URLs that name a package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.project.source.facts import Text
from jettison.scopes.context import (
    Context,
    is_setting,
    toward_development,
    toward_runtime,
)
from jettison.scopes.tools import category_of
from jettison.scopes.values import Signal, Weight


def collect(context: Context) -> Iterator[Signal]:
    """Judge every string that names a declared distribution by the file that holds it."""
    reached = _first(context, (*context.inputs.reach.texts, *context.inputs.commands.texts))
    for name, text in reached.items():
        # Words like "coverage.xml" and "py.test" name a tool without loading it.
        loads = not category_of(name) or is_setting(text)
        yield _names(name, text, Weight.STRONG if loads else Weight.FAINT, "")
    unreached = _first(context, _in_unreached(context))
    for name, text in unreached.items():
        if name not in reached:
            note = ", though no entry point leads there"
            yield _names(name, text, context.weight_of_unreached(), note)
    for name, text in _first(context, context.inputs.reach.left_out_texts).items():
        if name not in reached and name not in unreached and text.circumstance.condition:
            yield _switched_off(name, text)


def _first(context: Context, texts: Iterable[Text]) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for text in texts:
        if text.target != "TEST_RUNNER":  # Django's setting for who runs the tests
            for name in context.names_package(text):
                found.setdefault(name, text)
    return found


def _in_unreached(context: Context) -> Iterator[Text]:
    for facts in context.inputs.index.modules.values():
        if not context.is_reached(facts.file) and not context.serves_development(facts.file):
            yield from (t for t in facts.texts if context.may_run(t.circumstance))


def _names(name: str, text: Text, weight: Weight, note: str) -> Signal:
    place = text.target or text.role
    where = f" in {place}" if place else ""
    message = f'"{text.value}"{where} of {text.file} names it{note}'
    return toward_runtime(name, weight, "string", message, text.origin)


def _switched_off(name: str, text: Text) -> Signal:
    condition = text.circumstance.condition
    message = f'"{text.value}" of {text.file} counts only if {condition}, which is off'
    return toward_development(name, Weight.FAIR, "condition", message, text.origin)
