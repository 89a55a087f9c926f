"""``jettison cache``: what Jettison keeps between runs, and a way to be rid of it."""

from __future__ import annotations

import json

import click

from jettison.cli.options import format_option
from jettison.errors import WriteError
from jettison.report.cache_text import cache_document, cache_text
from jettison.stores.cache import cache_directory
from jettison.stores.cache_entries import cache_entries, remove_entries, unused_since


@click.command("cache")
@click.option(
    "--clean",
    "days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Remove what nothing has used for so many days; 0 removes everything.",
)
@format_option("text", "json")
def command(*, days: int | None, output_format: str) -> None:
    """Show what Jettison keeps between runs: packages, wheels, layers, and what it knows of them.

    Whatever is removed is fetched or made again when it is needed, with the same result.
    """
    folder = cache_directory()
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
        click.echo(json.dumps(cache_document(folder, held, gone), indent=2))
    else:
        click.echo(cache_text(folder, held, gone), nl=False)
