"""``jettison build``: an image from the plan, without an engine."""

from __future__ import annotations

from pathlib import Path

import click

from jettison.builder.foundation import BuildOptions, Bytecode
from jettison.cli import show
from jettison.cli.options import gathered, project_options
from jettison.images.descriptor import Platform
from jettison.images.digest import Compression
from jettison.images.stores.cache import blob_cache, cache_directory
from jettison.images.stream import Compressor
from jettison.progress import ConsoleProgress
from jettison.tasks.building import ProjectChoice, built
from jettison.tasks.delivery import Delivery, delivered
from jettison.values import replace


@click.command("build")
@gathered("project", ProjectChoice, project_options)
@click.option(
    "--base",
    default="",
    metavar="BASE",
    help="Use composed, an image in a registry, oci:DIR, archive:FILE or docker:NAME; default:"
    " composed where it is known to work, else the base of the Dockerfile.",
)
@click.option("--debug-base", is_flag=True, help="Add a shell (busybox) to the minimal base.")
@gathered(
    "delivery",
    Delivery,
    click.option("--tag", default="", metavar="NAME", help="Name the loaded image."),
    click.option(
        "--engine",
        default="",
        metavar="NAME",
        help="Load into docker or podman; default: the first available.",
    ),
    click.option(
        "--push", "pushed", multiple=True, metavar="REF", help="Push to a registry; repeatable."
    ),
    click.option("--load", is_flag=True, help="Load the image into Docker or Podman."),
    click.option(
        "--output",
        "outputs",
        multiple=True,
        metavar="WHERE",
        help="Write to oci:DIR or archive:FILE, optionally with :NAME; repeatable.",
    ),
)
@click.option(
    "--platform",
    "platforms",
    default="",
    metavar="LIST",
    help="Build for linux/amd64, linux/arm64 or both; default: this machine's.",
)
@click.option(
    "--compression",
    type=click.Choice([Compression.GZIP.value, Compression.ZSTD.value]),
    default=Compression.GZIP.value,
    show_default=True,
    help="Choose how layers are compressed.",
)
@click.option(
    "--bytecode",
    type=click.Choice([each.value for each in Bytecode]),
    default=Bytecode.ALL.value,
    show_default=True,
    help="Choose which modules are compiled.",
)
@click.option(
    "--strip/--no-strip", default=True, show_default=True, help="Strip shared libraries as planned."
)
@click.option(
    "--allow-source-builds",
    is_flag=True,
    help="Build wheels on this machine where an index has only sources.",
)
@click.option(
    "--lock",
    is_flag=True,
    help="Write jettison.lock with the digests of base, packages and wheels; later builds use it.",
)
@click.option(
    "--sbom",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the SBOM (CycloneDX) to FILE; it is always attached to the image.",
)
def command(
    *,
    project: ProjectChoice,
    base: str,
    debug_base: bool,
    delivery: Delivery,
    platforms: str,
    compression: str,
    bytecode: str,
    strip: bool,
    allow_source_builds: bool,
    lock: bool,
) -> None:
    """Build the image without Docker and without root."""
    project = replace(project, written=delivery.files(project.directory))
    asked = [
        BuildOptions(
            platform=platform,
            base=base,
            bytecode=Bytecode(bytecode),
            compressor=Compressor.default(Compression(compression)),
            strip=strip,
            debug_base=debug_base,
            source_builds=allow_source_builds,
            offline=project.offline,
        )
        for platform in _platforms(platforms)
    ]
    places = delivery.places(project.directory, blob_cache())
    done = built(project, asked, ConsoleProgress(), cache_directory(), lock=lock)
    for line in delivered(done, places, delivery):
        show(line)
    for note in done.notes:
        show(f"note: {note.what}: {note.reason}", err=True)


def _platforms(text: str) -> list[Platform]:
    if text:
        return [Platform.parse(each.strip()) for each in text.split(",")]
    import platform  # noqa: PLC0415 — it starts slowly

    return [Platform.parse(platform.machine())]
