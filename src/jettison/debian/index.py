"""The packages of one release and architecture, by name and by what they provide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from jettison.debian.control import Paragraph
from jettison.debian.package import Package, compact_line, package_of_line
from jettison.debian.relations import Relation
from jettison.debian.version import version_key

_VERSION, _PROVIDES = 1, 14
_parsed = lru_cache(maxsize=8192)(package_of_line)


class PackageIndex:
    """A read-only index: name -> package, the newest version of each name.

    It is made from one-line forms and parses a package when it is asked for.
    """

    __slots__ = ("_lines", "_providers")

    def __init__(self, lines: Iterable[str]) -> None:
        """Index ``lines`` as :func:`jettison.debian.package.compact_line` writes them."""
        self._lines: dict[str, str] = {}
        for line in lines:
            name = line.partition("\t")[0]
            known = self._lines.get(name)
            if known is None or _is_newer(line, known):
                self._lines[name] = line
        self._providers: dict[str, list[str]] | None = None

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, name: str) -> Package | None:
        """Return the package of that name, None when there is none."""
        line = self._lines.get(name)
        return None if line is None else _parsed(line)

    def providers(self, name: str) -> tuple[Package, ...]:
        """Return the packages whose Provides names ``name``, ordered by their names."""
        if self._providers is None:
            self._providers = _providers_of(self._lines)
        return tuple(_parsed(self._lines[each]) for each in sorted(self._providers.get(name, ())))

    def candidates(self, relation: Relation) -> tuple[Package, ...]:
        """Return what would satisfy ``relation``: the package itself before its providers.

        A versioned relation is only met by a provider that provides a version (Policy 7.5).
        """
        own = self.get(relation.name)
        first = (own,) if own and relation.accepts(own.version) else ()
        others = (each for each in self.providers(relation.name) if each is not own)
        return first + tuple(each for each in others if _provides(each, relation))

    def lines(self, names: Iterable[str] | None = None) -> Iterator[str]:
        """Yield the one-line forms of all packages, or of ``names``, in order of names."""
        return (self._lines[name] for name in sorted(self._lines if names is None else names))


def index_of(paragraphs: Iterable[Paragraph], suite: str = "") -> PackageIndex:
    """Build an index from the paragraphs of a Packages file."""
    return PackageIndex(compact_line(paragraph, suite) for paragraph in paragraphs)


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
