"""``jettison cache``: what Jettison keeps between runs, and a way to be rid of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import Any

import click

from jettison.cli import show
from jettison.cli.options import format_option
from jettison.errors import WriteError
from jettison.images.stores.cache import (
    cache_alone,
    cache_directory,
    cache_entries,
    remove_entries,
    unused_since,
)
from jettison.report import table
from jettison.values import human

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


@click.command("cache")
@click.option(
    "--clean",
    "days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Remove entries unused for DAYS days; 0 removes everything.",
)
@format_option("cache")
def command(*, days: int | None, output_format: str) -> None:
    """Show the size of Jettison's cache, and clean it.

    Whatever is removed is fetched or made again when it is needed, with the same result.
    """
    folder = cache_directory()
    with nullcontext() if days is None else cache_alone():
        entries = list(cache_entries(folder))
        going = [] if days is None else unused_since(entries, days)
        try:
            remove_entries(going)
        except OSError as error:
            raise WriteError(
                f"{error.filename} cannot be removed",
                why=error.strerror or "",
                hint="Check whose it is, then run the command again.",
            ) from error
    held, gone = ([(entry.kind, entry.bytes) for entry in some] for some in (entries, going))
    if output_format == "json":
        show(json.dumps(cache_document(folder, held, gone), indent=2))
    else:
        show(cache_text(folder, held, gone), nl=False)
