"""What package indexes and Debian's archive offer: what is known of a distribution, as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct, field
from packaging.requirements import Requirement

from jettison.catalogue import table
from jettison.catalogue.bases import BaseImages
from jettison.values import Size


class Source(StrEnum):
    """Where the facts of a distribution were read."""

    INDEX = "index"
    LOCK = "lock"
    ENVIRONMENT = "environment"
    CACHE = "cache"
    SDIST_GUESS = "sdist guess"
    CATALOGUE = "catalogue"


class WheelFile(Struct, frozen=True, kw_only=True):
    """A wheel as an index or lock file lists it.

    ``tags`` are PEP 425 triples as text (``cp312-cp312-manylinux_2_28_x86_64``), ``size`` is the
    compressed size in bytes or None when not stated, ``sha256`` is lowercase hexadecimal or empty.
    ``metadata_sha256`` is set when the index serves the metadata on its own (PEP 658); it is empty
    text when the index serves it without a hash and None when it does not serve it.
    """

    filename: str
    url: str
    tags: frozenset[str]
    size: int | None = None
    sha256: str = ""
    metadata_sha256: str | None = None


class EntryPoint(Struct, frozen=True, kw_only=True, array_like=True):
    """One line of ``entry_points.txt``: ``value`` is ``module:attribute`` with extras removed."""

    group: str
    name: str
    value: str


class InstalledFile(Struct, frozen=True, order=True, kw_only=True, array_like=True):
    """A file of a distribution: its path below site-packages and its uncompressed bytes.

    ``checksum`` is the CRC-32 of its content in hexadecimal, as the wheel's directory states it,
    and empty where that was not read.
    """

    path: str
    size: int
    checksum: str = ""


# What the catalogue and the cache call some of the facts.
_NAMES = {"import_names": "imports", "console_scripts": "scripts", "installed_size": "size"}


class DistributionFacts(Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_NAMES):
    """One release of a distribution.

    ``name`` is normalized (PEP 503). ``import_names`` are dotted import roots; namespace packages
    are resolved to the portion that this distribution owns (``google.cloud.storage``), so a module
    belongs to the distribution with the longest matching root. ``console_scripts`` are the
    program names put on ``PATH``. ``requires`` holds every Requires-Dist, markers unevaluated.
    ``installed_size`` counts unpacked files without byte code and is None when unknown.
    ``files`` is None unless asked for, as is ``unloaded``: the larger shared libraries with the
    bytes of each that no process loads. ``sdist_only`` means that the release has no wheel at all.
    ``has_sdist`` says whether it can be built from source, and ``compiles`` whether that takes a
    compiler; both are None when it is not known.
    """

    name: str
    version: str
    import_names: tuple[str, ...] = ()
    console_scripts: tuple[str, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    requires: tuple[Requirement, ...] = ()
    installed_size: Size | None = None
    files: tuple[InstalledFile, ...] | None = None
    unloaded: tuple[InstalledFile, ...] | None = None
    wheels: tuple[WheelFile, ...] = ()
    sdist_only: bool = False
    has_sdist: bool | None = None
    compiles: bool | None = None
    source: Source


# The share of Python source in wheels whose file list is not at hand: the median of 142 pure
# wheels, and the whole of 28 wheels with compiled parts.
WINDOWS = (".dll", ".pyd")
PURE_SHARE = 0.88
COMPILED_SHARE = 0.07


def environment_size(distributions: Iterable[DistributionFacts]) -> int:
    """Add up what an installer writes: the files of the wheels, and byte code of their sources."""
    return sum(distribution_size(each) for each in distributions)  # map is a module here


def distribution_size(facts: DistributionFacts, *, byte_code: bool = True) -> int:
    """The bytes of one distribution; 0 when its size is not known."""
    installed = _installed(facts)
    return installed + (byte_code_of(source_bytes(facts)) if byte_code else 0)


def _installed(facts: DistributionFacts) -> int:
    """The bytes of the files; of a wheel for Windows those that a build on Linux has too."""
    if facts.files is not None and any(file.path.endswith(WINDOWS) for file in facts.files):
        return sum(file.size for file in facts.files if not file.path.endswith(WINDOWS))
    return facts.installed_size.bytes if facts.installed_size else 0


def byte_code_of(sources: int) -> int:
    """The bytes of byte code that come from so many bytes of Python source."""
    factor: float = table(BaseImages).python.byte_code
    return round(sources * factor)


def source_bytes(facts: DistributionFacts) -> int:
    """The bytes of a distribution's Python files, from its file list or by the usual share."""
    if facts.files is not None:
        return sum(file.size for file in facts.files if file.path.endswith(".py"))
    if facts.installed_size is None:
        return 0
    pure = any(tag.endswith("-none-any") for wheel in facts.wheels for tag in wheel.tags)
    share = PURE_SHARE if pure or facts.compiles is False else COMPILED_SHARE
    return round(facts.installed_size.bytes * share)


# Shipped by mistake beside the real package; importable, but never what an import means.
_STRAY = frozenset({"tests", "test", "docs", "doc", "examples", "example", "benchmarks", "scripts"})
# An __init__.py that only declares a pkgutil or pkg_resources namespace is not longer than this.
_NAMESPACE_INIT_BYTES = 400
_MODULE_SUFFIXES = (".py", ".so", ".pyd")


class _Package(Struct):
    init: int | None = None
    modules: set[str] = field(default_factory=set)
    packages: dict[str, _Package] = field(default_factory=dict)


def import_names(
    files: Iterable[InstalledFile], *, name: str, namespaces: Iterable[str] = ()
) -> tuple[str, ...]:
    """Dotted import roots of the files, sorted.

    ``name`` is the normalized distribution name and ``namespaces`` the lines of
    ``namespace_packages.txt``: both tell a namespace package with an ``__init__.py`` from a
    package of its own. Type stubs (``*-stubs``) are not importable and give nothing.
    """
    root = _Package()
    for file in files:
        _add(root, file)
    declared = frozenset(namespaces)
    words = tuple(name.split("-"))
    found = set(_roots(root, (), declared, words))
    kept = {one for one in found if one not in _STRAY}
    return tuple(sorted(kept or found))


def _add(root: _Package, file: InstalledFile) -> None:
    *folders, last = file.path.split("/")
    module, dot, _ = last.partition(".")
    if not (dot and last.endswith(_MODULE_SUFFIXES) and module.isidentifier()):
        return
    if not all(folder.isidentifier() for folder in folders):
        return
    package = root
    for folder in folders:
        package = package.packages.setdefault(folder, _Package())
    if module == "__init__":
        package.init = file.size
    else:
        package.modules.add(module)


def _roots(
    package: _Package, path: tuple[str, ...], declared: frozenset[str], words: tuple[str, ...]
) -> Iterator[str]:
    """Roots below a namespace; ``path`` is empty for site-packages itself."""
    prefix = ".".join(path)
    dotted = f"{prefix}." if prefix else ""
    if prefix and package.modules and not package.packages:
        yield prefix
        return
    yield from (dotted + module for module in package.modules)
    for folder, inner in package.packages.items():
        inner_path = (*path, folder)
        if _is_namespace(inner, inner_path, declared, words):
            yield from _roots(inner, inner_path, declared, words)
        else:
            yield ".".join(inner_path)


def _is_namespace(
    package: _Package, path: tuple[str, ...], declared: frozenset[str], words: tuple[str, ...]
) -> bool:
    if package.init is None:
        return True
    if not package.packages:
        return False
    if ".".join(path) in declared:
        return True
    # azure-storage-blob ships azure/__init__.py and azure/storage/__init__.py, both tiny.
    if package.modules or package.init > _NAMESPACE_INIT_BYTES or len(path) >= len(words):
        return False
    return path == words[: len(path)] and words[len(path)] in package.packages


class ImportMap:
    """Owners of modules, by the longest import root that matches."""

    def __init__(self, facts: Iterable[DistributionFacts]) -> None:
        self._owners: dict[str, list[str]] = {}
        for one in facts:
            for root in one.import_names:
                self._owners.setdefault(root, []).append(one.name)

    def owners(self, module: str) -> tuple[str, ...]:
        """Give the distributions that ship ``module``, sorted; empty when none is known to.

        Several ship it when they are variants of each other (``psycopg2``, ``psycopg2-binary``).
        """
        prefix = module
        while prefix:
            if prefix in self._owners:
                return tuple(sorted(self._owners[prefix]))
            prefix = prefix.rpartition(".")[0]
        return ()
