"""Groups of files that leave an environment together, and the paths that a list has of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Generic, TypeVar

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from jettison.formats.own_settings import Ask, Override
from jettison.index import DistributionFacts, byte_code_of
from jettison.values import Basis, Size, is_listable

Mark = TypeVar("Mark")
WILD = re.compile(r"[*?]")
# No first folder has this name.
ANY = "*"


class Matcher(Struct, Generic[Mark], frozen=True, kw_only=True):
    """Paths and patterns, each with a mark; the first that means a file wins.

    ``patterns`` are those that may mean a path, by its first folder, in their order; under ``ANY``
    those whose own first folder is a pattern. ``together`` has a group for each of them.
    """

    exact: Mapping[str, Mark]
    patterns: Mapping[str, tuple[tuple[str, Mark], ...]]
    together: Mapping[str, re.Pattern[str]]

    @classmethod
    def of(cls, marked: Iterable[tuple[str, Mark]]) -> Matcher[Mark]:
        """Sort (path, mark) pairs into plain paths and patterns."""
        exact: dict[str, Mark] = {}
        patterns: list[tuple[str, str, Mark]] = []
        for path, mark in marked:
            if WILD.search(path):
                top = path.partition("/")[0]
                patterns.append((ANY if WILD.search(top) else top, path, mark))
            else:
                exact.setdefault(path, mark)
        found = {
            top: tuple((path, mark) for each, path, mark in patterns if each in (top, ANY))
            for top in {top for top, _, _ in patterns}
        }
        return cls(
            exact=exact,
            patterns=found,
            together={
                top: _together(tuple(path for path, _ in each)) for top, each in found.items()
            },
        )

    def find(self, path: str) -> tuple[str, Mark] | None:
        """Give the line that means a file, with its mark."""
        if path in self.exact:
            return path, self.exact[path]
        folder = path if self.exact else ""
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if f"{folder}/" in self.exact:
                return f"{folder}/", self.exact[f"{folder}/"]
        top = path.partition("/")[0]
        if top not in self.together:
            top = ANY
        meant = self.together[top].fullmatch(path) if top in self.together else None
        return self.patterns[top][meant.lastindex - 1] if meant and meant.lastindex else None


@lru_cache(maxsize=1024)
def _together(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for all patterns; the group that matches says which it was."""
    return re.compile("|".join(f"({_expression(each)})" for each in patterns), re.DOTALL)


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*|\?)", pattern.rstrip("/"))
    meaning = {"**/": "(?:[^/]+/)*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(meaning.get(part, re.escape(part)) for part in parts)
    return f"{text}/.*" if pattern.endswith("/") else text


def names_itself(path: str) -> bool:
    """Whether a path on a line of a list means the file of this name alone."""
    first = path.partition("/")[0]
    is_word = ":" in first or path == "together"
    return is_listable(path) and not WILD.search(path) and not is_word


def collapsed(
    gone: Collection[str], every: Collection[str], whole: Callable[[str], bool]
) -> tuple[str, ...]:
    """Give folders, patterns and files that mean exactly ``gone`` of ``every`` file.

    A folder ends in ``/``, and stands for its files where ``whole`` says that all that may ever
    lie in it is meant. A pattern stands for the files of one suffix below a package. Files whose
    names would be patterns, or no line of a list, are not given.
    """
    gone = set(filter(names_itself, gone))
    leaving = Counter(folder for path in gone for folder in _folders(path))
    present = Counter(folder for path in every for folder in _folders(path))
    found: dict[str, None] = {}
    for path in sorted(gone):
        folders = (one for one in _folders(path) if leaving[one] == present[one] and whole(one))
        found.setdefault(next(folders, path))
    return tuple(sorted(_by_suffix(found, gone, every)))


def _by_suffix(found: Iterable[str], gone: Collection[str], every: Iterable[str]) -> Iterator[str]:
    """Join single files of one package and suffix where no such file stays."""
    stay = {_kind(path) for path in every if path not in gone}
    kinds = Counter(_kind(path) for path in found)
    patterns: set[str] = set()
    for path in found:
        package, suffix = kind = _kind(path)
        if path.endswith("/") or not package or not suffix or kinds[kind] == 1 or kind in stay:
            yield path
        else:
            patterns.add(f"{package}/**/*.{suffix}")
    yield from patterns


def _kind(path: str) -> tuple[str, str]:
    """The package that a file lies in, and its suffix."""
    package, _, inner = path.partition("/")
    _, dot, suffix = inner.rpartition("/")[2].rpartition(".")
    return package, suffix if dot else ""


def _folders(path: str) -> Iterator[str]:
    """The folders of a path below site-packages, the outermost first.

    What lies beside site-packages belongs to many distributions and has no folder of its own.
    """
    at = path.find("/")
    while at > 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)


class Group(Struct, frozen=True, kw_only=True):
    """Paths of one distribution that leave together, for the ``rule`` that asked for it.

    ``paths`` are below site-packages, or below the environment when they begin with ``/``; one
    that ends in ``/`` is a folder, and ``*`` and ``**`` are patterns. ``reason`` names what it is
    in a few words. ``together`` says that none leaves without the others. ``not_counting`` are
    patterns of files whose imports do not keep the group. ``sections`` are patterns of shared
    libraries that are shortened. ``links`` are pairs of a path and of the equal file that it
    becomes another name of. ``bytes`` are those of the files, or what the libraries
    lose; ``source_bytes`` those of Python files among them, whose byte code goes too.
    """

    rule: str = ""
    distribution: str
    reason: str
    paths: tuple[str, ...] = ()
    not_counting: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    together: bool = False
    bytes: int = 0
    source_bytes: int = 0
    basis: Basis = Basis.MEASURED

    @property
    def is_listable(self) -> bool:
        """Whether each part of it stands for itself on a line of a list."""
        paths = (*self.paths, *self.not_counting, *self.sections)
        pairs = (path for pair in self.links for path in pair)
        linked = (names_itself(path) and " -> " not in path for path in pairs)
        return all(map(is_listable, (*paths, self.reason))) and all(linked)

    @property
    def size(self) -> Size:
        """What the environment is smaller by, byte code included."""
        if not self.source_bytes:
            return Size(bytes=self.bytes, basis=self.basis, source="files of the wheel")
        source = "files of the wheel, and byte code by the size of the sources"
        count = self.bytes + byte_code_of(self.source_bytes)
        return Size(bytes=count, basis=Basis.ESTIMATED, source=source)


# Where an installer puts the parts of a wheel's data folder, below the environment.
SCHEMES = {"scripts": "/bin/", "data": "/"}


class OwnedFile(Struct, frozen=True, kw_only=True):
    """A file of the environment, its distribution by normalized name, its bytes and checksum."""

    path: str
    distribution: str
    size: int
    checksum: str = ""


class Contents(Struct, frozen=True, kw_only=True):
    """The files of an environment.

    Paths are below site-packages, and below the environment when they begin with ``/``.
    ``versions`` has every distribution whose files are known.
    """

    files: Mapping[str, OwnedFile] = field(default_factory=lambda: MappingProxyType({}))
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def label(self, name: str) -> str:
        """A distribution with its version."""
        return f"{name} {self.versions.get(name, '')}".strip()


def contents_of(distributions: Iterable[DistributionFacts]) -> Contents:
    """Put the file lists of distributions together; one that has none is omitted."""
    known = [facts for facts in distributions if facts.files is not None]
    files = {file.path: file for facts in known for file in _files(facts)}
    return Contents(
        files=MappingProxyType(files),
        versions=MappingProxyType({facts.name: facts.version for facts in known}),
    )


def _files(facts: DistributionFacts) -> Iterator[OwnedFile]:
    for file in facts.files or ():
        path = installed_path(file.path)
        if path:
            yield OwnedFile(
                path=path, distribution=facts.name, size=file.size, checksum=file.checksum
            )


def installed_path(path: str) -> str:
    """Where a member of a wheel lies; empty when that depends on the version of Python."""
    first, _, rest = path.partition("/")
    if not first.endswith(".data"):
        return path
    kind, _, inner = rest.partition("/")
    return f"{SCHEMES[kind]}{inner}" if kind in SCHEMES else ""


BY_NAME = "no module and never touched, but a module that stays may open them by name"


class Overrides(Struct, frozen=True, kw_only=True):
    """Each line of the settings with the files that it means.

    ``kept`` maps paths to the line that keeps them. A line that is in ``idle`` means nothing.
    """

    files: Mapping[Override, tuple[OwnedFile, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    kept: Mapping[str, Override] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, ask: Ask) -> tuple[Override, ...]:
        """The lines that ask for one thing."""
        return tuple(override for override in self.files if override.ask is ask)


def overrides_of(lines: Iterable[Override], contents: Contents) -> Overrides:
    """Look every line up among the files."""
    files = {override: meant_by(override.text, contents) for override in lines}
    kept = {
        file.path: override
        for override, found in files.items()
        if override.ask is Ask.KEEP
        for file in found
    }
    return Overrides(files=MappingProxyType(files), kept=MappingProxyType(kept))


def meant_by(text: str, contents: Contents) -> tuple[OwnedFile, ...]:
    """Files of a distribution, of a module with all below it, or below a path or pattern."""
    name = canonicalize_name(text)
    if is_path(text):
        return _matching({text, f"{text.rstrip('/')}/"}, contents)
    if name in contents.versions:
        return tuple(file for file in contents.files.values() if file.distribution == name)
    path = text.replace(".", "/")
    return _matching({f"{path}/", f"{path}.py", f"{path}.*.so", f"{path}.so"}, contents)


def is_path(text: str) -> bool:
    """Whether a line is a path or pattern, not a name."""
    return "/" in text or bool(WILD.search(text))


def _matching(paths: Collection[str], contents: Contents) -> tuple[OwnedFile, ...]:
    meant = Matcher.of((path, True) for path in paths)
    return tuple(file for path, file in contents.files.items() if meant.find(path))
