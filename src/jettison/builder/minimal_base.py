"""Choose the packages of a minimal base, and make it."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from jettison import __version__
from jettison.builder.minimal_packages import Unpacked, is_unpacked, root_links, unpacked
from jettison.builder.minimal_selection import (
    DIRECTORY,
    SOURCES,
    Missing,
    Piece,
    Selection,
    account_members,
    certificate_members,
    database_members,
    listed_libraries,
    missing_libraries,
    notes_of,
    pieces,
    select,
)
from jettison.catalogue import resource, table
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.packaging import package_of_library
from jettison.errors import NetworkError, PackageError
from jettison.formats.elf import listing_program, loader_cache
from jettison.images.entry import Kind
from jettison.images.tar_writer import Member
from jettison.index.debian import Archive
from jettison.index.debian.package import Package
from jettison.index.debian.packages import PackageIndex, closure
from jettison.plan.minimal_base import BaseChoice, BaseRequest, BaseTree, Group, group_of, groups
from jettison.records import Records
from jettison.values import folders_above, replace

# Raised when the same packages are composed differently.
_FORMAT = "1"


def choose(request: BaseRequest, index: PackageIndex) -> BaseChoice:
    """Resolve the packages of a base in the index of its release and architecture.

    Packages that only serve installation are not among them, unless requested. Raises
    PackageError for a package that does not exist and UnsupportedError for another Python.
    """
    facts = table(ComposedBase)
    found = {name: package_of_library(name, request.release) for name in request.libraries}
    wanted = [*_seeds(request), *(package for package in found.values() if package)]
    left_out = set(facts.left_out_packages) - set(wanted)
    packages = tuple(closure(index, wanted, left_out))
    return BaseChoice(
        request=request,
        packages=packages,
        key=_key(request, [package.sha256 for package in packages]),
        unknown=tuple(name for name, package in found.items() if not package),
    )


def _seeds(request: BaseRequest) -> Iterator[str]:
    facts = table(ComposedBase)
    # Raises for a Python that no release ships.
    release = request.release
    yield from facts.packages.always
    yield from (name for python in facts.python.values() if python.release == release
                for name in python.packages)  # fmt: skip
    if request.timezones:
        yield from facts.packages.timezones
    if request.shell:
        yield from facts.packages.shell
    yield from request.packages


def _key(request: BaseRequest, hashes: list[str]) -> str:
    """Hash everything that the tree depends on."""
    running = hashlib.sha256(resource("composed_base.toml"))
    wanted = (
        *(_FORMAT, request.python, request.architecture, str(request.timezones)),
        *(str(request.shell), " ".join(sorted(request.keep))),
        *(" ".join(sorted(request.libraries)), " ".join(hashes)),
        *(() if request.programs is None else (" ".join(sorted(request.programs)),)),
        *(() if request.library is None else ("library", *sorted(request.library))),
    )
    running.update("\0".join(wanted).encode())
    return running.hexdigest()


def chosen(request: BaseRequest, archive: Archive) -> BaseChoice:
    """Choose the packages of a base from the archive, or return what was chosen before.

    A kept choice holds for the same request, archive, catalogue and version of Jettison, and costs
    a hundredth of resolving. Raises as ``choose`` and ``Archive.index`` do.
    """
    records, name = Records(archive.folder / "choices"), _name(request, archive)
    known = records.get(tuple[tuple[Package, ...], str, tuple[str, ...]], name)
    if known is not None:
        packages, key, unknown = known
        return BaseChoice(request=request, packages=packages, key=key, unknown=unknown)
    found = choose(request, archive.index(request.release, request.architecture))
    records.put((found.packages, found.key, found.unknown), name)
    return found


def _name(request: BaseRequest, archive: Archive) -> str:
    fingerprint = archive.fingerprint(request.release, request.architecture)
    running = hashlib.sha256(resource("composed_base.toml"))
    keep = " ".join(sorted(request.keep))
    wanted = (__version__, fingerprint, request.python, request.architecture, keep,
              repr((request.packages, request.libraries, request.timezones, request.shell)),
              repr(request.programs and sorted(request.programs)),
              repr(request.library and sorted(request.library)))  # fmt: skip
    running.update("\0".join(wanted).encode())
    return running.hexdigest()


_FETCHED_AT_ONCE = 4
# Unpacking xz takes up to 20 MB each.
_UNPACKED_AT_ONCE = 2
_NSSWITCH = b"passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"


def composed_base(
    request: BaseRequest, archive: Archive, ahead: Mapping[str, Unpacked] | None = None
) -> BaseTree:
    """Choose, fetch and compose a base; ``ahead`` is what ``unpacked_ahead`` gave.

    When a package is not on the mirror any more because the kept index is older than the mirror,
    the index is read again. Raises UnsupportedError for a Python that no release ships,
    PackageError for a package that does not exist or a library that nothing provides, NetworkError
    and IntegrityError of the archive.
    """
    choice = chosen(request, archive)
    try:
        return compose(choice, archive, ahead or {})
    except NetworkError:
        archive.refresh()
        newer = chosen(request, archive)
        if newer.key == choice.key:
            raise
        return compose(newer, archive, ahead or {})


def compose(choice: BaseChoice, archive: Archive, ahead: Mapping[str, Unpacked]) -> BaseTree:
    """Fetch the packages of a choice and compose them; raises as ``composed_base`` does."""
    request = choice.request
    packages = _unpack(choice, archive, ahead)
    keep = request.keep | set(request.packages)
    leave_out = groups(keep, request.programs, request.library)
    selection = select(pieces(packages), leave_out, request.libraries)
    for member in _added(request, packages, selection):
        selection.place(Piece(member=member))
    for member in _listed(request, packages, selection):
        selection.place(Piece(member=member))
    missing = tuple(missing_libraries(selection.elves, selection.members, request.triplet))
    _require_libraries(missing, selection)
    _add_directories(selection.members)
    version = packages[f"python{request.python}-minimal"].control["Version"]
    return BaseTree(
        members=tuple(selection.members[path] for path in sorted(selection.members)),
        packages=choice.packages,
        key=choice.key,
        python_version=version.partition("-")[0],
        interpreter=f"/usr/bin/python{request.python}",
        brought_back=tuple(_brought_back(selection, leave_out)),
        notes=tuple(notes_of(choice, packages, selection, missing)),
    )


def _brought_back(selection: Selection, leave_out: tuple[Group, ...]) -> Iterator[str]:
    for path, owner in sorted(selection.owners.items()):
        if owner and ".so" in path and group_of(path, owner, leave_out):
            yield path


def unpacked_ahead(
    choice: BaseChoice, archive: Archive, go_on: Callable[[], bool]
) -> dict[str, Unpacked]:
    """Fetch and unpack the packages of a choice that are not unpacked yet, by their hashes.

    No package is begun when ``go_on`` says no. Those that are unpacked will be read when a base is
    composed, if it is: it may be known, too.
    """
    folder = archive.folder / "unpacked"

    def ahead(package: Package) -> Unpacked | None:
        if not go_on():
            return None
        deb = archive.deb(package)
        return None if is_unpacked(deb, folder) else unpacked(deb, folder)

    with ThreadPoolExecutor(_UNPACKED_AT_ONCE) as workers:
        found = zip(choice.packages, workers.map(ahead, choice.packages), strict=True)
        return {package.sha256: each for package, each in found if each is not None}


def _unpack(
    choice: BaseChoice, archive: Archive, ahead: Mapping[str, Unpacked]
) -> dict[str, Unpacked]:
    """Fetch and unpack several packages at once; libraries that unpack release the interpreter."""
    folder = archive.folder / "unpacked"
    missing = [package for package in choice.packages if package.sha256 not in ahead]
    with ThreadPoolExecutor(_FETCHED_AT_ONCE) as workers:
        files = list(workers.map(archive.deb, missing))
    with ThreadPoolExecutor(_UNPACKED_AT_ONCE) as workers:
        results = workers.map(lambda file: unpacked(file, folder), files)
        names = (package.sha256 for package in missing)
        known = {**ahead, **dict(zip(names, results, strict=True))}
    return {package.name: known[package.sha256] for package in choice.packages}


def _added(
    request: BaseRequest, packages: dict[str, Unpacked], selection: Selection
) -> Iterator[Member]:
    """Yield what maintainer scripts and Debian's installer would have made."""
    yield from root_links(request.architecture)
    yield from account_members()
    yield from certificate_members(dict(_certificates(packages)))
    yield Member.file("etc/nsswitch.conf", _NSSWITCH)
    yield Member.symlink("usr/bin/python3", f"python{request.python}")
    yield Member.symlink("usr/bin/python", f"python{request.python}")
    yield Member.symlink("var/run", "/run")
    yield Member.symlink("var/lock", "/run/lock")
    if request.timezones:
        yield Member.symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC")
    if request.shell:
        applets = table(ComposedBase).shell.applets
        yield from (Member.symlink(f"usr/bin/{name}", "busybox") for name in applets)
    for path, target in table(ComposedBase).links.items():
        place = path.replace("{triplet}", request.triplet)
        if f"{posixpath.dirname(place)}/{target}" in selection.members:
            yield Member.symlink(place, target)


def _listed(
    request: BaseRequest, packages: dict[str, Unpacked], selection: Selection
) -> Iterator[Member]:
    """Yield the lists of what the tree holds: for the loader and for scanners."""
    libraries = listed_libraries(selection, request.triplet)
    yield Member.file("etc/ld.so.cache", loader_cache(libraries, request.architecture))
    program = listing_program(f"/usr/bin/python{request.python}", request.architecture)
    yield Member.file("usr/sbin/ldconfig", program, mode=0o755)
    yield Member.directory(DIRECTORY)
    for name, package in packages.items():
        yield from database_members(name, package, selection.of_package(name))


def _certificates(packages: dict[str, Unpacked]) -> Iterator[tuple[str, bytes]]:
    for member in packages["ca-certificates"].members:
        if member.entry.kind is Kind.FILE and member.entry.path.startswith(SOURCES):
            yield member.entry.path, b"".join(member.content())


def _require_libraries(missing: tuple[Missing, ...], selection: Selection) -> None:
    for each in missing:
        if each.required:
            raise PackageError(
                f"{each.file} needs {each.library}, which no chosen package has",
                why=f"it belongs to {selection.owners.get(each.file, 'the base')}",
                hint="Install the package that ships the library.",
            )


def _add_directories(members: dict[str, Member]) -> None:
    """Add the directories that no package names, so that every path has its parents."""
    for parent in folders_above(members):
        members.setdefault(parent, Member.directory(parent))
    for path, mode in (("tmp", 0o1777), ("var/tmp", 0o1777), ("run", 0o755)):
        known = members.get(path, Member.directory(path))
        members[path] = replace(known, entry=replace(known.entry, mode=mode))
