"""Read the figures of images and of baselines: manifests, layers, and what was written before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from platform import machine

import msgspec
from msgspec import Struct

from jettison.assessment import Figures, OwnedBytes
from jettison.errors import (
    ImageError,
    InputSyntaxError,
    NetworkError,
    ProjectError,
    TransientNetworkError,
)
from jettison.images import Location, is_remote, locate, nearest
from jettison.images.descriptor import Platform
from jettison.images.reference import DOCKER_HUB, Reference
from jettison.images.stores.cache import blob_cache
from jettison.progress import Progress
from jettison.values import converted, replace

SCHEMA = "jettison.check/v1"


class Looked(Struct, frozen=True, kw_only=True):
    """How images are read: by their manifests, or all ``layers`` for owners."""

    platform: str
    layers: bool
    progress: Progress


def figures_of(reference: str, looked: Looked, known: tuple[OwnedBytes, ...] = ()) -> Figures:
    """Read an image: of a registry its manifest and nothing more, unless layers are requested.

    ``known`` tell which requirement brings a distribution. Raises ImageError when there is none,
    and what the store raises.
    """
    from jettison.assessment.reading import figures_of_inspection, figures_of_manifest  # noqa: PLC0415

    place = _place(reference)
    remote = str(place.store) == "a registry"
    told = None
    if remote:
        image = place.store.read(place.reference, Platform.parse(looked.platform or machine()))
        told = figures_of_manifest(reference, image)
    if told is not None and not looked.layers:
        return told
    from jettison.contents.layer_reading import inspect  # noqa: PLC0415 — late

    found = inspect(reference, looked.progress, platform=looked.platform)
    figures = figures_of_inspection(found, known)
    return replace(figures, digest=told.digest) if told else figures


def _place(reference: str) -> Location:
    """Find an image: one of a named registry is there, whatever an engine has by that name."""
    if is_remote(reference) and Reference.parse(reference).registry == DOCKER_HUB:
        return nearest(reference, blob_cache())
    return locate(reference, blob_cache())


def baseline_image(
    reference: str, looked: Looked, known: tuple[OwnedBytes, ...] = ()
) -> tuple[Figures | None, str]:
    """Read the baseline; None, and why, when the registry has none or does not show it.

    Raises TransientNetworkError when the registry may have it the next time.
    """
    locate(reference, blob_cache())  # a reference that is none is an error, not a missing image
    try:
        return figures_of(reference, looked, known), ""
    except TransientNetworkError:
        raise
    except (ImageError, NetworkError) as error:
        return None, f"{error}: {error.why}" if error.why else str(error)


def doubt_about(image: str, baseline: str) -> str:
    """Say when two references are of different repositories."""
    there = repository_of(baseline)
    return "" if repository_of(image) == there else f"the baseline is of another image, {there}"


def repository_of(text: str) -> str:
    """Give what a reference names without its tag; of anything else the text itself."""
    named = text.removeprefix("docker:").removeprefix("podman:")
    if not is_remote(named):
        return text
    try:
        return replace(Reference.parse(named), tag="", digest=None).familiar
    except ImageError:
        return text


class _Document(Struct, frozen=True, kw_only=True):
    schema: str
    images: tuple[Figures, ...] = ()


def baselines_in(path: Path) -> Mapping[str, Figures]:
    """Read what ``--report json:FILE`` wrote, by image.

    Raises ProjectError when there is no such file, InputSyntaxError when it is no such document.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProjectError(
            f"the baseline cannot be read: {path}",
            why=str(error),
            hint=f"Write it on the main branch: jettison check --report json:{path}",
        ) from error
    hint = f"Write it again on the main branch: jettison check --report json:{path}"
    try:
        document = converted(_known(msgspec.json.decode(content)), _Document)
        if document.schema != SCHEMA:
            raise InputSyntaxError(
                f"{path} is no baseline: its schema is {document.schema}", hint=hint
            )
        return {one.image: replace(one, unknown=()) for one in document.images}
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputSyntaxError(f"{path} is no baseline", why=str(error), hint=hint) from error


def _known(value: object) -> object:
    """Omit the keys that have no value."""
    if isinstance(value, list):
        return [_known(one) for one in value]
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items() if one is not None}
    return value


def baseline_of(found: Mapping[str, Figures], image: str, path: Path) -> Figures:
    """Take an image's figures. Raises InputSyntaxError when the file is of other images."""
    same = (one for name, one in found.items() if repository_of(name) == repository_of(image))
    taken = found.get(image) or next(same, None)
    if taken is None:
        raise InputSyntaxError(
            f"{path} is the baseline of another image",
            why=f"it has {', '.join(sorted(found)) or 'none'}, and this is {image}",
            hint="Name the image's own baseline, or the image with --service or --file.",
        )
    return taken
