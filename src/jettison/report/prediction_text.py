"""Predicted sizes as text."""

from __future__ import annotations

from jettison.prediction.values import Part, Prediction, Predictions
from jettison.report.table import table
from jettison.sizes import human


def prediction_text(found: Predictions) -> str:
    """Give both totals, and what the image after the plan is made of."""
    before, after = found.before.size, found.after.size
    if before is None or after is None:
        unknown = (*found.before.unknown, *found.after.unknown)
        return f"Predicted size: not known: {unknown[0].what}: {unknown[0].reason}"
    share = 1 - after.bytes / before.bytes
    title = f"Predicted size: {human(before.bytes)} -> {human(after.bytes)} ({-share:+.0%})"
    rows = [
        (human(part.size.bytes), part.what, str(part.origin or "")) for part in _large(found.after)
    ]
    lines = [title, table(("bytes", "of", "where"), rows, right=(0,))]
    untold = {item.what: item.reason for item in (*found.before.unknown, *found.after.unknown)}
    lines += [f"  not counted: {what}: {reason}" for what, reason in untold.items()]
    return "\n".join(lines)


def _large(found: Prediction) -> list[Part]:
    """The parts that make a difference, the largest first."""
    total = sum(part.size.bytes for part in found.parts)
    seen = [part for part in found.parts if part.size.bytes * 1000 >= total]
    return sorted(seen, key=lambda part: -part.size.bytes)
