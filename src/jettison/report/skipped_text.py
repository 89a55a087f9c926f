"""What could not be learned, as text: distributions with the same reason share a line."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.values import Skipped, counted

DISTRIBUTION = "the distribution "
SHOWN = 4


def skipped_lines(found: Iterable[Skipped]) -> list[str]:
    """Give a line for each thing, and one for all distributions of which the same is said."""
    lines: list[str] = []
    alike: dict[str, list[str]] = {}
    for item in found:
        name = item.what.removeprefix(DISTRIBUTION)
        if name == item.what:
            lines.append(f"{item.what}: {item.reason}")
        else:
            alike.setdefault(item.reason.replace(name, "each", 1), []).append(name)
    for reason, names in alike.items():
        more = len(names) - SHOWN
        listed = ", ".join([*names[:SHOWN], *([f"{more} more"] if more > 0 else [])])
        said = reason if len(names) > 1 else reason.replace("each", names[0], 1)
        lines.append(f"{counted(len(names), 'distribution')} ({listed}): {said}")
    return lines
