"""Builds the images of a project: from what is remembered of it, or from a new plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jettison.build.finishing import Lost, finished
from jettison.build.foundation import Foundation
from jettison.build.options import BuildOptions
from jettison.build.remembered import key_of, remember, remembered
from jettison.oci.image import Image, ImageSet
from jettison.progress import Progress
from jettison.stores.segments import SegmentCache
from jettison.values import Skipped

if TYPE_CHECKING:
    from jettison.loading.plan import Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChoice:
    """The project in a folder, as commands choose it."""

    directory: Path
    dockerfile: str | None = None
    service: str | None = None
    level: int | None = None
    offline: bool = False

    @property
    def identity(self) -> str:
        """Everything but the folder, as text."""
        return repr((self.dockerfile, self.service, self.level, self.offline))


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built, each image's foundation, and what the user should know."""

    content: Image | ImageSet
    foundations: tuple[Foundation, ...]

    @property
    def notes(self) -> tuple[Skipped, ...]:
        """Every note once."""
        return tuple(dict.fromkeys(note for each in self.foundations for note in each.notes))


def built(
    project: ProjectChoice, asked: Sequence[BuildOptions], progress: Progress, folder: Path
) -> Built:
    """Build one image for each of the options; several make an image for several platforms.

    ``folder`` is the cache. A project whose state was met today is not planned again: only what
    its own files bring is made anew. Raises the errors of planning and of ``Builder.foundation``.
    """
    root = project.directory.resolve()
    plans: list[Planned] = []
    images: list[Image] = []
    foundations: list[Foundation] = []
    for options in asked:
        cache = SegmentCache.under(folder, options.compressor)

        def made(options: BuildOptions = options) -> Foundation:
            if not plans:
                plans.append(_planned(project, folder))
            return _foundation(plans[0], options, progress, folder)

        asked_for = f"{project.identity}\n{options.identity}"
        foundation, image = _image(root, asked_for, cache, folder / "bytecode", made)
        foundations.append(foundation)
        images.append(image)
    content = images[0] if len(images) == 1 else ImageSet(images=tuple(images))
    return Built(content=content, foundations=tuple(foundations))


def _image(
    root: Path, asked: str, cache: SegmentCache, kept: Path, make: Callable[[], Foundation]
) -> tuple[Foundation, Image]:
    key = key_of(root, asked, cache.records) if root.is_dir() else ""
    known = remembered(key, cache.records) if key else None
    if known is not None:
        image = finished(known, root, cache, kept)
        if not isinstance(image, Lost):
            return known, image
    foundation = make()
    if key:
        remember(key, foundation, cache.records)
    image = finished(foundation, root, cache, kept)
    if isinstance(image, Lost):
        raise image.error
    return foundation, image


def _planned(project: ProjectChoice, folder: Path) -> Planned:
    # Late, here and below: what is remembered needs no plan, and starts in a third of the time.
    from jettison.loading.plan import planned  # noqa: PLC0415

    return planned(
        project.directory,
        dockerfile=project.dockerfile,
        service=project.service,
        level=project.level,
        offline=project.offline,
        cache=folder,
    )


def _foundation(
    found: Planned, options: BuildOptions, progress: Progress, folder: Path
) -> Foundation:
    from jettison.build.builder import Builder  # noqa: PLC0415

    return Builder(
        plan=found.plan, root=found.loaded.root, options=options, progress=progress, folder=folder
    ).foundation()
