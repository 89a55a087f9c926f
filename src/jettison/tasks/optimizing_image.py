"""Optimizes an image of which there is no Dockerfile: the project whose Dockerfile is its name."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from platform import machine
from tempfile import TemporaryDirectory

from jettison.contents.found import installed_in, python_of, started_words
from jettison.contents.image import ImageFiles
from jettison.engines.engine import Engine
from jettison.images.descriptor import Platform
from jettison.images.location import is_remote, locate, nearest
from jettison.images.reference import Reference
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.cache import blob_cache
from jettison.lift.stages import Said, configured, variables_said
from jettison.progress import Progress, step
from jettison.report.result_text import Result
from jettison.tasks.delivery import Delivery, written
from jettison.tasks.loading.plan import Planned
from jettison.tasks.optimizing import optimize
from jettison.tasks.staging import Workshop
from jettison.verify.trace.image_files import read_image_files

SOURCE = "jettison-source:latest"
AFTER = "jettison-after:latest"


def optimize_image(
    reference: str,
    engine: Engine,
    delivery: Delivery,
    plan: Callable[[Path], Planned],
    progress: Progress,
) -> tuple[Result, tuple[str, ...]]:
    """Optimize an image as the project of one line, and write the result where it was asked for.

    Gives a line for each place that it was written to; nothing is written of an image that does not
    behave the same. Raises what stores and the engine raise.
    """
    cache = blob_cache()
    with project_of_image(reference, engine, cache, progress) as root:
        places = delivery.places(root, cache)
        found = plan(root)
        shop = Workshop(root=found.loaded.root, engine=engine, progress=progress)
        result = optimize(shop, found.start, found.plan, ablation=False)
        if not result.verdict.equivalent or not places:
            return result, ()
        made = locate(f"{_program(engine)}:{AFTER}", cache)
        image = made.store.read(made.reference, Platform.parse(machine()))
        return result, tuple(written(image, places))


@contextmanager
def project_of_image(
    reference: str, engine: Engine, cache: BlobDirectory, progress: Progress
) -> Iterator[Path]:
    """Give a folder with a Dockerfile for an image, and with the application that is in it.

    The image may be in the engine, in a registry, a layout or an archive; the engine has it
    afterwards. Raises ImageError and EngineError when there is no such image.
    """
    with step(progress, f"Reading {reference}"):
        name = _in_engine(reference, engine, cache)
        image = read_image_files(engine, name)
    with TemporaryDirectory(prefix="jettison-image-") as folder:
        root = Path(folder) / _folder_name(reference)
        root.mkdir()
        (root / "Dockerfile").write_text(_dockerfile(name, image), encoding="utf-8")
        for path, content in _application(image):
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield root


def _in_engine(reference: str, engine: Engine, cache: BlobDirectory) -> str:
    """Give the name under which the engine has an image, after bringing it there."""
    program = _program(engine)
    place = nearest(reference, cache)
    if str(place.store) == program and place.reference:
        return place.reference.familiar
    architecture = Platform.parse(machine())
    image = place.store.read(place.reference, architecture)
    locate(f"{program}:{SOURCE}", cache).store.write(image, Reference.parse(SOURCE))
    return SOURCE


def _program(engine: Engine) -> str:
    return engine.name.partition(" ")[0]


def _folder_name(reference: str) -> str:
    """The last part of an image's name, which the project is called by."""
    bare = reference if is_remote(reference) else reference.partition(":")[2]
    return posixpath.basename(bare).partition("@")[0].partition(":")[0] or "image"


def _dockerfile(name: str, image: ImageFiles) -> str:
    config = image.config
    variables = variables_said(config.env.items()) if config.env else ""
    return f"FROM {name}\n{variables}{''.join(configured(config, Said()))}"


def _application(image: ImageFiles) -> Iterator[tuple[str, bytes]]:
    """The texts of the application, by their paths below its folder."""
    config = image.config
    python = python_of(image, started_words(config))
    folder = config.working_directory.rstrip("/")
    for path, content in installed_in(image, python, folder).application.items():
        yield posixpath.relpath(path, folder), content
