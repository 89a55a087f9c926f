"""Write src/jettison/catalogue/debian/<release>.tsv from Debian's package indexes.

Run from the root of the repository with the network at hand: ``python tools/debian_packages.py``.
The package indexes are verified as always. Contents lists are of the last point release and may be
one behind on some mirrors, so for them ``--contents DIRECTORY`` takes files that were fetched by
hand, ``<release>.<architecture or all>.gz``.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from debian_contents import FileOwners, archive_owners, owners_of, relevant_lines
from recommended import with_recommended

from jettison.catalogue import table
from jettison.catalogue.base_release import RELEASES
from jettison.catalogue.bases import SystemPackages
from jettison.formats.debian_control import Alternatives
from jettison.index.debian import Archive
from jettison.index.debian.package import Package
from jettison.index.debian.packages import PackageIndex, closure, needs

TARGET = Path(__file__).parent.parent / "src/jettison/catalogue/debian"
FACTS = table(SystemPackages)
KIBIBYTE = 1024
LIBRARY_SECTIONS = frozenset({"libs", "oldlibs"})
MOST_ALTERNATIVES = 4
Names = tuple[str, ...]


def main() -> None:
    """Write one file for each release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contents", type=Path, help="folder with Contents files")
    folder = parser.parse_args().contents
    archive = Archive()
    for release in RELEASES:
        owners = owners_in(folder, release) if folder else archive_owners(release)
        lines = sorted(set(facts(release, archive.index(release), owners)))
        text = "\n".join((*header(release), *lines, ""))
        TARGET.joinpath(f"{release}.tsv").write_text(text, encoding="utf-8")


def owners_in(folder: Path, release: str) -> FileOwners:
    """Read the file lists of a release that were fetched by hand."""
    lines: list[str] = []
    for path in sorted(folder.glob(f"{release}.*.gz")):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
            lines.extend(relevant_lines(file))
    return owners_of(lines)


def header(release: str) -> Iterator[str]:
    """Say where the facts come from."""
    yield f"# Debian {release}, amd64: made by tools/debian_packages.py from Packages and Contents"
    yield f"# of main with updates and security, read on {datetime.now(UTC).date()}."
    yield "# package: name, Installed-Size in KiB, needs, recommends; a|b: one is enough"


def facts(release: str, index: PackageIndex, owners: FileOwners) -> Iterator[str]:
    """Yield one line for each fact."""
    base = slim_base(release, index)
    yield from (f"base\t{name}" for name in base)
    full = full_image(index, base)
    yield from (f"full\t{name}" for name in full)
    development = {
        name: runtime_libraries(index, name)
        for name in FACTS.lookup.development
        if name in index or index.providers(name)
    }
    for name, libraries in development.items():
        yield f"development\t{name}\t{' '.join(libraries)}"
    programs = {
        **image_programs(owners, full),
        **image_programs(owners, base),
        **dict(program_packages(index, owners)),
    }
    yield from (f"program\t{name}\t{package}" for name, package in programs.items())
    runtime = {library for each in development.values() for library in each}
    shipped = runtime | set(FACTS.lookup.libraries) | set(base)
    yield from library_lines(owners, shipped)
    names = {*development, *shipped, *programs.values(), *FACTS.lookup.packages, *full}
    yield from package_lines(index, names | set(FACTS.build), base)


def slim_base(release: str, index: PackageIndex) -> list[str]:
    """Name the packages of an official slim Python image."""
    slim = FACTS.slim
    wanted = [*slim.packages, *slim.libraries[release]]
    required = [name for name in index if is_required(index, name)]
    known = [name for name in (*wanted, *required) if name in index]
    return sorted(package.name for package in closure(index, known))


def full_image(index: PackageIndex, base: list[str]) -> list[str]:
    """Name the packages that an official full Python image has beyond the slim one's."""
    names = [name for name in FACTS.full if name in index or index.providers(name)]
    return [package.name for package in closure(index, names, base)]


def is_required(index: PackageIndex, name: str) -> bool:
    """Tell whether every Debian system has the package."""
    package = index.get(name)
    return package is not None and package.required


def program_packages(index: PackageIndex, owners: FileOwners) -> Iterator[tuple[str, str]]:
    """Yield each program with the package to name for it."""
    preferred = FACTS.programs
    for program in sorted({*FACTS.lookup.programs, *preferred}):
        shipped = owners.programs.get(program, ())
        package = preferred.get(program) or (shipped[0] if len(shipped) == 1 else "")
        if package in index:
            yield program, package
        elif shipped:
            yield program, shipped[0]
        else:
            sys.stderr.write(f"no package ships {program}\n")


def image_programs(owners: FileOwners, packages: Iterable[str]) -> dict[str, str]:
    """Map every program of some packages to the one that ships it."""
    wanted = set(packages)
    found = {
        program: [package for package in shipped if package in wanted]
        for program, shipped in owners.programs.items()
    }
    return {program: shipped[0] for program, shipped in found.items() if shipped}


def library_lines(owners: FileOwners, packages: set[str]) -> Iterator[str]:
    """Yield each shared library that one of ``packages`` ships."""
    for soname, shipped in owners.libraries.items():
        for package in shipped:
            if package in packages:
                yield f"library\t{soname}\t{package}"
                break


def package_lines(index: PackageIndex, names: Iterable[str], base: list[str]) -> Iterator[str]:
    """Yield every package that one of ``names`` brings with it, and those of the base."""
    known = sorted(name for name in names if name in index)
    found = set(base)
    for name in known:
        found.update(each.name for each in with_recommended(index, name, base))
    for name in found:
        package = index.get(name)
        if package is None:
            continue
        needed, recommended = (
            " ".join("|".join(names) for names in each)
            for each in direct_needs(index, package, base)
        )
        kibibytes = package.installed_size // KIBIBYTE
        yield f"package\t{name}\t{kibibytes}\t{needed}\t{recommended}".rstrip()


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
    return package.section in LIBRARY_SECTIONS and not is_development(package)


def _is_toolchain(package: Package) -> bool:
    """Tell the C library and the compiler's own libraries, which every Debian image has."""
    return package.source == "glibc" or package.source.startswith("gcc-")


def _dependencies(index: PackageIndex, package: Package) -> Iterator[Package]:
    for alternatives in package.depends:
        found = (candidate for each in alternatives for candidate in index.candidates(each))
        first = next(found, None)
        if first is not None:
            yield first


def direct_needs(
    index: PackageIndex, package: Package, preferred: Collection[str] = frozenset()
) -> tuple[tuple[Names, ...], tuple[Names, ...]]:
    """Return what ``package`` itself needs, and what it recommends besides.

    Each is the names of packages of which one is enough, the one that apt would choose first; only
    one name where one is among ``preferred``. Dependencies that nothing can meet are left out.
    """
    needed = {_names(index, each, preferred) for each in needs(package)}
    recommended = {_names(index, each, preferred) for each in package.recommends}
    own = {names for names in needed | recommended if package.name in names} | {()}
    return tuple(sorted(needed - own)), tuple(sorted(recommended - needed - own))


def _names(index: PackageIndex, alternatives: Alternatives, preferred: Collection[str]) -> Names:
    found = [package.name for each in alternatives for package in index.candidates(each)]
    first = next((name for name in found if name in preferred), None)
    return (first,) if first else tuple(dict.fromkeys(found))[:MOST_ALTERNATIVES]


if __name__ == "__main__":
    main()
