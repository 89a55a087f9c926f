"""Which libraries stand behind a -dev package: what programs linked with it need at run time."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.debian.index import PackageIndex
from jettison.debian.package import Package

_LIBRARY_SECTIONS = frozenset({"libs", "oldlibs"})


def is_development(package: Package) -> bool:
    """Tell whether the package only serves to compile against a library."""
    return package.name.endswith("-dev") or package.section == "libdevel"


def runtime_libraries(index: PackageIndex, name: str) -> tuple[str, ...]:
    """Return the runtime library packages behind the -dev package ``name``, ordered by name.

    They are the libraries made from the same source package that it depends on; a package that
    only points to other -dev packages (``default-libmysqlclient-dev``) stands for theirs. Empty
    when there is none (header-only libraries), or when ``name`` is not in the index.
    """
    return tuple(sorted(_libraries(index, name, set())))


def _libraries(index: PackageIndex, name: str, seen: set[str]) -> set[str]:
    package = index.get(name) or next(iter(index.providers(name)), None)
    if package is None or package.name in seen:
        return set()
    seen.add(package.name)
    needed = [each for each in _dependencies(index, package) if not _is_toolchain(each)]
    same = [each for each in needed if each.source == package.source]
    own = {each.name for each in same if _is_library(each)}
    if own:
        return own
    headers = [each for each in needed if is_development(each)]
    return _libraries_of_all(index, same, seen) or _libraries_of_all(index, headers, seen)


def _libraries_of_all(index: PackageIndex, packages: list[Package], seen: set[str]) -> set[str]:
    return {found for each in packages for found in _libraries(index, each.name, seen)}


def _is_library(package: Package) -> bool:
    return package.section in _LIBRARY_SECTIONS and not is_development(package)


def _is_toolchain(package: Package) -> bool:
    """Tell the C library and the compiler's own libraries, which every Debian image has."""
    return package.source == "glibc" or package.source.startswith("gcc-")


def _dependencies(index: PackageIndex, package: Package) -> Iterator[Package]:
    for alternatives in package.depends:
        found = (candidate for each in alternatives for candidate in index.candidates(each))
        first = next(found, None)
        if first is not None:
            yield first
