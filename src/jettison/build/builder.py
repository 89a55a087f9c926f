"""Builds an image from a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from jettison.build.accounts import Accounts
from jettison.build.application_layer import application_layer
from jettison.build.base import Base, BaseSource
from jettison.build.composed_base import ComposedBase
from jettison.build.context import ContextPath, read_context
from jettison.build.created import creation_time, rfc3339
from jettison.build.distribution import Treatment
from jettison.build.distribution_layers import Method, layers, packed
from jettison.build.execution import configured
from jettison.build.fetch import fetched
from jettison.build.files import Files
from jettison.build.image_base import ImageBase
from jettison.build.libraries import needed_libraries
from jettison.build.pins import Pin, pins
from jettison.build.reading import base_wanted, recipe_of
from jettison.build.recipe import Recipe
from jettison.build.removal import Removal, removal_of
from jettison.build.scheme import environment_members
from jettison.bytecode.compiler import Compiler
from jettison.debian.archive import Archive
from jettison.errors import UnsupportedError
from jettison.oci.compression import Compressor
from jettison.oci.history import History
from jettison.oci.image import Image
from jettison.oci.platform import Platform
from jettison.plan.plan import Plan
from jettison.progress import Progress, step
from jettison.stores.cache import cache_directory
from jettison.stores.segments import SegmentCache
from jettison.values import Skipped


class Bytecode(StrEnum):
    """Which modules have their bytecode in the image."""

    ALL = "all"
    IMPORTED = "imported"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What the user asks of a build; ``base`` as ``base_wanted`` reads it."""

    platform: Platform
    base: str = ""
    bytecode: Bytecode = Bytecode.ALL
    compressor: Compressor
    offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An image and what went into it."""

    image: Image
    base: Base
    pins: tuple[Pin, ...]
    notes: tuple[Skipped, ...] = ()


class Builder:
    """Builds images of one plan; everything that is made is kept in the cache."""

    def __init__(
        self, plan: Plan, root: Path, options: BuildOptions, progress: Progress,
        cache: Path | None = None,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._context = root / plan.project.context
        self._options = options
        self._progress = progress
        self._folder = cache or cache_directory()
        self._cache = SegmentCache.under(self._folder, options.compressor)
        self._notes: list[Skipped] = []

    def build(self) -> Built:
        """Build the image.

        UnsupportedError names the step that needs an engine; otherwise the errors of the base, of
        the package index and of the cache.
        """
        source = self._source()
        recipe = recipe_of(self._plan, source.environment, source.folder)
        pinned, wheels = self._wheels(recipe, source)
        with step(self._progress, "base"):
            base = source.base(needed_libraries(pinned, wheels, self._cache.records))
        self._require_packages(recipe, base)
        files = self._files(recipe, base)
        image = self._with_distributions(recipe, base, files, pinned, wheels)
        image = self._with_application(image, recipe, base, files)
        time = rfc3339(creation_time(self._context))
        config = configured(image.config.with_created(time), recipe.execution)
        return Built(
            image=image.with_config(config), base=base, pins=pinned, notes=tuple(self._notes)
        )

    def _source(self) -> BaseSource:
        wanted = base_wanted(self._plan, self._options.base)
        if wanted.kind == "image":
            return ImageBase(wanted=wanted, platform=self._options.platform, cache=self._cache)
        return ComposedBase(
            wanted=wanted,
            platform=self._options.platform,
            archive=Archive(cache=self._folder),
            cache=self._cache,
            interpreters=self._folder / "interpreters",
            bytecode=self._options.bytecode is not Bytecode.NONE,
        )

    def _wheels(
        self, recipe: Recipe, source: BaseSource
    ) -> tuple[tuple[Pin, ...], Mapping[str, Path]]:
        if recipe.environment is None:
            return (), {}
        offline = self._options.offline
        with step(self._progress, "resolve"):
            found = pins(
                recipe.environment, self._plan.project, source.target,
                records=self._cache.records, offline=offline,
            )  # fmt: skip
        with step(self._progress, f"fetch {len(found)} wheels"):
            return found, fetched(found, self._cache.blobs, offline=offline)

    def _files(self, recipe: Recipe, base: Base) -> Files:
        accounts = Accounts(passwd=base.facts.passwd, group=base.facts.group)
        environment = recipe.environment.path if recipe.environment else ""
        files = Files(self._read_context(), base.facts.directories, accounts, environment)
        for each in recipe.steps:
            files.take(each)
        return files

    def _require_packages(self, recipe: Recipe, base: Base) -> None:
        there = {name for name, _, _ in base.facts.debian}
        missing = [name for name in recipe.packages if name not in there]
        if missing and base.name != "composed":
            raise UnsupportedError(
                f"{', '.join(missing)} cannot be installed on {base.name}",
                hint="Build on a composed base: `--base composed`.",
            )

    def _read_context(self) -> dict[str, ContextPath]:
        project = self._plan.project
        prefix = f"{project.context}/" if project.context else ""
        changed = {
            change.path.removeprefix(prefix): change.after
            for change in self._plan.files
            if change.path.startswith(prefix)
        }
        return read_context(self._context, project.ignore, changed)

    def _compiler(self, base: Base) -> Compiler | None:
        if self._options.bytecode is Bytecode.NONE:
            return None
        found = base.compiler()
        if isinstance(found, Skipped):
            if found not in self._notes:
                self._notes.append(found)
            return None
        return found

    def _with_distributions(
        self, recipe: Recipe, base: Base, files: Files, pinned: tuple[Pin, ...],
        wheels: Mapping[str, Path],
    ) -> Image:  # fmt: skip
        environment = recipe.environment
        if environment is None:
            return base.image
        compiler = self._compiler(base)
        scheme = base.scheme(environment.path)
        removal = Removal()
        if environment.removed:
            with step(self._progress, "choose what leaves"):
                removal = removal_of(
                    pinned, wheels, scheme, environment.removed, self._cache.records
                )
            self._notes += removal.kept
        method = Method(
            scheme=scheme,
            treatment=Treatment(
                compiler=compiler, removed=removal.paths, shortened=removal.shortened
            ),
            identity="\n".join((compiler.identity if compiler else "", removal.identity)),
            known=base.facts.directories,
            owner=files.environment_owner,
        )
        own = tuple(environment_members(
            scheme, base.facts.interpreter, base.facts.version, system=environment.system_packages
        ))  # fmt: skip
        image = base.image
        with step(self._progress, "install"):
            done = packed(pinned, wheels, method, self._cache)
            for each in layers(done, own, method, self._cache):
                image = image.append(each.layer, History(created_by=each.created_by))
        return image

    def _with_application(self, image: Image, recipe: Recipe, base: Base, files: Files) -> Image:
        with step(self._progress, "application"):
            layer = application_layer(
                files.members,
                creation_time(self._context),
                self._cache,
                compiler=self._compiler(base),
                uncompiled=recipe.uncompiled,
            )
        history = History(created_by="jettison: application")
        return image.append(layer, history) if layer else image
