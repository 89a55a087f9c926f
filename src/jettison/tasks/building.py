"""Builds the images of a project: from what is remembered of it, or from a new plan."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import asdict

from jettison.builder.context import LOCK_FILE
from jettison.builder.finishing import Lost, finished
from jettison.builder.foundation import BuildOptions, Foundation
from jettison.errors import InputSyntaxError, ProjectError
from jettison.images.image import Image, ImageSet
from jettison.images.stores import whole_file
from jettison.images.stores.blobs import SegmentCache
from jettison.progress import Progress
from jettison.records import regular_bytes
from jettison.tasks.project_state import key_of
from jettison.values import Skipped

_FORMAT = "3"
_LARGEST_LOCK = 64 * 2**20


if TYPE_CHECKING:
    from jettison.builder.lock import LockedImage, Made
    from jettison.tasks.loading import Planned


class ProjectChoice(Struct, frozen=True, kw_only=True):
    """The project in a folder, as commands choose it.

    ``written`` are absolute paths that the command writes, which are no part of the project.
    """

    directory: Path
    dockerfile: str | None = None
    service: str | None = None
    target: str | None = None
    build_arguments: Mapping[str, str] = field(default_factory=dict)
    level: int | None = None
    offline: bool = False
    written: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What tells the image from others of the folder; empty where nothing was chosen."""
        return "/".join(filter(None, (self.service, self.dockerfile, self.target)))

    def planned(self, folder: Path) -> Planned:
        """Plan it with the cache in a folder; raises the errors of planning."""
        # Late, here and below: what is remembered needs no plan, and starts in a third of the time.
        from jettison.tasks.loading import planned  # noqa: PLC0415

        choice = {name: value for name, value in asdict(self).items() if name != "written"}
        return planned(cache=folder, **choice)

    @property
    def identity(self) -> str:
        """Everything but the folder, as text."""
        arguments = sorted(self.build_arguments.items())
        chosen = (self.dockerfile, self.service, self.target, arguments)
        return repr((*chosen, self.level, self.offline))


class Built(Struct, frozen=True, kw_only=True):
    """What was built, each image's foundation, and what the user should know."""

    content: Image | ImageSet
    foundations: tuple[Foundation, ...]

    @property
    def notes(self) -> tuple[Skipped, ...]:
        """Every note once."""
        return tuple(dict.fromkeys(note for each in self.foundations for note in each.notes))


def built(
    project: ProjectChoice,
    asked: Sequence[BuildOptions],
    progress: Progress,
    folder: Path,
    *,
    lock: bool = False,
) -> Built:
    """Build one image for each of the options; several make an image for several platforms.

    ``folder`` is the cache. A project whose state was met today is not planned again: only what
    its own files bring is made again. What the project's lock holds is used; with ``lock`` it is
    rewritten. Raises the errors of planning and of ``Builder.foundation``, and
    InputSyntaxError for a lock that cannot be read.
    """
    root = project.directory.resolve()
    held = "" if lock else _lock_text(root)
    taken: list[LockedImage] = []
    plans: list[Planned] = []
    done: list[tuple[Foundation, Image]] = []
    for options in asked:
        cache = SegmentCache.under(folder, options.compressor)
        site = _Site(root=root, cache=cache, bytecode=folder / "bytecode", outputs=project.written)
        locked = _locked(held, project, options)

        def made(options: BuildOptions = options, locked: LockedImage | None = locked) -> Made:
            if not plans:
                plans.append(project.planned(folder).for_builder())
            from jettison.builder.builder import Builder  # noqa: PLC0415

            return Builder(
                plan=plans[0].plan, root=plans[0].loaded.root, options=options, progress=progress,
                folder=folder, locked=locked, outputs=project.written,
            ).made()  # fmt: skip

        if lock:
            found = made()
            done.append((found.foundation, site.required(found.foundation)))
            taken.append(found.locked(project.name))
        else:
            asked_for = f"{project.identity}\n{options.identity}\n{held}"
            done.append(site.image(asked_for, made))
    if taken:
        _write_lock(root, taken)
    images = tuple(image for _, image in done)
    content = images[0] if len(images) == 1 else ImageSet(images=images)
    return Built(content=content, foundations=tuple(foundation for foundation, _ in done))


class _Site(Struct, frozen=True, kw_only=True):
    """A project, the cache, and where the bytecode of single modules is kept."""

    root: Path
    cache: SegmentCache
    bytecode: Path
    outputs: frozenset[str]

    def image(self, asked: str, make: Callable[[], Made]) -> tuple[Foundation, Image]:
        """Finish what is remembered of the project, or what is made."""
        records = self.cache.records
        key = key_of(self.root, f"{_FORMAT}\n{asked}", records, self.outputs)
        known = records.get(Foundation, "foundation", key) if key else None
        if known is not None:
            image = self._finished(known)
            if not isinstance(image, Lost):
                return known, image
        foundation = make().foundation
        if key:
            records.put(foundation, "foundation", key)
        return foundation, self.required(foundation)

    def required(self, foundation: Foundation) -> Image:
        """Finish a foundation that was just made."""
        image = self._finished(foundation)
        if isinstance(image, Lost):
            raise image.error
        return image

    def _finished(self, foundation: Foundation) -> Image | Lost:
        return finished(foundation, self.root, self.cache, self.bytecode, self.outputs)


def _lock_text(root: Path) -> str:
    """Return the text of the lock, empty without one. ProjectError when it cannot be read."""
    try:
        return _read_within(root, root / LOCK_FILE).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except (OSError, RuntimeError) as error:
        raise ProjectError(
            f"{LOCK_FILE} cannot be read",
            why=error.strerror or "" if isinstance(error, OSError) else str(error),
            hint="Remove it, and write it again with --lock.",
        ) from error


def _read_within(root: Path, file: Path) -> bytes:
    if not file.resolve().is_relative_to(root):
        raise OSError(errno.ELOOP, "it is a link out of the project")
    return regular_bytes(file, _LARGEST_LOCK)


def lock_of(project: ProjectChoice, options: BuildOptions) -> LockedImage | None:
    """Return what the project's lock holds for an image, None where there is no lock."""
    return _locked(_lock_text(project.directory.resolve()), project, options)


def _locked(text: str, project: ProjectChoice, options: BuildOptions) -> LockedImage | None:
    if not text:
        return None
    from jettison.builder.lock import parse_lock  # noqa: PLC0415

    return parse_lock(text).image(project.name, str(options.platform))


def _write_lock(root: Path, taken: Sequence[LockedImage]) -> None:
    """Lock images, and leave what is locked of others."""
    from jettison.builder.lock import Lock, parse_lock  # noqa: PLC0415

    text = _lock_text(root)
    try:
        held = parse_lock(text) if text else Lock()
    except InputSyntaxError:
        held = Lock()
    for image in taken:
        held = held.with_image(image)
    with whole_file(root / LOCK_FILE) as file:
        file.write(held.text.encode())
