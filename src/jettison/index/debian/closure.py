"""What an installation of packages brings with it, as ``apt-get install`` would choose it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from jettison.errors import PackageError
from jettison.formats.debian_control import Alternatives, Relation
from jettison.index.debian.package import Package
from jettison.index.debian.packages import PackageIndex


def closure(
    index: PackageIndex,
    names: Iterable[str],
    already: Collection[str] = frozenset(),
    *,
    recommends: bool = False,
) -> tuple[Package, ...]:
    """Return the packages that installing ``names`` adds to a system that has ``already``.

    The result is ordered by name and holds the named packages themselves unless they are among
    ``already``. An alternative that is installed wins over an earlier one that is not; otherwise
    the first that exists is taken. A name may be virtual, and may carry ``:arch`` or ``=version``
    as on apt's command line. Raises PackageError for a name or dependency that nothing provides.
    """
    chosen: dict[str, Package] = {}
    installed = _provided_by(index, already)
    waiting = deque((alternatives, "") for alternatives in _asked(index, names, already))
    while waiting:
        alternatives, wanted_by = waiting.popleft()
        package = _choose(index, alternatives, wanted_by, installed)
        if package is None:
            continue
        chosen[package.name] = package
        installed |= {package.name, *(each.name for each in package.provides)}
        waiting.extend((each, package.name) for each in needs(package))
        if recommends:
            waiting.extend(_recommended(index, package))
    return tuple(chosen[name] for name in sorted(chosen))


def _asked(
    index: PackageIndex, names: Iterable[str], already: Collection[str]
) -> Iterator[Alternatives]:
    for argument in names:
        name = argument.partition("=")[0].partition(":")[0]
        if name in already:
            continue
        package = index.get(name)
        # An exact version keeps an installed provider of the same name from serving instead.
        if package:
            yield (Relation(name=name, operator="=", version=package.version),)
        else:
            yield (Relation(name=name),)


def _provided_by(index: PackageIndex, names: Collection[str]) -> set[str]:
    packages = (index.get(name) for name in names)
    provided = {each.name for package in packages if package for each in package.provides}
    return provided | set(names)


def needs(package: Package) -> Iterator[Alternatives]:
    """Yield what a package needs on its architecture."""
    for alternatives in (*package.pre_depends, *package.depends):
        relevant = tuple(each for each in alternatives if each.holds_on(package.architecture))
        if relevant:
            yield relevant


def _recommended(index: PackageIndex, package: Package) -> Iterator[tuple[Alternatives, str]]:
    """Yield recommendations that can be met; apt leaves the others out silently."""
    for alternatives in package.recommends:
        if any(index.candidates(each) for each in alternatives):
            yield alternatives, package.name


def _choose(
    index: PackageIndex, alternatives: Alternatives, wanted_by: str, installed: set[str]
) -> Package | None:
    """Return the package to add, None when an installed one already serves."""
    options = [index.candidates(each) for each in alternatives]
    for relation, candidates in zip(alternatives, options, strict=True):
        # An installed package whose versions the index does not know is taken to be new enough.
        unversioned = not relation.operator or relation.name not in index
        serves = unversioned and relation.name in installed
        if serves or any(package.name in installed for package in candidates):
            return None
    for candidates in options:
        if candidates:
            return candidates[0]
    wanted = " | ".join(each.name for each in alternatives)
    raise PackageError(
        f"no package provides {wanted}" + (f", which {wanted_by} needs" if wanted_by else ""),
        why="it is neither a package nor a virtual package in the index",
        hint="Check the spelling, or whether another Debian release has it.",
    )
