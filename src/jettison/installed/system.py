"""What lies around an environment in an image, as values: files, links, libraries, packages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from jettison.debian.relations import parse_provides, parse_relations

# Where programs and libraries are looked for.
PROGRAMS = (
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
)  # fmt: skip
MOST_LINKS = 10


class SystemPackage(Struct, frozen=True, kw_only=True):
    """An installed package of Debian.

    ``needs`` are its dependencies, each with the names of which one is enough; ``paths`` its files,
    links and folders.
    """

    name: str
    version: str
    needs: tuple[tuple[str, ...], ...] = ()
    provides: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()


class System(Struct, frozen=True, kw_only=True, dict=True):
    """The file system of an image by absolute paths.

    ``files`` have their bytes, ``links`` what they lead to, ``libraries`` (all ELF files) the names
    of libraries that they need. ``environment`` are the variables of the image, ``manual`` the
    packages that were asked for on top of the base image.
    """

    files: Mapping[str, int]
    links: Mapping[str, str]
    libraries: Mapping[str, tuple[str, ...]]
    packages: Mapping[str, SystemPackage]
    environment: Mapping[str, str]
    manual: frozenset[str] = frozenset()

    @cached_property
    def owners(self) -> Mapping[str, frozenset[str]]:
        """The packages of each file and link that has any."""
        found: dict[str, set[str]] = {}
        for package in self.packages.values():
            for path in package.paths:
                if path in self.files or path in self.links:
                    found.setdefault(path, set()).add(package.name)
        return {path: frozenset(names) for path, names in found.items()}

    @cached_property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """The paths of shared libraries by the name under which they are loaded."""
        found: dict[str, list[str]] = {}
        for path in (*self.libraries, *self.links):
            name = posixpath.basename(path)
            if ".so" in name:
                found.setdefault(name, []).append(path)
        return {name: tuple(sorted(paths)) for name, paths in found.items()}

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


def debian_package(fields: Mapping[str, str], paths: frozenset[str]) -> SystemPackage:
    """Read a paragraph of dpkg's status; ``paths`` are the package's."""
    needs = (
        *parse_relations(fields.get("Pre-Depends", "")),
        *parse_relations(fields.get("Depends", "")),
    )
    return SystemPackage(
        name=fields["Package"],
        version=fields.get("Version", ""),
        needs=tuple(tuple(relation.name for relation in each) for each in needs),
        provides=tuple(each.name for each in parse_provides(fields.get("Provides", ""))),
        paths=paths,
    )
