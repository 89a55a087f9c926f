"""What an environment or image holds and who owns it: as values, here those of an environment."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct, field

from jettison.values import outwards

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# A library without a tag may be one that is loaded by its path.
_EXTENSION = re.compile(r"\.(?:cpython-[\w-]+|abi3)\.so$")
BUNDLED = ".libs/"
"""The folder into which auditwheel puts what extension modules are linked to."""
# Level 1 packs sources to a quarter, at more than 250 MB a second in either direction.
_LEVEL = 1


class EntryPoint(Struct, frozen=True, kw_only=True, array_like=True):
    """What a distribution offers under a group: ``value`` is ``module:attribute``."""

    distribution: str
    group: str
    name: str
    value: str

    @property
    def module(self) -> str:
        """The module that it is in."""
        return self.value.partition("[")[0].partition(":")[0].strip()


class StandardLibrary(Struct, frozen=True, kw_only=True):
    """The standard library's files by their path below its folder, as ``Installed`` has its own.

    Extension modules lie in ``lib-dynload``.
    """

    files: Mapping[str, int]
    sources: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[str, frozenset[str]]


class Installed(Struct, frozen=True, kw_only=True, dict=True):
    """One environment and the application beside it.

    ``site`` and ``library`` are the folders of distributions and of the standard library. Paths of
    ``files`` (with their bytes), ``owners`` (normalized names of distributions), ``sources``
    (Python) and ``words`` (those of libraries and saved objects that may name modules) are below
    ``site``. ``application`` has the application's source and settings by absolute path,
    ``standard`` what is in ``library``, ``versions`` the versions of distributions.
    """

    site: str
    library: str
    files: Mapping[str, int]
    owners: Mapping[str, str]
    entry_points: tuple[EntryPoint, ...]
    sources: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[str, frozenset[str]]
    application: Mapping[str, bytes]
    standard: StandardLibrary | None = None
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def modules(self) -> Modules:
        """The modules of the environment."""
        return Modules.of(self.files)


# No module of anybody has a longer one.
_LONGEST_NAME = 500


class Modules(Struct, frozen=True, kw_only=True):
    """Modules by dotted name.

    ``files`` maps a name to its file; where a module is there as source and as extension, to the
    extension, which Python prefers. ``packages`` are the names that have modules below them.
    """

    files: Mapping[str, str]
    packages: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, files: Mapping[str, int]) -> Modules:
        """Find the modules among the files of a folder."""
        found: dict[str, str] = {}
        for path in sorted(files):
            name = module_name(path)
            if name and (name not in found or path.endswith(".so")):
                found[name] = path
        below: dict[str, set[str]] = {}
        for name in found:
            parent = name.rpartition(".")[0]
            child = name
            while parent and child not in below.get(parent, ()):
                below.setdefault(parent, set()).add(child)
                parent, child = parent.rpartition(".")[0], parent
        packages = {name: frozenset(children) for name, children in below.items()}
        return cls(files=found, packages=packages)

    def __contains__(self, name: str) -> bool:
        return name in self.files or name in self.packages

    def known(self, name: str) -> str:
        """Give the longest beginning of a dotted name that is a module or package; may be empty."""
        if len(name) > _LONGEST_NAME:
            name = name[:_LONGEST_NAME].rpartition(".")[0]
        return next((each for each in outwards(name, ".") if each in self), "")

    def package_of(self, name: str) -> str:
        """Give the package that relative imports of a module start from."""
        path = self.files.get(name, "/__init__.")
        return name if "/__init__." in path else name.rpartition(".")[0]

    def below(self, package: str) -> frozenset[str]:
        """Give every module of a package, itself included."""
        found = [package]
        for each in found:
            found += self.packages.get(each, ())
        return frozenset(found) & self.files.keys()


def module_name(path: str) -> str:
    """Give the dotted name of a file of site-packages; empty when it is no module."""
    if path.endswith(".py"):
        stem = path.removesuffix(".py")
    elif _EXTENSION.search(path) and BUNDLED not in path:
        stem = _EXTENSION.sub("", path)
    else:
        return ""
    parts = stem.removesuffix("/__init__").split("/")
    return ".".join(parts) if all(part.isidentifier() or part.isalnum() for part in parts) else ""


# Stands before programs that were started, among the paths.
RAN = "ran: "
METHOD = (
    "an audit hook in every Python process (files opened, extension modules, libraries loaded) "
    "and the memory maps of all processes"
)
KERNEL = ", and the kernel's events of files that are opened or run (fanotify)"
"""What is added where the kernel tells it."""


class Trace(Struct, frozen=True, kw_only=True):
    """The files that were touched, as absolute paths of the image; programs started as ``ran: …``.

    ``served`` are those of the application under the workload, ``tested`` those of the project's
    own tests. ``method`` says how they were seen. ``trained`` is how many routes were requested;
    those that were ``withheld`` have to work without.
    """

    served: frozenset[str]
    tested: frozenset[str] = frozenset()
    method: str = METHOD
    trained: int = 0
    withheld: tuple[str, ...] = ()

    @property
    def touched(self) -> frozenset[str]:
        """All of them."""
        return self.served | self.tested


class Packed(Struct, frozen=True, array_like=True):
    """Some bytes, compressed: ``size`` is how many there are."""

    size: int
    stored: bytes

    @classmethod
    def of(cls, content: bytes) -> Packed:
        """Compress some bytes, where that makes less of them."""
        stored = zstd.compress(content, _LEVEL)
        return cls(len(content), stored if len(stored) < len(content) else content)

    def content(self) -> bytes:
        """Give the bytes as they were."""
        is_packed = len(self.stored) < self.size
        return zstd.decompress(self.stored) if is_packed else self.stored

    def starts_with(self, beginning: bytes) -> bool:
        """Tell how the bytes begin, without unpacking all of them."""
        if len(self.stored) == self.size:
            return self.stored.startswith(beginning)
        first = zstd.ZstdDecompressor().decompress(self.stored, len(beginning))
        return first == beginning


class PackedTexts(Mapping[str, bytes]):
    """Texts by their paths, each unpacked whenever it is read."""

    def __init__(self, packed: Mapping[str, Packed]) -> None:
        self._packed = packed

    def __getitem__(self, path: str) -> bytes:
        return self._packed[path].content()

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, path: object) -> bool:
        return path in self._packed
