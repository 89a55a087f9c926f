"""Two images side by side as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jettison.inspect.comparison import Change, Comparison
from jettison.inspect.owner import OwnerKind
from jettison.report.table import table
from jettison.sizes import human

_SHOWN = 20


def comparison_text(comparison: Comparison) -> str:
    """Give sizes by kind, then the owners whose bytes differ, the largest difference first."""
    groups = (
        ("grew", comparison.grew),
        ("shrank", comparison.shrank),
        (f"only in {comparison.before.name}", comparison.only_before),
        (f"only in {comparison.after.name}", comparison.only_after),
    )
    parts = [
        table(("", "before", "after", "difference"), _sizes(comparison), right=(1, 2, 3)),
        *(_group(title, changes) for title, changes in groups if changes),
        f"{comparison.same} owners have the same size in both.",
    ]
    return "\n\n".join(parts) + "\n"


def signed(count: int) -> str:
    """Write a difference in bytes with its sign."""
    return f"+{human(count)}" if count > 0 else human(count)


def _sizes(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    before, after = comparison.before, comparison.after
    figures = [
        ("image", before.size, after.size),
        ("compressed", before.compressed_size, after.compressed_size),
        ("wasted", before.wasted_size, after.wasted_size),
        *((kind.value, before.kinds[kind], after.kinds[kind]) for kind in OwnerKind),
    ]
    for name, first, second in figures:
        yield name, human(first), human(second), signed(second - first)


def _group(title: str, changes: Sequence[Change]) -> str:
    total = signed(sum(change.growth for change in changes))
    rows = [_row(change) for change in changes[:_SHOWN]]
    left = changes[_SHOWN:]
    rest = signed(sum(change.growth for change in left))
    more = f"\nand {len(left)} more with {rest}" if left else ""
    header = (f"{title} ({total})", "kind", "before", "after", "difference")
    return table(header, rows, right=(2, 3, 4)) + more


def _row(change: Change) -> tuple[str, ...]:
    before, after = change.before, change.after
    versions = [side.version for side in (before, after) if side and side.version]
    return (
        " ".join([change.name, " → ".join(dict.fromkeys(versions))]).rstrip(),
        change.kind.value,
        human(before.size) if before else "-",
        human(after.size) if after else "-",
        signed(change.growth),
    )
