"""What a cache holds, and what was removed of it, as text and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jettison.report.table import table
from jettison.sizes import human

# Kind and bytes of each entry.
Held = Collection[tuple[str, int]]
SCHEMA = "jettison.cache/v1"


def cache_text(folder: object, entries: Held, gone: Held) -> str:
    """Give a table by kind; ``gone`` are those of the entries that were removed."""
    if not entries:
        return f"{folder} is empty\n"
    rows = [(kind, str(count), human(size)) for kind, (count, size) in _sums(entries).items()]
    total = sum(size for _, size in entries)
    rows.append(("all", str(len(entries)), human(total)))
    text = table(("kind", "entries", "size"), rows, right=(1, 2))
    lines = [f"{folder}", text]
    if gone:
        saved = sum(size for _, size in gone)
        lines.append(f"removed {len(gone)} of them, {human(saved)}; {human(total - saved)} stay")
    return "\n".join(lines) + "\n"


def cache_document(folder: object, entries: Held, gone: Held) -> Mapping[str, Any]:
    """Give the same as data; sizes are bytes."""
    return {
        "schema": SCHEMA,
        "folder": str(folder),
        "kinds": [
            {"kind": kind, "entries": count, "bytes": size}
            for kind, (count, size) in _sums(entries).items()
        ],
        "removed": {"entries": len(gone), "bytes": sum(size for _, size in gone)},
    }


def _sums(entries: Held) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for kind, size in entries:
        count, total = sums.get(kind, (0, 0))
        sums[kind] = (count + 1, total + size)
    return sums
