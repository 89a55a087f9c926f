"""``jettison compare``: what two images have of each owner."""

from __future__ import annotations

import json

import click

from jettison.cli import show
from jettison.cli.options import format_option, image_options
from jettison.contents.inspecting import inspect
from jettison.contents.inspection import compare
from jettison.progress import ConsoleProgress
from jettison.report.documents import comparison_document
from jettison.report.inspection_text import comparison_text


@click.command("compare")
@click.argument("before")
@click.argument("after")
@image_options
@format_option("text", "json")
def command(*, before: str, after: str, platform: str, output_format: str) -> None:
    """Compare the contents of two images by owner.

    Each is named as for `jettison inspect`.
    """
    progress = ConsoleProgress()
    found = compare(
        inspect(before, progress, platform=platform), inspect(after, progress, platform=platform)
    )
    if output_format == "json":
        show(json.dumps(comparison_document(found), indent=2))
    else:
        show(comparison_text(found), nl=False)
