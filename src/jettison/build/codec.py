"""Steps as JSON and back."""

from __future__ import annotations

from typing import Any

from msgspec.structs import fields

from jettison.build.recipe import (
    CopyStep,
    FolderStep,
    GroupStep,
    ModeStep,
    OwnerStep,
    RemoveStep,
    Step,
    UserStep,
)
from jettison.values import Origin

_KINDS = {
    kind.__name__: kind
    for kind in (CopyStep, FolderStep, OwnerStep, ModeStep, RemoveStep, UserStep, GroupStep)
}


def encoded_step(step: Step) -> dict[str, Any]:
    """Return a step as JSON fields."""
    found = {each.name: getattr(step, each.name) for each in fields(step)}
    origin = step.origin
    return {
        **found,
        "origin": [origin.file, origin.line, origin.end_line],
        "kind": type(step).__name__,
    }


def decoded_step(document: dict[str, Any]) -> Step:
    """Invert ``encoded_step``; KeyError or TypeError for another shape."""
    given = {name: _frozen(value) for name, value in document.items() if name != "kind"}
    file, line, end = given.pop("origin")
    origin = Origin(file=file, line=line, end_line=end)
    return _KINDS[document["kind"]](**given, origin=origin)


def _frozen(value: object) -> Any:  # noqa: ANN401 — JSON
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
