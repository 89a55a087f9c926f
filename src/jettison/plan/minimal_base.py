"""The minimal base as a request: what it is made of, what it omits, how large it will be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.base_release import facts_of
from jettison.catalogue.bases import ComposedBase, ComposedBaseSizes, LeftOut, Measured
from jettison.catalogue.packaging import package_of_library
from jettison.errors import UnsupportedError
from jettison.images.tar_writer import Member
from jettison.index.debian.package import Package
from jettison.values import Basis, Size, Skipped

# Debian's name of an architecture, as image platforms name it too, and its directory of libraries.
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


class BaseRequest(Struct, frozen=True, kw_only=True):
    """The wanted base.

    ``python`` is a minor version (``3.13``) and ``architecture`` Debian's name (``amd64``).
    ``packages`` are Debian packages that the application needs at run time, ``libraries`` the file
    names of shared libraries that its wheels need (``libstdc++.so.6``). ``timezones`` brings the
    time zone database, ``shell`` busybox for debugging. ``keep`` names groups of files that are
    otherwise omitted (``gconv``). ``programs`` are the only ones that are called of the package
    that has the common programs, None where that is not known; ``library`` the only files of the
    standard library that stay, by their paths below it, None for all.
    """

    python: str
    architecture: str = "amd64"
    packages: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    timezones: bool = False
    shell: bool = False
    keep: frozenset[str] = frozenset()
    programs: frozenset[str] | None = None
    library: frozenset[str] | None = None

    @property
    def release(self) -> str:
        """The Debian release that ships this Python; raises UnsupportedError when none does."""
        pythons = table(ComposedBase).python
        if self.python not in pythons or self.architecture not in TRIPLETS:
            raise UnsupportedError(
                f"no minimal base for Python {self.python} on {self.architecture}",
                why="Debian ships one Python with each release",
                hint=f"Pythons: {', '.join(pythons)}; architectures: {', '.join(TRIPLETS)}."
                " Or take a base image from a registry.",
            )
        return pythons[self.python].release

    @property
    def triplet(self) -> str:
        """The name of the directory under /usr/lib that holds shared libraries."""
        return TRIPLETS[self.architecture]


class BaseChoice(Struct, frozen=True, kw_only=True):
    """The packages of a base, ordered by name.

    ``key`` is the same for two choices that give the same tree. ``unknown`` are the asked libraries
    that no package is known for.
    """

    request: BaseRequest
    packages: tuple[Package, ...]
    key: str
    unknown: tuple[str, ...] = ()


class BaseTree(Struct, frozen=True, kw_only=True):
    """A composed base.

    ``members`` are its files, ordered by path, each with the time 0. ``python_version`` is the full
    version (``3.13.5``) and ``interpreter`` its path. ``left_out`` maps the name of each group of
    files to the bytes that it would have taken, ``brought_back`` are shared libraries of such
    groups that something needs. ``notes`` say what may not work as after a real installation.
    """

    members: tuple[Member, ...]
    packages: tuple[Package, ...]
    key: str
    python_version: str
    interpreter: str
    brought_back: tuple[str, ...] = ()
    notes: tuple[Skipped, ...] = ()

    @property
    def size(self) -> int:
        """Uncompressed bytes of the contents."""
        return sum(member.entry.size for member in self.members)


UNREACHED = "unreached-modules"
_TOKENS = re.compile(r"\*\*/|\*\*|\*|[^*]+")
_MEANINGS = {"**/": r"(?:[^/]+/)*", "**": r".*", "*": r"[^/]*"}


class Group(Struct, frozen=True, kw_only=True):
    """Files that are omitted for one reason, except those that ``keep`` matches.

    ``package`` limits the group to one package; it is empty for all.
    """

    name: str
    paths: re.Pattern[str]
    keep: re.Pattern[str]
    package: str = ""

    def covers(self, path: str, package: str) -> bool:
        """Tell whether the group leaves this path of a package out."""
        return (
            self.package in {"", package}
            and bool(self.paths.fullmatch(path))
            and not self.keep.fullmatch(path)
        )


def groups(
    keep: Collection[str] = frozenset(),
    programs: Collection[str] | None = None,
    library: Collection[str] | None = None,
) -> tuple[Group, ...]:
    """Return the groups of the catalogue, except those that ``keep`` names.

    A group of one package's files is also kept by the package's name. When it is known which
    ``programs`` are called, the others of the package that has the common ones are a group too;
    that package was requested because of some of them, so its name keeps none. When it is known
    which files of the standard ``library`` are reached (their paths below it), the other modules
    are one too, and so are libraries that only modules link to: what is still needed comes back.
    """
    found = tuple(
        Group(
            name=group.name,
            paths=pattern(group.paths),
            keep=pattern(group.keep),
            package=group.of_package,
        )
        for group in table(ComposedBase).leave_out
        if group.name not in keep and group.of_package not in keep
    )
    uncalled = table(ComposedBase).uncalled_programs
    if programs is not None and uncalled.name not in keep:
        found = (*found, _uncalled(uncalled, programs))
    return found if library is None else (*found, *_unreached(library, keep))


def _unreached(library: Collection[str], keep: Collection[str]) -> Iterable[Group]:
    yield Group(
        name=UNREACHED,
        paths=pattern(["usr/lib/python3.*/**/*.py", "usr/lib/python3.*/**/*.so"]),
        keep=pattern(f"usr/lib/python3.*/{path}" for path in library),
        package="",
    )
    packages = {path.partition("/")[0] for path in library if "/" in path}
    places = ("lib-dynload", "__pycache__", "*-packages", *packages)
    yield Group(
        name=UNREACHED,
        paths=pattern(["usr/lib/python3.*/*/*/**"]),
        keep=pattern(f"usr/lib/python3.*/{place}/**" for place in places),
    )
    for package in table(ComposedBase).library.linked_by_modules:
        if package not in keep:
            paths = pattern(["usr/lib/*/**/*.so*", "lib/*/**/*.so*"])
            yield Group(name=UNREACHED, paths=paths, keep=pattern(()), package=package)


def _uncalled(known: LeftOut, programs: Collection[str]) -> Group:
    return Group(
        name=known.name,
        paths=pattern(known.paths),
        keep=pattern(path.replace("*", name) for path in known.paths for name in programs),
        package=known.of_package,
    )


def group_of(path: str, package: str, among: Iterable[Group]) -> str:
    """Return the name of the first group that leaves ``path`` out, or nothing."""
    return next((group.name for group in among if group.covers(path, package)), "")


def pattern(globs: Iterable[str]) -> re.Pattern[str]:
    """Compile globs to one pattern.

    ``*`` stays within a path component, ``**`` does not; ``a/**`` covers what is below ``a`` and
    ``a`` itself.
    """
    return re.compile("|".join(_expression(glob) for glob in globs) or r"(?!)")


def _expression(glob: str) -> str:
    below = glob.endswith("/**")
    tokens = _TOKENS.findall(glob.removesuffix("/**"))
    text = "".join(_MEANINGS.get(token) or re.escape(token) for token in tokens)
    return f"{text}(?:/.*)?" if below else text


def predicted_size(request: BaseRequest) -> Size | None:
    """Return the uncompressed bytes of a base, with its standard library's bytecode.

    The base itself was measured, and so were the files that many packages add; of others the
    Installed-Size counts, with documentation that will be omitted. None for a base that was not
    measured.
    """
    table_of_sizes = table(ComposedBaseSizes)
    known = table_of_sizes.python.get(request.python)
    measured = known and known.on(request.architecture)
    if not measured:
        return None
    release = request.release
    found = (package_of_library(name, release) for name in request.libraries)
    always = table(ComposedBase).packages
    wanted = [
        *request.packages,
        *(package for package in found if package),
        *(always.timezones if request.timezones else ()),
        *(always.shell if request.shell else ()),
    ]
    return Size(
        bytes=measured.files + measured.bytecode + _added(request, wanted),
        basis=Basis.CATALOGUED,
        source=f"composed and measured, {table_of_sizes.date}",
    )


def _added(request: BaseRequest, wanted: list[str]) -> int:
    """Return the bytes of the packages that ``wanted`` brings to the measured base."""
    facts = facts_of(request.release)
    known = table(ComposedBaseSizes).python[request.python]
    left_out = set(table(ComposedBase).left_out_packages) - set(wanted)
    packages = facts.closure(wanted, {*known.packages, *left_out}) if facts else ()
    return sum(known.kept.get(package.name, package.size) for package in packages)


# Where a Dockerfile puts the root of the image together.
ROOT = "/root-of-image"


class ArchiveFile(Struct, frozen=True, kw_only=True):
    """A package's file: ``path`` below the archive's root, ``sha256`` in hex.

    ``security`` says that the security archive has it.
    """

    name: str
    path: str
    sha256: str
    security: bool


class Composition(Struct, frozen=True, kw_only=True):
    """What a composed base is made of, and what its tree was found to need.

    ``image`` is the official image that the stages which build stand on; it has the same C library.
    ``packages`` are ordered by name, ``shell`` is the package that runs steps and is not part of
    the tree. ``asked`` are the packages that the application needs, by the names of the release.
    ``kept`` are shared libraries that a group of the catalogue omits and that something needs,
    ``links`` those (path and target) that maintainer scripts would have made, ``groups_kept`` the
    names of groups of the catalogue that are not omitted. ``archive`` and ``security_archive`` are
    the addresses of the archives that have the packages.
    """

    image: str
    python: str
    architecture: str
    packages: tuple[ArchiveFile, ...]
    shell: ArchiveFile
    asked: tuple[str, ...]
    kept: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    time_zones: bool
    groups_kept: tuple[str, ...] = ()
    archive: str
    security_archive: str
    size: Size
    notes: tuple[Skipped, ...] = ()


def minor_of(name: str) -> int:
    """The second number of a version of Python, or of a tag that begins with one; 0 for none."""
    return int(name.partition("-")[0].partition(".")[2] or 0)


def smallest(python: str) -> Measured | None:
    """What was measured of the smallest base with a Python."""
    known = table(ComposedBaseSizes).python.get(python)
    return known.on("amd64") if known else None


def smallest_alike(python: str) -> Measured | None:
    """That of the nearest series where this one was not measured: they differ by two per cent."""
    known = sorted(table(ComposedBaseSizes).python, key=minor_of)
    if not python.startswith("3."):
        return None
    return smallest(min(known, key=lambda one: abs(minor_of(one) - minor_of(python))))
