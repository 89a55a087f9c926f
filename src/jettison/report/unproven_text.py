"""What stays because it could not be shown unused, as text."""

from __future__ import annotations

from collections.abc import Sequence

from jettison.removal.unproven import Unproven
from jettison.report.table import table
from jettison.sizes import human

SHOWN = 8


def unproven_text(found: Sequence[Unproven]) -> str:
    """Give the heaviest, each with its reason; empty when everything that stays is used."""
    if not found:
        return ""
    total = human(sum(one.bytes for one in found))
    files = sum(one.files for one in found)
    rows = [
        (human(one.bytes), str(one.files), one.distribution, one.reason) for one in found[:SHOWN]
    ]
    lines = [
        f"Kept, could not be shown unused: {files} files ({total})",
        table(("bytes", "files", "of", "why"), rows, right=(0, 1)),
    ]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN} more; see --format json, or `jettison why PATH`")
    return "\n".join(lines)
