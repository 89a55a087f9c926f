"""Where a built image goes: layouts, archives, engines, registries, and its bill of materials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from jettison.errors import EngineError, ImageError, WriteError
from jettison.images import DAEMONS, Location, locate
from jettison.images.image import Image, ImageSet
from jettison.images.stores import output_file
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import BLOBS, LAYOUT_FILE
from jettison.tasks.building import Built


class Delivery(Struct, frozen=True, kw_only=True):
    """What a user asked for; every text is as ``locate`` reads it.

    ``engine`` is docker or podman, empty for the first that answers.
    """

    outputs: tuple[str, ...] = ()
    load: bool = False
    engine: str = ""
    pushed: tuple[str, ...] = ()
    tag: str = ""
    sbom: Path | None = None

    def files(self, project: Path) -> frozenset[str]:
        """Return the absolute paths that are written, which are no part of what is built.

        ImageError when one is the project itself, or a folder of something else; WriteError when
        the bill of materials would be a folder.
        """
        if self.sbom is not None and self.sbom.is_dir():
            raise WriteError(f"{self.sbom} is a folder", hint="Name a file, as in bom.json.")
        named = [text.partition(":")[2].partition(":")[0] for text in self.outputs]
        found = {str(Path(name).resolve()) for name in named if name}
        if str(project.resolve()) in found:
            raise ImageError(
                "the folder of the project is no place for an output",
                why="the next build would pack it into the image",
                hint="Write to another folder, as in oci:image.",
            )
        for place in (Path(name) for name in named if name):
            # what was broken off has blobs alone
            others = place.is_dir() and {one.name for one in place.iterdir()} - {BLOBS}
            if others and not (place / LAYOUT_FILE).is_file():
                raise ImageError(
                    f"{place} is a folder with other files",
                    why=f"it has no file {LAYOUT_FILE}, so it is no OCI layout",
                    hint="Write to another folder, as in oci:image.",
                )
        return frozenset(found | ({str(self.sbom.resolve())} if self.sbom else set()))

    def places(self, project: Path, cache: BlobDirectory) -> tuple[Location, ...]:
        """Read all of them before anything is built.

        Raises ImageError for a text that names no place, EngineError when no engine is there.
        """
        for text in self.outputs:
            if text.partition(":")[0] not in {"oci", "archive"}:
                raise ImageError(
                    f"{text!r} is no place for an output",
                    hint="Write oci:DIR or archive:FILE; --push is for registries, --load for"
                    " Docker and Podman.",
                )
        texts = [*self.outputs, *self.pushed]
        if self.load:
            texts.append(f"{_daemon(self.engine)}:{self.tag or _name(project)}")
        return tuple(locate(text, cache) for text in texts)


def delivered(done: Built, places: tuple[Location, ...], delivery: Delivery) -> Iterator[str]:
    """Write the image to each place, yielding a line for it; raises what the stores raise."""
    yield from written(done.content, places)
    if not places:
        top_digest = _digest(done.content)
        yield f"built, and written nowhere: {top_digest}"
    if delivery.sbom is not None:
        for file, content in _bills(done.content, delivery.sbom):
            with output_file(file) as stream:
                stream.write(content)


def written(content: Image | ImageSet, places: tuple[Location, ...]) -> Iterator[str]:
    """Write an image to each place, yielding a line for it; raises what the stores raise."""
    for place in places:
        top = place.store.write(content, place.reference)
        named = f"{place.reference} in {place.store}" if place.reference else str(place.store)
        yield f"{named}: {top.digest}"


def _digest(content: Image | ImageSet) -> str:
    return str((content.index if isinstance(content, ImageSet) else content.manifest).digest)


def _bills(content: Image | ImageSet, file: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield each image's bill and its file; several get the platform into their names."""
    images = content.images if isinstance(content, ImageSet) else (content,)
    for image in images:
        platform = str(image.platform).replace("/", "-")
        name = file if len(images) == 1 else file.with_name(f"{file.stem}-{platform}{file.suffix}")
        for attachment in image.attachments:
            yield name, attachment.content


def _daemon(named: str) -> str:
    """Return the engine that was named, or the first that answers."""
    # Late: only loading needs an engine.
    from jettison import processes  # noqa: PLC0415
    from jettison.engines.finding import find_engine  # noqa: PLC0415

    if named and named not in DAEMONS:
        raise EngineError(
            f"{named!r} keeps no images", hint=f"Load into one of {', '.join(DAEMONS)}."
        )
    failures: list[EngineError] = []
    for program in [named] if named else filter(processes.installed, DAEMONS):
        try:
            with find_engine(program):
                return program
        except EngineError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    raise EngineError(
        "there is no engine to load the image into",
        why="neither docker nor podman is on the search path (PATH)",
        hint="Write it to an archive: --output archive:FILE.",
    )


def _name(project: Path) -> str:
    """Return a name for the image of a folder that every engine accepts."""
    name = re.sub(r"[^a-z0-9]+", "-", project.resolve().name.lower()).strip("-")
    return f"{name or 'application'}:latest"
