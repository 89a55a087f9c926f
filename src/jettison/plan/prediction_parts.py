"""Predicted sizes and their parts: packages, and files that are removed."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.base_release import ALPINE, RELEASES, PackageFacts, ReleaseFacts, facts_of
from jettison.catalogue.bases import BaseImages
from jettison.catalogue.dead_weight import DeadWeight
from jettison.catalogue.packaging import translated
from jettison.ecosystems.commands import PackageInstall, system_remove
from jettison.formats.dockerfile import mounts_over
from jettison.index import byte_code_of
from jettison.index.graph import Closure
from jettison.lift import Project
from jettison.lift.action import Action, ActionKind, LiftedRun
from jettison.lift.packages import LISTS, empties_lists, named_by, removed_again
from jettison.lift.stage import FinalStage
from jettison.plan.removal import Contents, Matcher, contents_of, installed_path
from jettison.plan.removal.listing import (
    LIST,
    SCRIPT,
    SYSTEM_LIST,
    bytes_named,
    links_in,
    paths_in,
    sections_in,
)
from jettison.values import Basis, Evidence, Origin, Size, Skipped, replace

COMPILED = "byte code of "


class Part(Struct, frozen=True, kw_only=True):
    """The bytes that one instruction adds, or that the base has.

    ``of_base`` says that another base brings its own instead: the image that is built on, system
    packages, the byte code of the standard library. ``shares`` are the bytes of each
    distribution in it.
    """

    what: str
    size: Size
    origin: Origin | None = None
    of_base: bool = False
    shares: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(
        cls, what: str, count: int, source: str, origin: Origin, basis: Basis = Basis.ESTIMATED
    ) -> Part:
        """Give a part of so many bytes, known from ``source``."""
        return cls(what=what, size=Size(bytes=count, basis=basis, source=source), origin=origin)


UNREAD = "an installation"
# What comes with them may be most of an image.
UNCOUNTED = (UNREAD, "what is copied from")


class Prediction(Struct, frozen=True, kw_only=True):
    """The uncompressed size of an image, part by part, as ``docker image inspect`` would give it.

    ``unknown`` are steps whose bytes are not known; they count as nothing.
    """

    parts: tuple[Part, ...]
    unknown: tuple[Skipped, ...] = ()

    @property
    def size(self) -> Size | None:
        """The sum; None when the size of the base is not known."""
        if not self.parts:
            return None
        total = sum(part.size.bytes for part in self.parts)
        return Size(bytes=total, basis=Basis.ESTIMATED, source="the sum of its parts")

    @property
    def least(self) -> str:
        """The words before a size that is too small for certain."""
        return "more than " * any(item.what.startswith(UNCOUNTED) for item in self.unknown)

    @property
    def taken_from_base(self) -> int:
        """The bytes of the base itself that leave; another base has other files."""
        return -sum(min(part.size.bytes, 0) for part in self.parts if part.of_base)

    def without(self, unread: Evidence) -> Prediction:
        """The same image, of which one step is not counted."""
        step = Skipped(what=UNREAD, reason=unread.message, origin=unread.origin)
        return replace(self, unknown=(*self.unknown, step))

    def of_files(self, stay: int) -> Prediction:
        """The same image by the bytes of its files, which were read, with what it compiles."""
        size = Size(bytes=stay, basis=Basis.MEASURED, source="files of the image that was built")
        compiled = tuple(part for part in self.parts if part.what.startswith(COMPILED))
        return Prediction(parts=(Part(what="files that stay", size=size), *compiled))

    def on(self, base: Size) -> Prediction:
        """The same image on another base, whose ``base`` bytes hold its packages and byte code."""
        own = tuple(part for part in self.parts if not part.of_base)
        return replace(self, parts=(Part(what="base", size=base, of_base=True), *own))


class SizeRange(Struct, frozen=True, kw_only=True):
    """Bytes of an image, at least and at most."""

    low: int
    high: int


class Predictions(Struct, frozen=True, kw_only=True):
    """The sizes of the image before and after the plan.

    ``optimized`` is the size after what can only be removed once the image was built and read; None
    where nothing more is expected.
    """

    before: Prediction
    after: Prediction
    optimized: SizeRange | None = None


SYSTEM_FORMULA = "files of the image that was watched, as the list says"
FORMULA = "files of the wheels that the list names, byte code by the size of the sources"


def applies_list(action: Action) -> bool:
    """Whether a command takes files out of an environment as the list says."""
    program = posixpath.basename(action.command.name)
    return program.startswith("python") and f"{SCRIPT} " in action.text and LIST in action.text


def taken_out(
    project: Project, closure: Closure, names: Collection[str], action: Action, *, byte_code: bool
) -> Part:
    """The bytes that leave, as a negative part.

    What shortened libraries lose is among them, and second copies of files that are kept once.
    """
    text = project.own_text(LIST)
    paths = list(paths_in(text))
    gone = Matcher.of((path, True) for path in paths)
    installed = contents_of(closure.facts[name] for name in sorted(names) if name in closure.facts)
    files = [file for path, file in installed.files.items() if gone.find(path)]
    count = sum(file.size for file in files)
    if byte_code:
        sources = (path for path in installed.files if path.endswith(".py"))
        uncompiled = (path for path in sources if gone.find(path) or gone.find(_compiled(path)))
        count += byte_code_of(sum(installed.files[path].size for path in uncompiled))
    count += _shortened(closure, names, sections_in(text), gone)
    count += _kept_once(text, installed, gone)
    for known in table(DeadWeight).seeds.values():
        if set(known.paths) & set(paths):
            count += known.bytes
    return Part.of("files removed from the environment", -count, FORMULA, action.origin)


def _compiled(path: str) -> str:
    """Where the byte code of a module lies, by any Python."""
    folder, _, name = path.rpartition("/")
    return posixpath.join(folder, "__pycache__", f"{name.removesuffix('.py')}.cpython-3.pyc")


def _kept_once(text: str, installed: Contents, gone: Matcher[bool]) -> int:
    """The bytes of files that become other names of equal ones, where both stay."""
    files, links = installed.files, links_in(text)
    named = {*links, *links.values()}
    stay = {path for path in named if path in files and not gone.find(path)}
    return sum(files[path].size for path, file in links.items() if {path, file} <= stay)


def taken_out_of_system(project: Project, origin: Origin) -> Part:
    """The bytes of the system that a last stage does not take, by the list's own words."""
    count = -bytes_named(project.own_text(SYSTEM_LIST))
    part = Part.of("files removed from the system", count, SYSTEM_FORMULA, origin)
    return replace(part, of_base=True)


def _shortened(
    closure: Closure, names: Collection[str], patterns: Collection[str], gone: Matcher[bool]
) -> int:
    """The bytes of shared libraries that no process loads, where the list has them cut off."""
    cut = Matcher.of((pattern, True) for pattern in patterns)
    facts = [closure.facts[name] for name in names if name in closure.facts]
    files = [file for each in facts for file in each.unloaded or ()]
    paths = ((installed_path(file.path), file.size) for file in files)
    return sum(size for path, size in paths if path and cut.find(path) and not gone.find(path))


SHOWN = 4
MANAGERS = ("apt", "apk")
PACKAGES_FORMULA = "files of the packages and what they bring, dpkg's records"


class Packages:
    """The packages of an image while its instructions are followed.

    ``documented`` says that documentation and translations are installed too, as on full images.
    """

    def __init__(self, release: str, present: Collection[str], *, documented: bool) -> None:
        # Alpine's packages count as Debian's: no index of theirs is at hand.
        self._alpine = release == ALPINE
        self._facts = facts_of(RELEASES[0] if self._alpine else release)
        self._present = {*present, *(_of_alpine(self._facts) if self._alpine else ())}
        self._documented = documented
        self._logged = 0
        self._has_lists = False
        self._release = release

    def installed(self, run: LiftedRun, stage: FinalStage) -> Iterator[Part | Skipped]:
        """Give what a RUN adds with apt: the packages, dpkg's records, and lists that stay."""
        added: list[PackageFacts] = []
        asked: list[str] = []
        gone = removed_again(run, stage)
        takes_along = _takes_along(run)
        for action in run.actions:
            if isinstance(action.fact, PackageInstall):
                names = [name for name, _ in named_by(action, run, stage)]
                kept = [name for name in names if name not in gone]
                asked += kept
                if kept or not names:
                    yield from self._unknown(action.fact, kept)
                added += self._added(action.fact, kept if takes_along else names, gone)
        if added or asked:
            count = sum(each.bytes(documented=self._documented) for each in added)
            count += self._records(added)
            what = f"packages: {', '.join(_some(asked))}"
            part = Part.of(what, count, PACKAGES_FORMULA, run.instruction.origin)
            yield replace(part, of_base=True)
            yield from self._lists(run)

    def _added(
        self, fact: PackageInstall, names: Iterable[str], gone: Iterable[str]
    ) -> list[PackageFacts]:
        if self._facts is None or fact.manager not in MANAGERS:
            return []
        removed = {self._name(name) for name in gone}
        closure = self._closure(names, recommends=fact.recommends and not self._alpine)
        found = [each for each in closure if each.name not in removed]
        self._present |= {each.name for each in found}
        return found

    def bytes_of(self, names: Iterable[str]) -> int | None:
        """What some packages have with all that they bring, counted once; None when not known."""
        if self._facts is None:
            return None
        found = self._closure(names, recommends=False)
        return sum(each.bytes(documented=self._documented) for each in found)

    def _closure(self, names: Iterable[str], *, recommends: bool) -> tuple[PackageFacts, ...]:
        own = [self._name(name) for name in names]
        present = self._present - set(own) if self._alpine else self._present
        return self._facts.closure(own, present, recommends=recommends) if self._facts else ()

    def _name(self, name: str) -> str:
        """The name of the release whose packages are counted."""
        return translated(name, RELEASES[0] if self._alpine else self._release) or name

    def _has(self, asked: str) -> bool:
        name = self._name(asked)
        return name in self._present or bool(self._facts and name in self._facts.packages)

    def _unknown(self, fact: PackageInstall, names: Iterable[str]) -> Iterator[Skipped]:
        missing = [name for name in names if fact.manager not in MANAGERS or not self._has(name)]
        missing += [request.name for request in fact.packages if not request.literal and not names]
        if missing:
            yield Skipped(
                what=f"the size of {', '.join(missing)}",
                reason="no catalogue has these packages",
                origin=fact.origin,
            )

    def _records(self, added: Collection[PackageFacts]) -> int:
        if self._alpine:
            return 0
        known = table(BaseImages).apt
        status: int = known.status * len(self._present) * 2
        self._logged += len(added)
        log: int = known.log * self._logged
        return status + log + int(known.fixed) if added else 0

    def _lists(self, run: LiftedRun) -> Iterator[Part]:
        updated = any(a.kind is ActionKind.INDEX and "apt" in a.text for a in run.actions)
        cleaned = any(a.kind is ActionKind.CLEANUP and empties_lists(a) for a in run.actions)
        cached = mounts_over(run.instruction, LISTS)
        if updated and not cleaned and not cached and not self._has_lists:
            known = table(BaseImages).apt
            count = known.lists.get(self._release, known.lists["trixie"])
            self._has_lists = True
            what = "package lists that stay"
            part = Part.of(what, count, known.source, run.instruction.origin)
            yield replace(part, of_base=True)


def _of_alpine(facts: ReleaseFacts | None) -> frozenset[str]:
    """Debian's packages that no package of Alpine brings, but for those that are requested."""
    split = table(BaseImages).alpine.split
    if facts is None:
        return frozenset()
    return facts.base.union(name for name in facts.packages if name.startswith(split))


def _takes_along(run: LiftedRun) -> bool:
    """Whether what a RUN removes takes along what came with it."""
    words = (w for a in run.actions if system_remove(a.command) for w in a.command.words)
    return any(word == "apk" or "auto" in word for word in words)


def _some(names: list[str]) -> list[str]:
    """A few names, and how many more there are."""
    return names if len(names) <= SHOWN else [*names[: SHOWN - 1], f"{len(names) - SHOWN + 1} more"]
