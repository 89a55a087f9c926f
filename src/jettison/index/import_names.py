"""Import roots of distributions, and which distribution a module belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from jettison.index.facts import DistributionFacts, InstalledFile

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
