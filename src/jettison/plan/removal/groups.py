"""Groups of files that leave an environment together, and files that stay unproven."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from jettison.contents.environment import module_name
from jettison.contents.reach import Observed, source_of
from jettison.formats.settings import Ask, Wish
from jettison.index.facts import DistributionFacts, byte_code_of
from jettison.plan.removal.paths import WILD, Matcher, collapsed
from jettison.values import Basis, Size


class Group(Struct, frozen=True, kw_only=True):
    """Paths of one distribution that leave together.

    ``paths`` are below site-packages, or below the environment when they begin with ``/``; one
    that ends in ``/`` is a folder, and ``*`` and ``**`` are patterns. ``reason`` names what it is
    in a few words. ``together`` says that none leaves without the others. ``not_counting`` are
    patterns of files whose imports do not keep the group. ``sections`` are patterns of shared
    libraries that are shortened. ``links`` are pairs of a path and of the equal file that it
    becomes another name of. ``bytes`` are those of the files, or what the libraries
    lose; ``source_bytes`` those of Python files among them, whose byte code goes too.
    """

    rule: str
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


# Metadata and licences stay by rule, and bundled libraries because something is linked to them.
_SPOKEN_FOR = (".dist-info/", ".libs/", "LICENSE", "COPYING")
BY_NAME = "no module and never touched, but a module that stays may open them by name"


class Unproven(Struct, frozen=True, kw_only=True):
    """Files of one distribution that stay for the same reason; ``bytes`` with their byte code.

    ``paths`` are below site-packages; one that ends in ``/`` is a folder.
    """

    distribution: str
    reason: str
    paths: tuple[str, ...]
    files: int
    bytes: int


def unproven(observed: Observed, gone: Collection[str]) -> tuple[Unproven, ...]:
    """Give all that stays without a proof of use, the heaviest first; ``gone`` leaves."""
    installed = observed.installed
    every = [path for path in installed.files if not path.endswith(".pyc")]
    found: dict[tuple[str, str], set[str]] = {}
    for path, reason in _reasons(observed):
        if path not in gone:
            found.setdefault((installed.owners.get(path, ""), reason), set()).add(path)
    sizes: dict[str, int] = {}
    for path, size in installed.files.items():
        sizes[source_of(path)] = sizes.get(source_of(path), 0) + size
    made = (
        Unproven(
            distribution=owner or "no distribution",
            reason=reason,
            paths=collapsed(paths, every, lambda _: True),
            files=len(paths),
            bytes=sum(sizes[path] for path in paths),
        )
        for (owner, reason), paths in found.items()
    )
    return tuple(sorted(made, key=lambda one: (-one.bytes, one.distribution, one.reason)))


def _reasons(observed: Observed) -> Iterator[tuple[str, str]]:
    """Give each such file: modules that computed names may load, and data that nobody touched."""
    installed, reach = observed.installed, observed.reach
    for name in reach.unsure:
        yield installed.modules.files[name], reach.modules[name]
    touched = {path.removeprefix(f"{installed.site}/") for path in observed.trace.touched}
    for path in installed.files:
        spoken_for = any(part in path for part in _SPOKEN_FOR) or path.endswith((".pyc", ".pth"))
        if not spoken_for and path not in touched and not module_name(path):
            yield path, BY_NAME


class Wishes(Struct, frozen=True, kw_only=True):
    """Each line of the settings with the files that it means.

    ``kept`` maps paths to the line that keeps them. A line that is in ``idle`` means nothing.
    """

    files: Mapping[Wish, tuple[OwnedFile, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    kept: Mapping[str, Wish] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, ask: Ask) -> tuple[Wish, ...]:
        """The lines that ask for one thing."""
        return tuple(wish for wish in self.files if wish.ask is ask)


def wishes_of(lines: Iterable[Wish], contents: Contents) -> Wishes:
    """Look every line up among the files."""
    files = {wish: meant_by(wish.text, contents) for wish in lines}
    kept = {
        file.path: wish for wish, found in files.items() if wish.ask is Ask.KEEP for file in found
    }
    return Wishes(files=MappingProxyType(files), kept=MappingProxyType(kept))


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
