"""``jettison build``: an image from the plan, without an engine."""

from __future__ import annotations

from pathlib import Path

import click

from jettison.build.builder import Builder, BuildOptions, Bytecode
from jettison.cli.options import project_options
from jettison.loading.plan import planned
from jettison.oci.compression import Compressor
from jettison.oci.media import Compression
from jettison.oci.platform import Platform
from jettison.progress import ConsoleProgress
from jettison.stores.cache import blob_cache
from jettison.stores.location import locate


@click.command("build")
@project_options
@click.option(
    "--base",
    default="",
    metavar="BASE",
    help="composed, an image, oci:DIR, archive:FILE or docker:NAME.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="WHERE",
    help="oci:DIR or archive:FILE, several at once.",
)
@click.option("--platform", default="linux/amd64", show_default=True)
@click.option(
    "--compression", type=click.Choice(["gzip", "zstd"]), default="gzip", show_default=True
)
@click.option(
    "--bytecode",
    type=click.Choice([each.value for each in Bytecode]),
    default="all",
    show_default=True,
)
def command(
    *,
    directory: Path,
    dockerfile: str | None,
    service: str | None,
    level: int,
    offline: bool,
    base: str,
    outputs: tuple[str, ...],
    platform: str,
    compression: str,
    bytecode: str,
) -> None:
    """Build the image of the project in DIRECTORY without Docker."""
    plan = planned(directory, dockerfile=dockerfile, service=service, level=level, offline=offline)
    options = BuildOptions(
        platform=Platform.parse(platform),
        base=base,
        bytecode=Bytecode(bytecode),
        compressor=Compressor.default(Compression(compression)),
        offline=offline,
    )
    built = Builder(plan.plan, plan.loaded.root, options, ConsoleProgress()).build()
    for text in outputs:
        location = locate(text, blob_cache())
        location.store.write(built.image, location.reference)
    for note in built.notes:
        click.echo(f"note: {note.what}: {note.reason}", err=True)
    click.echo(str(built.image.descriptor.digest))
