"""A base that is an image: from a registry, a layout, an archive, or an engine's storage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from jettison.builder import BaseWanted
from jettison.builder.added_packages import LOADER_CACHE, SETTINGS, STATUS
from jettison.builder.base import SKELETON, Base, BaseFacts, target_of
from jettison.builder.bytecode import Compiler, is_whole, seal_tree
from jettison.builder.bytecode_interpreters import host_architecture, host_compiler, library_layer
from jettison.builder.foundation import FoundationLayer
from jettison.builder.lock import stale
from jettison.catalogue import table
from jettison.catalogue.base_release import debian_release
from jettison.catalogue.bases import BaseImages
from jettison.errors import UnsupportedError
from jettison.formats.debian_control import installed
from jettison.images import is_remote, locate
from jettison.images.config import History
from jettison.images.descriptor import Platform
from jettison.images.digest import Digest
from jettison.images.entry import Entry, Kind
from jettison.images.image import Image, Layer
from jettison.images.stores.blobs import SegmentCache
from jettison.images.stores.daemon import packed
from jettison.images.stores.unpack import unpack, whole_folder
from jettison.images.stream import chunks_of
from jettison.images.tree import TreeBuilder
from jettison.index.target import Target
from jettison.processes.concurrent import GoOn
from jettison.values import Skipped

# Where a loader is named may be a link from the root of the image; where it is comes after.
_LOADERS = ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1", "lib/ld-musl-*.so.1",
            "usr/lib/*-linux-gnu/ld-linux-*.so.*", "lib/*-linux-gnu/ld-linux-*.so.*")  # fmt: skip
_LIBRARIES = ("usr/local/lib", "usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib", "lib")


def image_compiler(image: Image, facts: BaseFacts, folder: Path) -> Compiler | Skipped:
    """Return the image's own interpreter where it runs here, else one of the same minor version.

    The image is unpacked below ``folder``, once; its interpreter is started through its own loader,
    so neither root nor a namespace is needed.
    """
    if image.platform.architecture != host_architecture():
        return host_compiler(facts.python)
    root = folder / image.config.digest.hex
    found = _compiler(root, facts)
    if root.exists() and (found is None or is_whole(root, found)):
        return found or host_compiler(facts.python)
    with whole_folder(root) as partial:
        unpack(image, partial)
        if started := _compiler(partial, facts):
            seal_tree(partial, started)
    return _compiler(root, facts) or host_compiler(facts.python)


def _compiler(root: Path, facts: BaseFacts) -> Compiler | None:
    """Return the interpreter below ``root``; None when it cannot be started through its loader."""
    command = through_loader(root, facts.interpreter.lstrip("/"))
    home = (root / facts.interpreter.lstrip("/")).parent.parent
    environment = {"PYTHONHOME": str(home)}
    if not command:
        return None
    return Compiler(
        version=facts.version,
        command=command,
        environment=environment,
        tree=str(root),
        confined=True,
    )


def through_loader(root: Path, interpreter: str) -> tuple[str, ...]:
    """Return how the interpreter of an unpacked image is started.

    Nothing when a part of that is not there, or a link to elsewhere.
    """
    loaders = (place for name in _LOADERS for place in sorted(root.glob(name)))
    loader = next((place for place in loaders if _inside(place, root)), None)
    program = root / interpreter
    if loader is None or not _inside(program, root):
        return ()
    libraries = [str(place) for name in _LIBRARIES for place in sorted(root.glob(name))]
    return (str(loader), "--library-path", ":".join(libraries), str(program))


def _inside(place: Path, root: Path) -> bool:
    real = place.resolve()
    return real.is_relative_to(root.resolve()) and real.is_file()


_FORMAT = "5"
_PYTHON = re.compile(r"(?:usr/local|usr|opt/[^/]+)/bin/python(3\.\d+)")
_TEXTS = ("etc/passwd", "etc/group", "etc/os-release", "usr/lib/os-release", STATUS)
_LARGEST_TEXT = 32 << 20
_LARGEST_KEPT = 1 << 20


class ImageBase(Struct, frozen=True, kw_only=True, dict=True):
    """Reads an image; what its files are is remembered by the image's digest.

    ``locked`` is the ``digest`` that it must have, or empty.
    """

    wanted: BaseWanted
    platform: Platform
    cache: SegmentCache
    interpreters: Path
    bytecode: bool
    locked: str = ""

    @cached_property
    def image(self) -> Image:
        """The image; raises what its store raises, and ProjectError for one that is not locked."""
        return packed(self._read, self.cache)

    @cached_property
    def _read(self) -> Image:
        location = locate(self.wanted.location, self.cache.blobs)
        reference = location.reference
        if self.locked and self._is_remote and reference is not None:
            reference = reference.at(Digest.parse(self.locked))
        found = location.store.read(reference, self.platform)
        if self.locked and self.locked != self._digest_of(found):
            raise stale(
                f"{self.wanted.location} is {self._digest_of(found)}, and {self.locked} is locked"
            )
        return found

    @property
    def digest(self) -> str:
        """The digest by which a registry gives the same again; elsewhere that of the config."""
        return self._digest_of(self._read)

    def _digest_of(self, image: Image) -> str:
        # An engine keeps no manifest, and a layout may be packed again.
        return str((image.manifest if self._is_remote else image.config).digest)

    @property
    def _is_remote(self) -> bool:
        return is_remote(self.wanted.location)

    @property
    def debian(self) -> tuple[tuple[str, str, str], ...]:
        """The packages of the image."""
        return self.facts.debian

    @cached_property
    def facts(self) -> BaseFacts:
        """What its files are; UnsupportedError for an image without a CPython."""
        digest = str(self.image.config.digest)
        key = "\n".join(("image base", _FORMAT, digest, self.wanted.python))
        return self.cache.records.kept(
            BaseFacts, lambda: _facts_of(self.image, self.wanted), "base", key
        )

    @property
    def target(self) -> Target:
        """The Python and the C library of the image."""
        facts = self.facts
        return target_of(facts.version, self.platform, facts.libc, facts.libc_version)

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment of the image."""
        return self.image.config.env

    @property
    def folder(self) -> str:
        """The working directory of the image."""
        return self.image.config.working_directory

    def prepare(self, go_on: GoOn) -> None:
        """Do nothing: what its target says is learned by reading the image."""

    def base(self, libraries: tuple[str, ...]) -> Base:  # noqa: ARG002 — an image is what it is
        """Return the base, with the bytecode of its standard library on top when asked for."""
        layers = tuple(map(self._kept, self.image.layers))
        base = Base(
            name=self.wanted.location,
            config=self.image.config,
            layers=layers,
            facts=self.facts,
            compiler=lambda: image_compiler(self.image, self.facts, self.interpreters),
        )
        compiler = base.compiler() if self.bytecode else None
        if not isinstance(compiler, Compiler):
            return base
        library = library_layer(self.image, self.facts, compiler, self.cache)
        history = History(created_by="jettison: bytecode of the standard library")
        return base.with_layer(library, history) if library else base

    def _kept(self, layer: Layer) -> FoundationLayer:
        """Bring a layer into the cache, where the foundation finds it."""
        if not self.cache.blobs.has(layer.descriptor):
            with layer.open() as stream:
                self.cache.blobs.add(layer.descriptor, chunks_of(stream))
        return FoundationLayer(
            blob=layer.descriptor, diff_id=layer.diff_id, home=str(layer.home or "")
        )


def _facts_of(image: Image, wanted: BaseWanted) -> BaseFacts:
    builder = TreeBuilder()
    texts: dict[str, str] = {}
    kept: dict[str, str] = {}
    for layer in image.layers:
        builder.begin_layer()
        for read in layer.entries():
            builder.add(read.entry)
            if read.entry.path in _TEXTS and read.entry.size <= _LARGEST_TEXT:
                content = b"".join(read.chunks())
                texts[read.entry.path] = content.decode("utf-8", "replace")
            elif _is_kept(read.entry):
                kept[read.entry.path] = b"".join(read.chunks()).decode("latin-1")
    tree = builder.tree()
    interpreter = _interpreter(tree.paths, wanted)
    prefix = posixpath.dirname(posixpath.dirname(interpreter))
    python = interpreter.rpartition("python")[2]
    debian_own = prefix == "usr" and STATUS in tree
    packages = (
        f"usr/local/lib/python{python}/dist-packages"
        if debian_own
        else (f"{prefix}/lib/python{python}/site-packages")
    )
    system = _system(texts)
    libc, version = _libc(system)
    codename = system.get("VERSION_CODENAME", "")
    named = image.config.env.get("PYTHON_VERSION", "")
    return BaseFacts(
        interpreter=f"/{interpreter}",
        version=named if named.startswith(f"{python}.") else python,
        packages_directory=packages,
        libc=libc,
        libc_version=version,
        directories=frozenset(
            path for path, placed in tree.paths.items()
            if placed.entry.kind is Kind.DIRECTORY
            or (placed.entry.kind is Kind.SYMLINK and "/" not in path)
        ),
        passwd=texts.get("etc/passwd", ""),
        group=texts.get("etc/group", ""),
        distribution="-".join(filter(None, (system.get("ID"), system.get("VERSION_ID")))),
        release=codename if debian_release(codename) else "",
        files=tuple(sorted({**kept, STATUS: texts.get(STATUS, "")}.items())),
        debian=tuple(_debian(texts.get(STATUS, ""))),
    )  # fmt: skip


def _interpreter(paths: Iterable[str], wanted: BaseWanted) -> str:
    found = [path for path in paths if _PYTHON.fullmatch(path)]
    fitting = [p for p in found if not wanted.python or p.endswith(f"python{wanted.python}")]
    # /usr/local before /usr: what was installed by hand is meant.
    ordered = sorted(fitting, key=lambda path: (not path.startswith("usr/local"), path))
    if not ordered:
        raise UnsupportedError(
            f"{wanted.location} has no Python {wanted.python}".rstrip(),
            why=f"found: {', '.join(found)}" if found else "",
            hint="Name a base with an interpreter, or `--base composed`.",
        )
    return ordered[0]


def _is_kept(entry: Entry) -> bool:
    kept = entry.path.startswith((SKELETON, SETTINGS)) or entry.path == LOADER_CACHE
    return kept and entry.kind is Kind.FILE and entry.size <= _LARGEST_KEPT


def _system(texts: dict[str, str]) -> dict[str, str]:
    """Return the fields of os-release."""
    text = texts.get("etc/os-release") or texts.get("usr/lib/os-release") or ""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: value.strip('"') for name, value in pairs}


def _libc(system: dict[str, str]) -> tuple[str, str]:
    if system.get("ID") == "alpine":
        return "musl", str(table(BaseImages).alpine.libc)
    known = debian_release(system.get("VERSION_CODENAME", ""))
    # Without a name that says more, the oldest glibc that wheels are made for today.
    return "glibc", known.glibc if known else "2.17"


def _debian(status: str) -> Iterator[tuple[str, str, str]]:
    for fields in installed(status):
        yield fields["Package"], fields.get("Version", ""), fields.get("Architecture", "")
