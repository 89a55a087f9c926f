"""Predict the size of an image, and the range where it is not known yet."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Iterator
from itertools import takewhile

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.bases import BaseImages
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import Permission, UserChange, compile_bytecode, system_remove
from jettison.ecosystems.uv import UV
from jettison.formats.dockerfile import COPIES, Copy, Instruction, copy
from jettison.index import byte_code_of
from jettison.index.graph import Closure
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, LiftedRun, is_silent, lifted_run
from jettison.lift.locked import has_tool
from jettison.lift.scopes import PackageScope, PlannedPackage
from jettison.lift.stage import FinalStage, lifted, lifted_stage
from jettison.lift.stages import BuiltEnvironment, environment_of
from jettison.plan.base import Variant, image_facts, packages_of
from jettison.plan.minimal_base import ROOT, smallest, smallest_alike
from jettison.plan.prediction_environment import (
    NO_FACTS,
    Written,
    copied_files,
    environments,
    sent_files,
)
from jettison.plan.prediction_parts import (
    COMPILED,
    Packages,
    Part,
    Prediction,
    SizeRange,
    taken_out_of_system,
)
from jettison.plan.removal.listing import LIST, MANIFEST_FOLDER
from jettison.values import Basis, Origin, Size, Skipped, is_within, replace

LIBRARY = "/usr/local/lib/python"
# Where Debian's own Python has it; its packages bring less than the official image.
DEBIAN_LIBRARY = "/usr/lib/python"
LOCALES = ("locale-gen", "localedef")
UNFOLLOWED = "known only after building it"
CONTEXT = "files of the build context"


def predicted(
    project: Project, closure: Closure, *, keeps_cache: bool = True, composed: Size | None = None
) -> Prediction:
    """Predict the image of a project; ``closure`` has the distributions of all its requirements.

    ``keeps_cache`` says that pip keeps what it fetches, as it does where the index allows it.
    ``composed`` is the size of the base that the Dockerfile composes, if it does.
    """
    stage = lifted(project)
    name, size = stage.base, image_facts(stage.base).size
    if composed is not None and any(_is_root(copied) for _, copied in stage.all_copies):
        name, size = "composed of Debian's packages", composed
    if size is None:
        unknown = Skipped(what=f"the size of {stage.base}", reason="no catalogue has its size")
        return Prediction(parts=(), unknown=(unknown,))
    walk = _Walk(project=project, stage=stage, closure=closure, keeps_cache=keeps_cache)
    found = list(walk.steps())
    first = Part(what=f"base {name}", size=size, origin=stage.chain[0].origin, of_base=True)
    return Prediction(
        parts=(first, *(each for each in found if isinstance(each, Part))),
        unknown=tuple(each for each in found if isinstance(each, Skipped)),
    )


class _Walk(Struct, frozen=True, kw_only=True):
    project: Project
    stage: FinalStage
    closure: Closure
    keeps_cache: bool
    known: dict[int, tuple[Written | Skipped, ...]] = field(default_factory=dict)

    def steps(self) -> Iterator[Part | Skipped]:
        packages = _packages(self.stage)
        for item in self.stage.inherited:
            if item.keyword == "RUN":
                run = lifted_run(item)
                yield from packages.installed(run, self.stage)
                yield from self._other(run)
            elif item.keyword in COPIES:
                yield from self._copied(item)
        yield from (
            each.part if isinstance(each, Written) else each for each in self._written(self.stage)
        )
        if self.stage.finish:
            yield taken_out_of_system(self.project, self.stage.finish.origin)

    def _written(self, stage: FinalStage) -> Iterator[Written | Skipped]:
        return environments(self.project, stage, self.closure, keeps_cache=self.keeps_cache)

    def _in_stage(self, stage: FinalStage) -> tuple[Written | Skipped, ...]:
        """What a stage installs, and what it copies from stages before it that install it."""
        index = stage.stage.index
        if index not in self.known:  # each may copy from all before it
            self.known[index] = tuple({repr(each): each for each in self._brought(stage)}.values())
        return self.known[index]

    def _brought(self, stage: FinalStage) -> Iterator[Written | Skipped]:
        yield from self._written(stage)
        for item, copied in stage.all_copies:
            source = self.stage.dockerfile.stage_named(copied.stage or "")
            if source and source.index < stage.stage.index:
                place = stage.absolute(copied.destination, item)
                paths = [stage.expanded(path) for path in copied.sources]
                for each in self._in_stage(lifted_stage(self.project, source)):
                    if isinstance(each, Written) and any(_overlaps(each.path, p) for p in paths):
                        yield replace(each, path=place)

    def _other(self, run: LiftedRun) -> Iterator[Part | Skipped]:
        for action in run.actions:
            if isinstance(action.fact, UserChange) and action.fact.action == "add":
                yield _catalogued("a user", table(BaseImages).apt.user, action.origin)
            elif isinstance(action.fact, Permission) and action.fact.recursive:
                yield from self._copied_again(action, action.fact)
            elif compile_bytecode(action.command):
                yield from self._compiled(action)
            elif action.command.name.rpartition("/")[2] in LOCALES:
                count = table(BaseImages).apt.locale
                yield _catalogued("compiled locales", count, action.origin)
            elif is_silent(action) or system_remove(action.command):
                continue
            elif action.kind in (ActionKind.OTHER, ActionKind.UPGRADE, ActionKind.REPOSITORY):
                text = action.short
                yield Skipped(what=f"what `{text}` writes", reason=UNFOLLOWED, origin=action.origin)

    def _own(self, folder: str, before: Origin) -> Iterator[tuple[str, int]]:
        """The project's files below a folder of the image, as far as they were copied by then."""
        copies = (item for item in self.stage.inherited if item.keyword in COPIES)
        for item, found in ((item, copy(item)) for item in copies):
            if found.stage is None and item.origin.at < before.at:
                place = self._place(found.destination).rstrip("/")
                for name, size in copied_files(found, sent_files(self.project)):
                    path = f"{place}/{name}" if name else place
                    if is_within(path, folder):
                        yield path, size

    def _place(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self.stage.folder, self.stage.expanded(path)))

    def _copied(self, item: Instruction) -> Iterator[Part | Skipped]:
        found = copy(item)
        if found.stage is None:
            count = sum(size for _, size in copied_files(found, sent_files(self.project)))
            yield Part.of("files of the project", count, CONTEXT, item.origin, Basis.MEASURED)
        elif not _is_root(found):
            yield from self._from_stage(item, found)

    def _from_stage(self, item: Instruction, found: Copy) -> Iterator[Part | Skipped]:
        if found.sources == (MANIFEST_FOLDER,):
            yield self._manifest(item.origin)
            return
        source = self.stage.dockerfile.stage_named(found.stage or "")
        if has_tool(found, UV.name):
            yield _catalogued("uv", table(Tools).uv.bytes, item.origin)
            return
        if source is None:
            yield _untold(f"what is copied from {found.stage}", item.origin)
            return
        earlier = tuple(self._copied_before(item, found.stage))
        sources = [self.stage.expanded(path) for path in found.sources]
        brought = [
            each if isinstance(each, Skipped) else each.part
            for each in self._in_stage(lifted_stage(self.project, source))
            if isinstance(each, Skipped)
            or (
                any(_overlaps(each.path, path) for path in sources)
                and not any(is_within(path, each.path) and path != each.path for path in earlier)
            )
        ]
        for each in brought:
            yield replace(each, origin=item.origin)
        if not earlier and not any(isinstance(each, Part) for each in brought):
            yield _untold(f"what is copied from {found.stage}", item.origin)

    def _copied_before(self, item: Instruction, stage: str | None) -> Iterator[str]:
        """What earlier instructions copy from the same stage: its parts count with the first."""
        for each in takewhile(lambda other: other is not item, self.stage.inherited):
            found = copy(each) if each.keyword == "COPY" else None
            if found and found.stage == stage:
                yield from map(self.stage.expanded, found.sources)

    def _manifest(self, origin: Origin) -> Part:
        """What the build writes down of the removals: about as long as their list."""
        count = len(zlib.compress(self.project.own_text(LIST).encode()))
        return Part.of("the manifest of what was removed", count, LIST, origin)

    def _copied_again(self, action: Action, fact: Permission) -> Iterator[Part]:
        """Files that change owner or mode are written once more, into another layer."""
        for path in fact.paths:
            count = sum(size for _, size in self._own(self._place(path), action.origin))
            if count:
                what = f"the same files again, by {fact.program}"
                yield Part.of(what, count, CONTEXT, action.origin, Basis.MEASURED)
                return

    def _compiled(self, action: Action) -> Iterator[Part]:
        found = compile_bytecode(action.command)
        known = table(BaseImages).python
        if found and found.listed:
            listed = self.project.own(posixpath.basename(found.listed))
            count = len(self.project.texts.get(listed, "").splitlines())
            yield _library(count * known.module_byte_code, action.origin)
        for path in found.paths if found else ():
            if path.startswith(DEBIAN_LIBRARY):
                measured = smallest(path.removeprefix(DEBIAN_LIBRARY))
                count = measured.bytecode if measured else known.served_byte_code
                yield _library(count, action.origin)
            elif path.startswith(LIBRARY):
                some = "-x" in action.text
                count = known.served_byte_code if some else known.library_byte_code
                yield _library(count, action.origin)
            else:
                own = self._own(path.rstrip("/"), action.origin)
                count = byte_code_of(sum(size for name, size in own if name.endswith(".py")))
                yield Part.of(f"{COMPILED}the application", count, "sources", action.origin)


def _library(count: int, origin: Origin) -> Part:
    return replace(_catalogued(f"{COMPILED}the standard library", count, origin), of_base=True)


def _catalogued(what: str, count: int, origin: Origin) -> Part:
    return Part.of(what, count, table(BaseImages).python.source, origin, Basis.CATALOGUED)


def _untold(what: str, origin: Origin) -> Skipped:
    return Skipped(what=what, reason=UNFOLLOWED, origin=origin)


def _is_root(copied: Copy) -> bool:
    return copied.stage is not None and ROOT in copied.sources


def _overlaps(path: str, source: str) -> bool:
    """Whether a copied path holds what was written below ``path``, or a part that has a size."""
    source, programs = source.rstrip("/") or "/", posixpath.join(path, "bin")
    return is_within(path, source) or (is_within(source, path) and not is_within(source, programs))


# What stays of an official image over the smallest base of the same Python, measured on the
# examples: programs that a script may call, libraries that only some module loads.
OVER_SMALLEST = 1.25
# How far images that were built lay from the middle, both ways.
LEAST, MOST = 0.9, 1.3
# Below level 3, what has to leave of the image where its environment is made apart: such a share,
# or so many bytes however large the rest is.
_WORTH_SHARE, _WORTH_BYTES = 0.1, 30_000_000
LEVEL = 2
# The share of the distributions whose size may be unknown.
MOST_MISSING = 0.25
GONE = (PackageScope.BUILD, PackageScope.UNNEEDED)


def worth_a_stage(leaving: int, whole: int) -> bool:
    """Tell whether as many bytes of an image are worth stages of their own in its Dockerfile."""
    return leaving >= min(_WORTH_SHARE * whole, _WORTH_BYTES)


def expected(
    project: Project,
    stage: FinalStage,
    planned: Prediction,
    packages: tuple[PlannedPackage, ...],
    level: int,
) -> SizeRange | None:
    """Give the range; None where the image stays on its base, or that is not known."""
    least = smallest_alike(stage.python or "")
    started = stage.command or stage.entrypoint
    if level < LEVEL or least is None or planned.size is None:
        return None
    if stage.finish or stage.triggers or not started or stage.tag is None or _is_a_guess(planned):
        return None
    own = (p.size.bytes for p in planned.parts if not p.of_base or p.what.startswith(COMPILED))
    middle = sum(own) + _kept(stage, packages) + OVER_SMALLEST * least.files
    apart = isinstance(environment_of(project, stage), BuiltEnvironment)
    leaving = round(planned.size.bytes - middle)
    if leaving <= 0 or (apart and not worth_a_stage(leaving, planned.size.bytes)):
        return None
    return SizeRange(low=round(LEAST * middle), high=min(round(MOST * middle), planned.size.bytes))


def _kept(stage: FinalStage, packages: tuple[PlannedPackage, ...]) -> int:
    """The bytes of the packages that stay, what several of them bring counted once."""
    own = [one for one in packages if one.scope not in GONE]
    together = _packages(stage).bytes_of(one.name for one in own)
    return sum(one.size.bytes for one in own if one.size) if together is None else together


def _packages(stage: FinalStage) -> Packages:
    base = image_facts(stage.base)
    return Packages(stage.release or "", packages_of(base), documented=base.variant is Variant.FULL)


def _is_a_guess(planned: Prediction) -> bool:
    """Whether the size of much of what is installed is not known."""
    known = sum(len(part.shares) for part in planned.parts)
    missing = (each.what.count(",") + 1 for each in planned.unknown if each.reason == NO_FACTS)
    return sum(missing) > MOST_MISSING * known
