"""Makes the foundation of an image from a plan: base, distributions, and how it is run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from msgspec import Struct, field

from jettison.builder import BaseWanted, Environment, Pin, Recipe
from jettison.builder.added_packages import added_packages
from jettison.builder.base import MEDIA_TYPE, Base, BaseSource, bill_of
from jettison.builder.bytecode import Compiler
from jettison.builder.composed_base import ComposedBase
from jettison.builder.context import ContextPath, changed_texts, read_context
from jettison.builder.distribution import Treatment
from jettison.builder.distribution_layers import Method, layers, packed, paths_of
from jettison.builder.execution import base_wanted, configured, recipe_of
from jettison.builder.fetch import fetched, imported_modules, named_in, with_wheels
from jettison.builder.files import owner_of
from jettison.builder.foundation import BuildOptions, Bytecode, Foundation, FoundationLayer
from jettison.builder.libraries import needed_libraries
from jettison.builder.lock import LockedImage, Made, archive_for, chosen_pins, locked_digest, stale
from jettison.builder.removal import Removal, explanation, removal_of
from jettison.builder.shortened_base import BuildNeeds, Staying, base_source, shortened_base
from jettison.builder.wheel import Scheme, environment_members
from jettison.errors import PackageError
from jettison.images.config import History
from jettison.images.digest import Fields
from jettison.images.stores.blobs import SegmentCache
from jettison.index.debian import Archive
from jettison.index.target import Target
from jettison.plan import Plan
from jettison.plan.base import COMPOSED
from jettison.processes.concurrent import ahead, keep_little, take_turns
from jettison.progress import Progress, step
from jettison.values import Skipped, replace


class Builder(Struct, frozen=True, kw_only=True, dict=True):
    """Builds one image of a plan; everything that is made is kept in the cache in ``folder``.

    ``locked`` is what has to be taken, None for what base, archive and index give today;
    ``outputs`` as in ``read_context``.
    """

    plan: Plan
    root: Path
    options: BuildOptions
    progress: Progress
    folder: Path
    locked: LockedImage | None = None
    outputs: frozenset[str] = frozenset()
    notes: list[Skipped] = field(default_factory=list)

    @cached_property
    def cache(self) -> SegmentCache:
        """The segments of the cache."""
        return SegmentCache.under(self.folder, self.options.compressor)

    def foundation(self) -> Foundation:
        """Make everything but the application layer.

        UnsupportedError names the step that needs an engine, ProjectError says that the lock does
        not fit; otherwise the errors of the base, of the package index and of the cache.
        """
        return self.made().foundation

    def made(self) -> Made:
        """Make the foundation, and keep what a lock holds of it; raises as ``foundation``."""
        keep_little()
        take_turns()
        try:
            return self._made()
        except PackageError as error:
            raise (stale(str(error)) if self.locked else error) from error

    def _made(self) -> Made:
        source = self._source
        recipe = recipe_of(self.plan, source.environment, source.folder)
        with ahead(source.prepare) as prepared:
            pins, pinned, wheels = self._wheels(recipe, source.target)
            with step(self.progress, "look at shared libraries"):
                libraries = needed_libraries(pinned, wheels, self.cache.records)
                prepared()
        if self.options.shared:
            libraries = tuple(sorted({*libraries, *self.options.shared.libraries}))
        with step(self.progress, "base"):
            base = source.base(libraries)
        if isinstance(source, ComposedBase) and recipe.environment and self._wanted.shortened:
            scheme = base.scheme(recipe.environment.path)
            removed = self._removal(recipe.environment, scheme, pinned, wheels).paths
            with step(self.progress, "choose modules of the standard library"):
                stay = Staying.of(
                    self.plan, pinned, wheels,
                    scheme=scheme, removed=removed, context=self._context,
                )  # fmt: skip
                base = shortened_base(source, stay, self.cache.records)
        self.notes.extend(Skipped(what=what, reason=why) for what, why in base.facts.notes)
        base = self._with_packages(recipe, base)
        self._archive.forget_indexes()
        compiler = self._compiler(base)
        base = base.begun()
        for layer, history in self._environment(recipe, base, compiler, pinned, wheels):
            base = base.with_layer(layer, history)
        base = base.whole()
        bill = bill_of(self.root.name, pinned, base.facts, str(self.options.platform))
        founded = self._founded(recipe, base, compiler)
        return Made(
            foundation=replace(founded, documents=((MEDIA_TYPE, bill),)),
            environment=recipe.environment,
            project=self.plan.project,
            platform=self.options.platform,
            wanted=self._wanted,
            source=source,
            facts=base.facts,
            pins=pins,
            archive=self._archive,
        )

    def _founded(self, recipe: Recipe, base: Base, compiler: Compiler | None) -> Foundation:
        project = self.plan.project
        return Foundation(
            config=configured(base.config, recipe.execution).content.decode(),
            layers=base.layers,
            steps=recipe.steps,
            directories=base.facts.directories,
            passwd=base.facts.passwd,
            group=base.facts.group,
            skeleton=base.facts.skeleton,
            environment=recipe.environment.path if recipe.environment else "",
            context=project.context,
            changed=changed_texts(self.plan),
            ignore=project.texts.get(project.ignore_path),
            compiler=compiler,
            uncompiled=recipe.uncompiled,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def needs(self, *, fetch: bool) -> BuildNeeds:
        """Return what the image will be made of; wheels are read only where they are to be fetched.

        Raises as ``foundation`` does.
        """
        source = self._source
        recipe = recipe_of(self.plan, source.environment, source.folder)
        environment, records = recipe.environment, self.cache.records
        if environment is None:
            return BuildNeeds(wanted=self._wanted)
        scheme = Scheme.virtual(environment.path or "/usr/local", source.target.python_minor)
        if not fetch:
            found = self._pins(environment, source.target)
            return BuildNeeds.of(self._wanted, found, scheme, "")
        _, pinned, wheels = self._wheels(recipe, source.target)
        removal = self._removal(environment, scheme, pinned, wheels)
        gone = {
            pin.name: removal.paths.intersection(paths_of(pin, wheels[pin.name], scheme, records))
            for pin in pinned
        }
        return BuildNeeds.of(
            self._wanted, pinned, scheme, f"{removal.sections}\n{removal.bytecode}",
            libraries=frozenset(needed_libraries(pinned, wheels, records)), gone=gone,
        )  # fmt: skip

    @cached_property
    def _source(self) -> BaseSource:
        return base_source(
            self._wanted, self.options, self._archive, self.cache, self.folder,
            locked=locked_digest(self.locked, self._wanted),
        )  # fmt: skip

    @cached_property
    def _wanted(self) -> BaseWanted:
        if self.options.shared:
            return self.options.shared.base
        return base_wanted(self.plan, self.options.base, shell=self.options.debug_base)

    def _wheels(
        self, recipe: Recipe, target: Target
    ) -> tuple[tuple[Pin, ...], tuple[Pin, ...], Mapping[str, Path]]:
        """Return what is fetched, what is installed, and the wheels of that by their names."""
        if recipe.environment is None:
            return (), (), {}
        options, records, blobs = self.options, self.cache.records, self.cache.blobs
        found = self._pins(recipe.environment, target)
        with step(self.progress, f"fetch {len(found)} wheels"):
            files = fetched(found, blobs, offline=options.offline)
        sources = [pin.name for pin in found if pin.is_source]
        if not sources:
            return found, found, files
        with step(self.progress, f"build {', '.join(sources)}"):
            return found, *with_wheels(found, files, blobs, records, offline=options.offline)

    def _pins(self, environment: Environment, target: Target) -> tuple[Pin, ...]:
        with step(self.progress, "resolve"):
            return chosen_pins(
                environment, self.plan.project, target, self.locked,
                records=self.cache.records, offline=self.options.offline,
                sources=self.options.source_builds,
            )  # fmt: skip

    def _with_packages(self, recipe: Recipe, base: Base) -> Base:
        """Lay the system packages that an image lacks on it; a composed base has them."""
        there = {name for name, _, _ in base.facts.debian}
        missing = [name for name in recipe.packages if name not in there]
        if base.name == COMPOSED or not missing:
            return base
        with step(self.progress, "system packages"):
            added = added_packages(
                missing, base.facts, self.options.platform.architecture, self._archive, self.cache
            )
        self.notes.extend(added.notes)
        history = History(created_by=f"jettison: {', '.join(missing)}")
        return replace(base.with_layer(added.layer, history), facts=added.facts)

    @cached_property
    def _archive(self) -> Archive:
        return archive_for(self.locked, self.folder)

    @cached_property
    def _context(self) -> dict[str, ContextPath]:
        project = self.plan.project
        return read_context(
            self.root / project.context, project.ignore, changed_texts(self.plan), self.outputs
        )

    def _compiler(self, base: Base) -> Compiler | None:
        if self.options.bytecode is Bytecode.NONE:
            return None
        found = base.compiler()
        if isinstance(found, Compiler):
            return found
        self.notes.append(found)
        return None

    def _environment(
        self, recipe: Recipe, base: Base, compiler: Compiler | None, pinned: tuple[Pin, ...],
        wheels: Mapping[str, Path],
    ) -> list[tuple[FoundationLayer, History]]:  # fmt: skip
        environment = recipe.environment
        if environment is None:
            return []
        scheme = base.scheme(environment.path)
        removal = self._removal(environment, scheme, pinned, wheels)
        strip = self.options.strip
        method = Method(
            scheme=scheme,
            treatment=Treatment(
                compiler=compiler,
                compiled=self._compiled(recipe.execution, scheme, pinned, wheels),
                uncompiled=removal.uncompiled,
                removed=removal.paths,
                shortened=removal.shortened if strip else lambda _: False,
                links=removal.links,
            ),
            identity="\n".join((
                f"{compiler.identity}\n{removal.bytecode}" if compiler else "",
                removal.sections if strip else "",
            )),
            known=base.facts.directories,
            owner=owner_of(recipe, base.facts, self._context),
        )  # fmt: skip
        own = tuple(environment_members(
            scheme, base.facts.interpreter, base.facts.version, system=environment.system_packages
        ))  # fmt: skip
        own += tuple(explanation(removal, environment.removed, scheme, compiler, base.gone))
        with step(self.progress, "install"):
            done = packed(pinned, wheels, method, self.cache)
            shared = self.options.shared.layers if self.options.shared else None
            return list(layers(done, own, method, self.cache, below=base.height, shared=shared))

    def _compiled(
        self, run: Fields, scheme: Scheme, pinned: tuple[Pin, ...], wheels: Mapping[str, Path]
    ) -> frozenset[str] | None:
        """Return the modules of distributions that get bytecode, None for all."""
        if self.options.bytecode is not Bytecode.IMPORTED:
            return None
        roots = {*self.plan.usage.imports, *run.get("Entrypoint", ()), *run.get("Cmd", ())}
        roots.update(named_in(self._context))
        return imported_modules(pinned, wheels, scheme, roots, self.cache.records)

    def _removal(
        self, environment: Environment, scheme: Scheme, pinned: tuple[Pin, ...],
        wheels: Mapping[str, Path],
    ) -> Removal:  # fmt: skip
        if not environment.removed:
            return Removal()
        with step(self.progress, "choose files to remove"):
            found = removal_of(pinned, wheels, scheme, environment.removed, self.cache.records)
        self.notes.extend(found.kept)
        return found
