"""The one way in which commands write: control characters of foreign texts are escaped."""

from __future__ import annotations

import click

from jettison.values import printable


def show(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write a text to standard output, or to standard error for ``err``; ``nl`` ends the line."""
    click.echo(printable(text), err=err, nl=nl)
