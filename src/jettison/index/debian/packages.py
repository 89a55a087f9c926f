"""Read Debian's package indexes; choose the packages that others need."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Protocol

from jettison.errors import PackageError
from jettison.formats.debian_control import Alternatives, Relation, version_key
from jettison.index.debian.package import Package, package_of_line

_VERSION, _PROVIDES = 1, 14
# Begins the lines that list who provides a name; no name of a package begins so (Policy 5.6.1).
_PROVIDED = "="
ENCODING = ("latin-1", "replace")
_parsed = lru_cache(maxsize=8192)(package_of_line)


class Content(Protocol):
    """Bytes that can be searched: ``bytes``, or an ``mmap`` of which only some pages are read."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...

    def find(self, part: bytes, start: int, end: int, /) -> int:
        """Give the place of ``part``, or -1."""

    def rfind(self, part: bytes, start: int, end: int, /) -> int:
        """Give the last place of ``part``, or -1."""


class PackageIndex:
    """A read-only index: name -> package, the newest version of each name.

    It looks for lines in a sorted text, and parses a package on request: to open the
    70,000 packages of a release costs nothing.
    """

    __slots__ = ("_content",)

    def __init__(self, lines: Iterable[str] = (), *, content: Content | None = None) -> None:
        """Index ``lines`` as :func:`jettison.index.debian.package.compact_line` writes them.

        Instead, ``content`` holds what ``index_lines`` made of them, each with a newline, as
        Latin-1, which every byte sequence is.
        """
        if content is None:
            content = "".join(f"{line}\n" for line in index_lines(lines)).encode(*ENCODING)
        self._content = content

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._line(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (line.partition("\t")[0] for line in self.lines())

    def __len__(self) -> int:
        return sum(1 for _ in self.lines())

    def get(self, name: str) -> Package | None:
        """Return the package of that name, None when there is none."""
        line = self._line(name)
        return None if line is None else _parsed(line)

    def providers(self, name: str) -> tuple[Package, ...]:
        """Return the packages whose Provides names ``name``, ordered by their names."""
        line = self._line(_PROVIDED + name)
        names = line.partition("\t")[2].split() if line else ()
        return tuple(filter(None, map(self.get, names)))

    def candidates(self, relation: Relation) -> tuple[Package, ...]:
        """Return what would satisfy ``relation``: the package itself before its providers.

        A versioned relation is only met by a provider that provides a version (Policy 7.5).
        """
        own = self.get(relation.name)
        first = (own,) if own and relation.accepts(own.version) else ()
        others = (each for each in self.providers(relation.name) if each is not own)
        return first + tuple(each for each in others if _provides(each, relation))

    def lines(self, names: Iterable[str] | None = None) -> Iterator[str]:
        """Yield the one-line forms of all packages, or of ``names``, in order of names.

        KeyError for a name that is not there.
        """
        if names is not None:
            for name in sorted(names):
                line = self._line(name)
                if line is None:
                    raise KeyError(name)
                yield line
            return
        start = 0
        while start < len(self._content):
            end = self._content.find(b"\n", start, len(self._content))
            line = self._content[start:end].decode("latin-1")
            if not line.startswith(_PROVIDED):
                yield line
            start = end + 1

    def _line(self, key: str) -> str | None:
        """Find the line that begins with a key, halving the text at each step."""
        content = self._content
        wanted = f"{key}\t".encode(*ENCODING)
        low, high = 0, len(content)
        while low < high:
            start = content.rfind(b"\n", low, (low + high) // 2) + 1 or low
            found = content[start : start + len(wanted)]
            end = content.find(b"\n", start, len(content))
            if found == wanted:
                return content[start:end].decode("latin-1")
            if found < wanted:
                low = end + 1
            else:
                high = start
        return None


def index_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield the newest line of each name, and a line for each name that is provided, sorted."""
    newest: dict[str, str] = {}
    for line in lines:
        name = line.partition("\t")[0]
        known = newest.get(name)
        if known is None or _is_newer(line, known):
            newest[name] = line
    provided = (
        f"{_PROVIDED}{name}\t{' '.join(sorted(by))}" for name, by in _providers_of(newest).items()
    )
    yield from sorted([*newest.values(), *provided])


def _is_newer(line: str, known: str) -> bool:
    left, right = line.split("\t", 2)[_VERSION], known.split("\t", 2)[_VERSION]
    return version_key(left) > version_key(right)


def _providers_of(lines: dict[str, str]) -> dict[str, list[str]]:
    providers: dict[str, list[str]] = {}
    for name, line in lines.items():
        provided = line.split("\t", _PROVIDES + 1)[_PROVIDES]
        for element in provided.split(",") if provided else ():
            virtual = element.strip().partition(" ")[0].partition(":")[0]
            if virtual:
                providers.setdefault(virtual, []).append(name)
    return providers


def _provides(package: Package, relation: Relation) -> bool:
    return any(
        each.name == relation.name
        and (not relation.operator or (bool(each.version) and relation.accepts(each.version)))
        for each in package.provides
    )


def closure(
    index: PackageIndex,
    names: Iterable[str],
    already: Collection[str] = frozenset(),
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
