"""``jettison compare``: what two images have of each owner."""

from __future__ import annotations

import click

from jettison.cli import show
from jettison.cli.options import format_option, image_options
from jettison.contents.inspection import compare
from jettison.contents.layer_reading import inspect
from jettison.progress import ConsoleProgress
from jettison.report import rendered


@click.command("compare")
@click.argument("before")
@click.argument("after")
@image_options
@format_option("comparison")
def command(*, before: str, after: str, platform: str, output_format: str) -> None:
    """Compare the contents of two images by owner.

    Each is named as for `jettison inspect`.
    """
    progress = ConsoleProgress()
    found = compare(
        inspect(before, progress, platform=platform), inspect(after, progress, platform=platform)
    )
    show(rendered("comparison", output_format, found), nl=False)
