"""What lies around an environment in an image, as values: files, links, libraries, packages."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.systems import FileOwners

# Where programs and libraries are looked for.
PROGRAMS = (
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
)  # fmt: skip
MOST_LINKS = 10
LIBRARY = re.compile(r"\.so(?:\.[^/]*)?$")
BYTECODE = re.compile(r"__pycache__/([^/]+?)\.[^./]+(?:\.opt-\d)?\.pyc$")
LISTING = re.compile(r"/var/lib/dpkg/info/(?P<name>[^/:]+)(?::[^/.]+)?\.\w+$")


class SystemPackage(Struct, frozen=True, kw_only=True):
    """An installed package of Debian or Alpine.

    ``needs`` are its dependencies, each with the names of which one is enough, and ``recommends``
    what is there in all but unusual installations (Debian Policy 7.2); ``paths`` are its files,
    links and folders.
    """

    name: str
    needs: tuple[tuple[str, ...], ...] = ()
    recommends: tuple[tuple[str, ...], ...] = ()
    provides: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()


class System(Struct, frozen=True, kw_only=True, dict=True):
    """The file system of an image by absolute paths.

    ``files`` have their bytes, ``links`` what they lead to, ``libraries`` (all ELF files) the names
    of libraries that they need. ``environment`` are the variables of the image, ``manual`` the
    packages that were requested on top of the base image. ``digests`` are of the files that can be
    second names of equal ones; ``interpreted`` are programs that are scripts, each with what
    interprets it.
    """

    files: Mapping[str, int]
    links: Mapping[str, str]
    libraries: Mapping[str, tuple[str, ...]]
    packages: Mapping[str, SystemPackage]
    environment: Mapping[str, str]
    manual: frozenset[str] = frozenset()
    digests: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    interpreted: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def owners(self) -> Mapping[str, frozenset[str]]:
        """The packages of each file and link that has any.

        Byte code belongs to its source's package, and to a package what its installation makes.
        """
        found: dict[str, set[str]] = {}
        for package in self.packages.values():
            for path in package.paths:
                if path in self.files or path in self.links:
                    found.setdefault(path, set()).add(package.name)
        for path in self.files:
            if path in found:
                continue
            listing, compiled = LISTING.match(path), BYTECODE.sub(r"\1.py", path)
            if compiled in found:
                found[path] = found[compiled]
            elif listing and listing["name"] in self.packages:
                found[path] = {listing["name"]}
            elif owner := next((n for n, where in self.made if path.startswith(where)), ""):
                found[path] = {owner}
        return {path: frozenset(names) for path, names in found.items()}

    @cached_property
    def made(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The folders that the installation of packages makes, by package."""
        made = table(FileOwners).installed
        return tuple(
            (name, tuple(f"/{path}/" for path in paths))
            for name, paths in made.items()
            if name in self.packages
        )

    @cached_property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """The paths of shared libraries by the name under which they are loaded."""
        found: dict[str, list[str]] = {}
        for path in (*self.libraries, *self.links):
            name = posixpath.basename(path)
            if LIBRARY.search(name):
                found.setdefault(name, []).append(path)
        return {name: tuple(sorted(paths)) for name, paths in found.items()}

    def unresolved(self, folder: str) -> Mapping[str, str]:
        """Give the libraries that are nowhere, with a file of a folder that is linked to each."""
        return {
            name: path
            for path, needs in sorted(self.libraries.items())
            if path.startswith(f"{folder}/")
            for name in needs
            if name not in self.named
        }

    def chain(self, path: str) -> Iterator[str]:
        """Give a path and all that its links lead through."""
        for _ in range(MOST_LINKS):
            path = self._through_folders(path)
            yield path
            if path not in self.links:
                return
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), self.links[path]))

    def program(self, name: str) -> tuple[str, ...]:
        """Give the paths by which a program is found; empty when it is not there."""
        places = [name] if name.startswith("/") else [f"{folder}/{name}" for folder in PROGRAMS]
        for place in places:
            found = tuple(self.chain(place))
            if found[-1] in self.files:
                return found
        return ()

    def owned(self, paths: Iterable[str]) -> frozenset[str]:
        """Give the packages that some paths belong to."""
        return frozenset(name for path in paths for name in self.owners.get(path, ()))

    def _through_folders(self, path: str) -> str:
        """Give a path without links among its folders, such as ``/bin`` to ``/usr/bin``."""
        folder = "/" + path.lstrip("/").partition("/")[0]
        target = self.links.get(folder)
        if target and folder != path:
            return posixpath.normpath(f"/{target}{path[len(folder) :]}")
        return path


class Wanted(Struct, frozen=True, kw_only=True):
    """What must be there, each with the reason.

    ``packages`` are names, ``programs`` names or paths, ``libraries`` file names, ``paths`` files
    that were touched. ``loading`` are ELF files that may be loaded; the libraries that they need
    stay. ``without`` are packages that dependencies do not bring, ``optional`` those that one of
    some package does not, unless one is kept ``beside`` it that a pattern fits, ``single`` those
    whose programs do not need each other.
    """

    packages: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    paths: Collection[str] = ()
    loading: Collection[str] = ()
    without: Collection[str] = ()
    optional: Mapping[str, Collection[str]] = field(default_factory=dict)
    beside: Mapping[str, Collection[str]] = field(default_factory=dict)
    single: Collection[str] = ()


class SystemReach(Struct, frozen=True, kw_only=True):
    """The packages that stay, each with what it is needed by.

    ``programs`` are those of packages of which only these are needed.
    """

    packages: Mapping[str, str]
    programs: Mapping[str, frozenset[str]]


def reached_packages(system: System, wanted: Wanted) -> SystemReach:
    """Find the packages that stay."""
    search = _Search(system, wanted)
    for name, why in wanted.packages.items():
        search.package(name, why, asked=True)
    for program, why in wanted.programs.items():
        search.program(system.program(program), why)
    for library, why in wanted.libraries.items():
        search.library(library, why)
    for path in sorted(wanted.paths):
        search.program(system.chain(path), f"{path} was touched")
    for path in sorted(wanted.loading):
        search.needs_of(path)
    search.run()
    for name, patterns in wanted.beside.items():
        if any(fnmatchcase(found, each) for found in search.found for each in patterns):
            search.whole(name)
    single = {name: why for name, (_, why) in search.single.items() if name not in search.found}
    return SystemReach(
        packages={**search.found, **single},
        programs={name: frozenset(search.single[name][0]) for name in single},
    )


class _Search:
    def __init__(self, system: System, wanted: Wanted) -> None:
        self._system = system
        self._wanted = wanted
        self._queue: deque[SystemPackage] = deque()
        self._optional = dict(wanted.optional)
        self.found: dict[str, str] = {}
        self.single: dict[str, tuple[set[str], str]] = {}
        self._scripts: set[str] = set()
        self._providers: dict[str, list[str]] = {}
        for package in system.packages.values():
            for name in (package.name, *package.provides):
                self._providers.setdefault(name, []).append(package.name)

    def package(self, name: str, why: str, *, asked: bool = False) -> None:
        """Keep a package, unless it only serves the installation of others."""
        package = self._system.packages.get(name)
        if package and name not in self.found and (asked or name not in self._wanted.without):
            self.found[name] = why
            self._queue.append(package)

    def paths(self, paths: Iterable[str], why: str) -> None:
        """Keep the packages of some files."""
        for name in sorted(self._system.owned(paths)):
            self.package(name, why, asked=True)

    def program(self, paths: Iterable[str], why: str) -> None:
        """Keep a program: by itself where the package says nothing else, or with its package."""
        for path in paths:
            for name in sorted(self._system.owners.get(path, ())):
                if path in self._system.interpreted:
                    self.script(path, name)
                if name not in self._wanted.single:
                    self.package(name, why, asked=True)
                    self.recommended(name)
                    continue
                self.single.setdefault(name, (set(), why))[0].add(path)
                self.needs_of(path)

    def recommended(self, name: str) -> None:
        """Keep what a program may use that is recommended with its package."""
        for names in self._system.packages[name].recommends:
            for other in self._installed(names):
                self.package(other, f"{name} recommends it")

    def script(self, path: str, name: str) -> None:
        """Keep what interprets a program of a package, as its package depends on it.

        Others may only need that for their installation.
        """
        if path in self._scripts:
            return
        self._scripts.add(path)
        by = self._system.interpreted[path]
        why = f"{path} is interpreted by it"
        self.program(self._system.program(by), why)
        for names in self._system.packages[name].needs:
            for other in self._installed(names):
                if other.startswith(posixpath.basename(by)):
                    self.package(other, why, asked=True)

    def needs_of(self, path: str, optional: Collection[str] = ()) -> None:
        """Keep the libraries that a file needs, but for those of ``optional`` packages."""
        for library in self._system.libraries.get(path, ()):
            self.library(library, f"{path} needs {library}", optional)

    def library(self, name: str, why: str, optional: Collection[str] = ()) -> None:
        """Keep the packages that bring a library."""
        for path in self._system.named.get(name, ()):
            chain = self._system.chain(path)
            if not optional or not self._system.owned(chain) <= set(optional):
                self.paths(chain, why)

    def run(self) -> None:
        """Follow dependencies and libraries until nothing new is found."""
        while self._queue:
            package = self._queue.popleft()
            optional = self._optional.get(package.name, ())
            for names in package.needs:
                for name in self._installed(names):
                    if name not in optional:
                        self.package(name, f"{package.name} depends on it")
            for path in sorted(package.paths & self._system.libraries.keys()):
                if LIBRARY.search(path):
                    self.needs_of(path, optional)

    def whole(self, name: str) -> None:
        """Keep what a package needs without exception."""
        if self._optional.pop(name, None) and name in self.found:
            self._queue.append(self._system.packages[name])
            self.run()

    def _installed(self, names: Iterable[str]) -> Iterator[str]:
        """Give the packages that meet a dependency: all that are there, as apt would keep them."""
        for name in names:
            found = self._providers.get(name, [])
            if found:
                yield from found
                return
