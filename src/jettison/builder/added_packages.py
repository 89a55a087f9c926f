"""Debian packages on a base that is an image: a layer made of their files, without dpkg."""

from __future__ import annotations

import fnmatch
import hashlib
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from jettison.builder import FIXED_TIME
from jettison.builder.base import BaseFacts
from jettison.builder.foundation import FoundationLayer, layer_of
from jettison.builder.minimal_packages import Unpacked, unpacked
from jettison.builder.minimal_selection import listed_libraries, pieces, select, status_of
from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.packaging import translated
from jettison.errors import UnsupportedError
from jettison.formats.elf import loader_cache
from jettison.images.entry import Kind
from jettison.images.stores.blobs import SegmentCache
from jettison.images.tar_writer import Member
from jettison.index.debian import Archive
from jettison.index.debian.package import Package
from jettison.index.debian.packages import closure
from jettison.plan.minimal_base import TRIPLETS
from jettison.values import Skipped, replace


class PathFilter(Protocol):
    """Tells whether a path, without a leading slash, is installed."""

    def __call__(self, path: str, *, folder: bool) -> bool:
        """Return the answer; a folder also stays when something in it may be included."""


def path_filter(lines: Iterable[str]) -> PathFilter:
    """Read ``path-exclude`` and ``path-include`` lines; of those that match, the last decides."""
    rules: list[tuple[bool, re.Pattern[str], str]] = []
    for line in lines:
        name, _, pattern = line.strip().partition("=")
        if name in {"path-exclude", "path-include"}:
            start = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
            rules.append((name == "path-include", re.compile(fnmatch.translate(pattern)), start))

    def wanted(path: str, *, folder: bool) -> bool:
        full = f"/{path}"
        verdict = True
        for included, pattern, start in rules:
            may_hold = f"{full}/".startswith(start) or start.startswith(f"{full}/")
            if pattern.fullmatch(full) or (folder and included and may_hold):
                verdict = included
        return verdict

    return wanted


_FORMAT = "1"
STATUS, LOADER_CACHE = "var/lib/dpkg/status", "etc/ld.so.cache"
# Where slim images tell dpkg what to omit.
SETTINGS = "etc/dpkg/dpkg.cfg.d/"
_INFORMATION = "var/lib/dpkg/info"
_SCRIPTS = frozenset({"preinst", "postinst", "prerm", "postrm", "config"})
_HEADER_SIZE, _ENTRY_SIZE, _MAGIC = 48, 24, b"glibc-ld.so.cache1.1"


class AddedPackages(Struct, frozen=True, kw_only=True):
    """The layer, what is known of the base with it, and what its scripts would have done."""

    layer: FoundationLayer
    facts: BaseFacts
    notes: tuple[Skipped, ...]


def added_packages(
    names: Sequence[str], facts: BaseFacts, architecture: str, archive: Archive, cache: SegmentCache
) -> AddedPackages:
    """Lay packages, and what they depend on, on a base.

    dpkg's list, its lists of files and the loader's cache are kept true; scripts of packages are
    not run, and those that matter are noted. Raises UnsupportedError for a base that is not
    Debian's, PackageError for a package that does not exist, and as the archive does.
    """
    release = facts.release
    if not release:
        raise UnsupportedError(
            f"{', '.join(names)} cannot be installed on this base",
            why=f"it is {facts.distribution or 'not known'}, and not Debian",
            hint="Build on the minimal base: `--base composed`.",
        )
    index = archive.index(release, architecture)
    wanted = [translated(name, release) or name for name in names]
    packages = closure(index, wanted, [name for name, _, _ in facts.debian])
    members = list(_members(packages, facts, architecture, archive))
    key = _key(packages, facts)
    segment = cache.get(key) or cache.put(key, [m.dated(FIXED_TIME) for m in members])
    folders = {m.entry.path for m in members if m.entry.kind is Kind.DIRECTORY}
    added = ((p.name, p.version, p.architecture) for p in packages)
    scripts = table(ComposedBase).needs_scripts
    return AddedPackages(
        layer=layer_of([segment], cache),
        facts=replace(
            facts, directories=facts.directories | folders, debian=(*facts.debian, *added)
        ),
        notes=tuple(
            Skipped(what=f"the installation scripts of {p.name}", reason=scripts[p.name])
            for p in packages
            if p.name in scripts
        ),
    )


def _key(packages: Iterable[Package], facts: BaseFacts) -> str:
    hashes = (package.sha256 for package in packages)
    base = hashlib.sha256(repr((facts.files, sorted(facts.directories))).encode()).hexdigest()
    return "\n".join(("added packages", _FORMAT, base, *hashes))


def _members(
    packages: Iterable[Package], facts: BaseFacts, architecture: str, archive: Archive
) -> Iterator[Member]:
    opened = {p.name: unpacked(archive.deb(p), archive.folder / "unpacked") for p in packages}
    selection = select(pieces(opened), ())
    settings = [text for path, text in facts.files if path.startswith(SETTINGS)]
    wanted = path_filter(line for text in settings for line in text.splitlines())
    for path, member in selection.members.items():
        folder = member.entry.kind is Kind.DIRECTORY
        if wanted(path, folder=folder) and not (folder and path in facts.directories):
            yield member
    for name, package in opened.items():
        yield from _listed(name, package)
    texts = (status_of(name, package) for name, package in opened.items())
    yield Member.file(STATUS, "\n".join((facts.file(STATUS).rstrip("\n"), "", *texts)).encode())
    cache = facts.file(LOADER_CACHE).encode("latin-1")
    added = listed_libraries(selection, TRIPLETS[architecture])
    libraries = {**cached_libraries(cache), **added}
    yield Member.file(LOADER_CACHE, loader_cache(libraries, architecture))


def _listed(name: str, package: Unpacked) -> Iterator[Member]:
    """Yield what dpkg keeps of a package: its paths, and its control files."""
    same = package.control.get("Multi-Arch") == "same"
    full = f"{name}:{package.control['Architecture']}" if same else name
    paths = sorted({member.entry.path for member in package.members})
    lines = ["/.", *(f"/{path}" for path in paths if path)]
    yield Member.file(f"{_INFORMATION}/{full}.list", ("\n".join(lines) + "\n").encode())
    for kind, content in package.control_files.items():
        mode = 0o755 if kind in _SCRIPTS else 0o644
        yield Member.file(f"{_INFORMATION}/{full}.{kind}", content, mode=mode)


def cached_libraries(cache: bytes) -> dict[str, str]:
    """Return what a loader's cache lists: name -> path; nothing for a format that is not known."""
    if not cache.startswith(_MAGIC):
        return {}
    (count,) = struct.unpack_from("<I", cache, len(_MAGIC))
    found: dict[str, str] = {}
    for number in range(count):
        _, key, value = struct.unpack_from("<iII", cache, _HEADER_SIZE + _ENTRY_SIZE * number)
        name, path = (cache[at : cache.index(b"\0", at)].decode() for at in (key, value))
        found.setdefault(name, path)
    return found
