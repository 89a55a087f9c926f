"""``jettison inspect``: the owner of every byte; ``jettison compare``: two images by owner."""

from __future__ import annotations

from pathlib import Path

import click

from jettison.cli import save, show
from jettison.cli.options import format_option, image_options
from jettison.contents.inspection import compare
from jettison.contents.layer_reading import inspect
from jettison.progress import ConsoleProgress
from jettison.report import rendered
from jettison.report.inspection_html import inspection_html


@click.command("inspect")
@click.argument("image")
@image_options
@click.option(
    "--base",
    default="",
    metavar="IMAGE",
    help="Name the base image; default: detected from the history.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a treemap as one self-contained HTML file.",
)
@format_option("inspection")
def command(*, image: str, platform: str, base: str, html: Path | None, output_format: str) -> None:
    """Attribute every byte of IMAGE to an owner and a layer.

    IMAGE is a name (of docker or podman, else of a registry), or says where it is: docker:NAME,
    podman:NAME, oci:DIRECTORY, archive:FILE.
    """
    found = inspect(image, ConsoleProgress(), platform=platform, base=base)
    if html is not None:
        save(html, inspection_html(found))
    show(rendered("inspection", output_format, found), nl=False)


@click.command("compare")
@click.argument("before")
@click.argument("after")
@image_options
@format_option("comparison")
def compare_command(*, before: str, after: str, platform: str, output_format: str) -> None:
    """Compare the contents of two images by owner.

    Each is named as for `jettison inspect`.
    """
    progress = ConsoleProgress()
    found = compare(
        inspect(before, progress, platform=platform), inspect(after, progress, platform=platform)
    )
    show(rendered("comparison", output_format, found), nl=False)
