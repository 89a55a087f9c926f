"""The composed base as layers: the system, and the interpreter with its standard library."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from functools import cached_property, partial
from pathlib import Path

from msgspec import Struct, field

from jettison.builder import FIXED_TIME, BaseWanted
from jettison.builder.base import Base, BaseFacts, target_of
from jettison.builder.bytecode import Compiler, bytecode_members
from jettison.builder.bytecode_interpreters import (
    composed_compiler,
    host_architecture,
    is_compiled,
    kept_compiler,
)
from jettison.builder.foundation import FoundationLayer, layer_of
from jettison.builder.minimal_base import chosen, composed_base, unpacked_ahead
from jettison.builder.minimal_packages import MOVED, Unpacked
from jettison.catalogue.base_release import debian_release, release_number
from jettison.catalogue.bases import DebianFacts
from jettison.catalogue.packaging import translated
from jettison.errors import JettisonError, UnsupportedError
from jettison.images.config import Config, History
from jettison.images.descriptor import Platform
from jettison.images.entry import Kind
from jettison.images.stores.blobs import Segment, SegmentCache
from jettison.images.tar_writer import Member
from jettison.index.debian import Archive
from jettison.index.target import Target
from jettison.plan.minimal_base import BaseChoice, BaseRequest, BaseTree
from jettison.processes.concurrent import GoOn
from jettison.values import Skipped, replace

# Raised when the same packages become other layers.
_FORMAT = "5"
_PATH = "/usr/local/bin:/usr/bin:/bin"
_PYTHON = ("usr/lib/python3", "usr/bin/python", "usr/share/python", "usr/local/bin/python")
# What tells what else there is.
_LISTS = frozenset({"etc/ld.so.cache", "usr/sbin/ldconfig"})


def request_of(wanted: BaseWanted, architecture: str) -> BaseRequest:
    """Ask for what is wanted by the names of the release; raises UnsupportedError."""
    bare = BaseRequest(python=wanted.python, architecture=architecture)
    names = (translated(name, bare.release) or name for name in wanted.packages)
    return replace(
        bare,
        packages=tuple(sorted(set(names) - {"python3"})),
        timezones=wanted.time_zones,
        keep=wanted.groups_kept,
        shell=wanted.shell,
        programs=wanted.programs,
    )


class _Part(StrEnum):
    """A layer of the base."""

    CORE = "Debian packages of every base"
    SYSTEM = "Debian packages"
    INTERPRETER = "Python and its standard library"


class ComposedBase(Struct, frozen=True, kw_only=True, dict=True):
    """Makes a composed base, or finds in the cache what was made before.

    ``ahead`` are packages that were unpacked before it was known whether all of them are needed.
    With ``core_apart`` what every base of this Python has is a layer of its own, which they share.
    """

    wanted: BaseWanted
    platform: Platform
    archive: Archive
    cache: SegmentCache
    interpreters: Path
    bytecode: bool
    libraries: tuple[str, ...] = ()
    library: frozenset[str] | None = None
    ahead: dict[str, Unpacked] = field(default_factory=dict)
    core_apart: bool = False

    @cached_property
    def request(self) -> BaseRequest:
        """The request with the packages by the names of the release; raises UnsupportedError."""
        asked = request_of(self.wanted, self.platform.architecture)
        return replace(asked, libraries=self.libraries, library=self.library)

    @property
    def target(self) -> Target:
        """The Python and the C library of the release."""
        name = f"python{self.request.python}-minimal"
        version = next(each.version for each in self.choice.packages if each.name == name)
        glibc = _release(self.request).glibc
        return target_of(version.partition("-")[0], self.platform, "glibc", glibc)

    @property
    def environment(self) -> Mapping[str, str]:
        """Where programs are, and the text encoding that official images set too."""
        return {"PATH": _PATH, "LANG": "C.UTF-8"}

    @property
    def folder(self) -> str:
        """Nothing: the root."""
        return ""

    @property
    def digest(self) -> str:
        """Nothing: its packages are locked one by one."""
        return ""

    @property
    def debian(self) -> tuple[tuple[str, str, str], ...]:
        """Nothing: all of them are laid by the build."""
        return ()

    @cached_property
    def choice(self) -> BaseChoice:
        """The packages that the archive has today."""
        return chosen(self.request, self.archive)

    def choose(self) -> BaseChoice:
        """Choose the packages; what follows reads those alone, and needs the index's memory."""
        choice = self.choice
        self.archive.forget_indexes()
        return choice

    @cached_property
    def tree(self) -> BaseTree:
        """The files; composing takes about a second, so this is read late."""
        return composed_base(self.request, self.archive, self.ahead)

    def prepare(self, go_on: GoOn) -> None:
        """Fetch and unpack the packages without those that the libraries add."""
        with suppress(JettisonError):
            self.ahead.update(unpacked_ahead(self.choice, self.archive, go_on))

    def base(self, libraries: tuple[str, ...]) -> Base:
        """Return the base. Raises as ``composed_base`` does, and UnsupportedError."""
        wanted = replace(self, libraries=libraries)
        wanted.choose()
        return wanted.as_it_is()

    def library_files(self) -> dict[str, bytes]:
        """Return the modules of the standard library by their paths below it."""
        folder = f"usr/lib/python{self.request.python}/"
        return {
            member.entry.path.removeprefix(folder): b"".join(member.content())
            for member in self.tree.members
            if member.entry.path.startswith(folder) and member.entry.path.endswith((".py", ".so"))
            and member.entry.kind is Kind.FILE
        }  # fmt: skip

    def as_it_is(self) -> Base:
        """Return the base with the requested libraries."""
        facts = self._facts()
        config = Config.empty(self.platform).with_execution(
            Env=[f"{name}={value}" for name, value in self.environment.items()],
            Cmd=[f"python{facts.python}"],
        )
        parts = [part for part in _Part if part is not _Part.CORE or self._core]
        coming = tuple(
            (partial(self._layer, part), History(created_by=f"jettison: {part}")) for part in parts
        )
        return Base(
            name="composed", config=config, layers=(), facts=facts, compiler=self.compiler,
            coming=coming,
        )  # fmt: skip

    def _layer(self, part: _Part) -> FoundationLayer:
        if part is _Part.CORE:
            return layer_of([self._bare.core_segment()], self.cache)
        return layer_of([self._segment(part)], self.cache)

    @cached_property
    def _bare(self) -> ComposedBase:
        """The base with nothing but what all of this Python have."""
        wanted = BaseWanted(kind="composed", python=self.wanted.python)
        return replace(self, wanted=wanted, libraries=(), library=None, core_apart=False)

    @cached_property
    def _core(self) -> frozenset[str]:
        """The paths that the layer of all bases has as they are here.

        What differs here is in the next layer. None where this base lacks something of them.
        """
        if not self.core_apart:
            return frozenset()

        def shared() -> frozenset[str]:
            own = {member.entry.path: member for member in self._members()}
            core = self._bare.core_members()
            all_there = all(member.entry.path in own for member in core)
            same = (one.entry.path for one in core if _is_same(own.get(one.entry.path), one))
            return frozenset(same) if all_there else frozenset()

        words = ("core of base", _FORMAT, self.choice.key, self._bare.choice.key)
        return self.cache.records.kept(frozenset[str], shared, *words)

    def core_members(self) -> list[Member]:
        """Return what larger bases have as well: not the lists of what there is."""
        return [
            member
            for member in self._members()
            if _part(member) is _Part.SYSTEM and member.entry.path not in _LISTS
        ]

    def core_segment(self) -> Segment:
        """Return them as a part of a layer."""
        key = self._key(_Part.CORE)
        members = (member.dated(FIXED_TIME) for member in self.core_members())
        return self.cache.get(key) or self.cache.put(key, members)

    def _facts(self) -> BaseFacts:
        key = self._key("facts")
        return self.cache.records.kept(
            BaseFacts, lambda: _facts_of(self.tree, self.request, self._members()), "base", key
        )

    def _key(self, *parts: str) -> str:
        return "\n".join(("composed base", _FORMAT, *parts, self.choice.key))

    def _segment(self, part: _Part) -> Segment:
        compiled = self.bytecode and part is _Part.INTERPRETER
        key = self._key(
            part, f"bytecode {compiled}", *(sorted(self.wanted.loaded) if compiled else ()),
            *(["without core"] if part is _Part.SYSTEM and self._core else []),
        )  # fmt: skip
        known = self.cache.get(key)
        if known is not None:
            return known
        members = [member for member in self._members() if _part(member) is part]
        if part is _Part.SYSTEM and self._core:
            members = [member for member in members if member.entry.path not in self._core]
        compiler = self.compiler() if compiled else None
        if isinstance(compiler, Compiler):
            modules = [member for member in members if self._is_compiled(member.entry.path)]
            members += bytecode_members(compiler, modules)
        return self.cache.put(key, [member.dated(FIXED_TIME) for member in members])

    def _is_compiled(self, path: str) -> bool:
        library, _, module = path.partition(f"/python{self.request.python}/")
        wanted = self.wanted.loaded
        return is_compiled(path) and (not wanted or (bool(library) and module in wanted))

    def _members(self) -> tuple[Member, ...]:
        """Return the files, and the interpreter where official images have it."""
        there = {member.entry.path for member in self.tree.members}
        added = [Member.directory(path) for path in ("usr/local", "usr/local/bin")]
        names = ("python", "python3", f"python{self.request.python}")
        added += [Member.symlink(f"usr/local/bin/{n}", self.tree.interpreter) for n in names]
        return (*self.tree.members, *(each for each in added if each.entry.path not in there))

    def compiler(self) -> Compiler | Skipped:
        """Return the interpreter of the base, or that of the same base for this machine."""
        if self.library is not None:
            return replace(self, library=None).compiler()
        if self.platform.architecture != host_architecture():
            if not host_architecture():
                return Skipped(what="bytecode", reason="no minimal base runs on this machine")
            platform = replace(self.platform, architecture=host_architecture())
            wanted = replace(self.wanted, packages=(), time_zones=False)
            return replace(self, platform=platform, wanted=wanted, libraries=()).compiler()
        facts = self._facts()
        kept = kept_compiler(self.choice.key, facts.interpreter, facts.version, self.interpreters)
        return kept or composed_compiler(self.tree, self.interpreters)


def _is_same(one: Member | None, two: Member) -> bool:
    if one is None or one.entry != two.entry:
        return False
    return one.entry.kind is not Kind.FILE or b"".join(one.content()) == b"".join(two.content())


def _part(member: Member) -> _Part:
    return _Part.INTERPRETER if member.entry.path.startswith(_PYTHON) else _Part.SYSTEM


def _facts_of(tree: BaseTree, request: BaseRequest, members: tuple[Member, ...]) -> BaseFacts:
    texts = {member.entry.path: member for member in members}
    return BaseFacts(
        interpreter=tree.interpreter,
        version=tree.python_version,
        packages_directory=f"usr/local/lib/python{request.python}/dist-packages",
        libc="glibc",
        libc_version=_release(request).glibc,
        directories=frozenset(
            path for path, member in texts.items()
            if member.entry.kind is Kind.DIRECTORY or path in MOVED
        ),
        passwd=b"".join(texts["etc/passwd"].content()).decode(),
        group=b"".join(texts["etc/group"].content()).decode(),
        release=request.release,
        distribution=f"debian-{release_number(request.release)}",
        debian=tuple((p.name, p.version, p.architecture) for p in tree.packages),
        notes=tuple((note.what, note.reason) for note in tree.notes),
    )  # fmt: skip


def _release(request: BaseRequest) -> DebianFacts:
    release = debian_release(request.release)
    if release is None:
        raise UnsupportedError(f"unknown Debian release {request.release}")
    return release
