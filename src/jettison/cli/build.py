"""``jettison build``: an image from the plan, without an engine."""

from __future__ import annotations

from pathlib import Path

import click

from jettison.build.options import BuildOptions, Bytecode
from jettison.building import ProjectChoice, built
from jettison.cli.options import project_options
from jettison.oci.compression import Compressor
from jettison.oci.media import Compression
from jettison.oci.platform import Platform
from jettison.progress import ConsoleProgress
from jettison.stores.cache import blob_cache, cache_directory
from jettison.stores.location import locate


@click.command("build")
@project_options
@click.option(
    "--base",
    default="",
    metavar="BASE",
    help="composed, an image in a registry, oci:DIR, archive:FILE or docker:NAME.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="WHERE",
    help="oci:DIR or archive:FILE, with :NAME after it if wanted; may be repeated.",
)
@click.option(
    "--platform",
    "platforms",
    default="",
    metavar="LIST",
    help="linux/amd64, linux/arm64 or both; this machine's by default.",
)
@click.option(
    "--compression",
    type=click.Choice([Compression.GZIP.value, Compression.ZSTD.value]),
    default=Compression.GZIP.value,
    show_default=True,
    help="How layers are packed.",
)
@click.option(
    "--bytecode",
    type=click.Choice([each.value for each in Bytecode]),
    default=Bytecode.ALL.value,
    show_default=True,
    help="Which modules are compiled.",
)
@click.option(
    "--strip/--no-strip",
    default=True,
    show_default=True,
    help="Shorten shared libraries where the plan says so.",
)
def command(
    *,
    directory: Path,
    dockerfile: str | None,
    service: str | None,
    level: int | None,
    offline: bool,
    base: str,
    outputs: tuple[str, ...],
    platforms: str,
    compression: str,
    bytecode: str,
    strip: bool,
) -> None:
    """Build the image of the project in DIRECTORY, without Docker and without root."""
    project = ProjectChoice(
        directory=directory, dockerfile=dockerfile, service=service, level=level, offline=offline
    )
    asked = [
        BuildOptions(
            platform=platform,
            base=base,
            bytecode=Bytecode(bytecode),
            compressor=Compressor.default(Compression(compression)),
            strip=strip,
            offline=offline,
        )
        for platform in _platforms(platforms)
    ]
    cache = blob_cache()
    places = [locate(text, cache) for text in outputs]
    done = built(project, asked, ConsoleProgress(), cache_directory())
    for place in places:
        top = place.store.write(done.content, place.reference)
        click.echo(f"{place.store}: {top.digest}")
    for note in done.notes:
        click.echo(f"note: {note.what}: {note.reason}", err=True)


def _platforms(text: str) -> list[Platform]:
    import platform  # noqa: PLC0415 — it starts slowly

    named = text or platform.machine()
    return [Platform.parse(each.strip()) for each in named.split(",")]
