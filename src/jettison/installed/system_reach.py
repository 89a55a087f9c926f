"""Which packages of an image can be reached: by name, by libraries, programs, and touched files."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from jettison.installed.system import System, SystemPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What must be there, each with the reason.

    ``packages`` are names, ``programs`` names or paths, ``libraries`` file names, ``paths`` files
    that were touched. ``loading`` are ELF files that may be loaded; the libraries that they need
    stay. ``without`` are packages that dependencies do not bring, with the reason of each.
    """

    packages: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    paths: Collection[str] = ()
    loading: Collection[str] = ()
    without: Collection[str] = ()


def reached_packages(system: System, wanted: Wanted) -> Mapping[str, str]:
    """Give the packages that stay, with what each is needed by."""
    search = _Search(system, wanted.without)
    for name, why in wanted.packages.items():
        search.package(name, why, asked=True)
    for program, why in wanted.programs.items():
        search.paths(system.program(program), why)
    for library, why in wanted.libraries.items():
        search.library(library, why)
    for path in sorted(wanted.paths):
        search.paths(system.chain(path), f"{path} was touched")
    for path in sorted(wanted.loading):
        for library in system.libraries.get(path, ()):
            search.library(library, f"{path} needs {library}")
    search.run()
    return search.found


class _Search:
    def __init__(self, system: System, without: Collection[str]) -> None:
        self._system = system
        self._without = without
        self._queue: deque[SystemPackage] = deque()
        self.found: dict[str, str] = {}
        self._providers: dict[str, list[str]] = {}
        for package in system.packages.values():
            for name in (package.name, *package.provides):
                self._providers.setdefault(name, []).append(package.name)

    def package(self, name: str, why: str, *, asked: bool = False) -> None:
        """Keep a package, unless it only serves the installation of others."""
        package = self._system.packages.get(name)
        if package and name not in self.found and (asked or name not in self._without):
            self.found[name] = why
            self._queue.append(package)

    def paths(self, paths: Iterable[str], why: str) -> None:
        """Keep the packages of some files."""
        for name in sorted(self._system.owned(paths)):
            self.package(name, why, asked=True)

    def library(self, name: str, why: str) -> None:
        """Keep the packages that bring a library."""
        for path in self._system.named.get(name, ()):
            self.paths(self._system.chain(path), why)

    def run(self) -> None:
        """Follow dependencies and libraries until nothing new is found."""
        while self._queue:
            package = self._queue.popleft()
            for names in package.needs:
                for name in self._installed(names):
                    self.package(name, f"{package.name} depends on it")
            for path in sorted(package.paths & self._system.libraries.keys()):
                if ".so" in path.rpartition("/")[2]:
                    for library in self._system.libraries[path]:
                        self.library(library, f"{path} needs {library}")

    def _installed(self, names: Iterable[str]) -> Iterator[str]:
        """Give the packages that meet a dependency: all that are there, as apt would keep them."""
        for name in names:
            found = self._providers.get(name, [])
            if found:
                yield from found
                return
