"""Whether an image keeps to the limits that its project sets."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.result import Result
from jettison.settings import Budget
from jettison.sizes import human


def exceeded(result: Result) -> Iterator[str]:
    """Say of each budget that the image after exceeds how far; what was not measured is passed."""
    after = result.verdict.after
    measured = {
        Budget.SIZE: result.after.size.bytes,
        Budget.COMPRESSED: result.after.compressed_size.bytes,
        Budget.MEMORY: after.memory,
        Budget.START_UP: after.startup_seconds,
    }
    for budget, limit in result.plan.settings.budgets.items():
        found = measured[budget]
        if found is not None and found > limit.most:
            shown = f"{found:.2f} s" if budget is Budget.START_UP else human(round(found))
            yield f"{budget.value} is {shown}, more than {limit.text} ({limit.origin})"
