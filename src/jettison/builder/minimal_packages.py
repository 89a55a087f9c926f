"""The files of a .deb, kept as a plain tar in the cache so that nothing is unpacked twice."""

from __future__ import annotations

import mmap
import posixpath
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from jettison.errors import IntegrityError
from jettison.formats.debian_control import Paragraph
from jettison.formats.elf import ElfFacts, read_elf
from jettison.images.entry import Entry, Kind, entry_of
from jettison.images.stores import sealed_file, sealed_size
from jettison.images.stream import chunks_of, next_bytes
from jettison.images.tar_writer import Member
from jettison.index.debian import Deb, read_deb
from jettison.values import replace


class Unpacked(Struct, frozen=True, kw_only=True):
    """A package's files as members, in the order of its tar, and its control part.

    ``elves`` tells what the ELF files among them say, by path.
    """

    control: Paragraph
    control_files: dict[str, bytes]
    members: tuple[Member, ...]
    elves: dict[str, ElfFacts]


def is_unpacked(deb: Path, folder: Path) -> bool:
    """Tell whether ``folder`` has the data.tar of a .deb."""
    return _plain(deb, folder).exists()


def unpacked(deb: Path, folder: Path) -> Unpacked:
    """Read a .deb whose hash was verified; its data.tar is kept in ``folder`` under its name.

    Contents are read from there on request. Raises IntegrityError when the package
    is damaged all the same.
    """
    plain = _plain(deb, folder)
    with deb.open("rb") as file:
        package = read_deb(file, deb.name)
        if sealed_size(plain) is None:
            _keep(package, plain)
    try:
        with tarfile.open(plain, mode="r:") as tar:
            found = tuple((entry_of(each), each.offset_data) for each in tar)
    except tarfile.TarError as error:
        raise IntegrityError(f"{deb.name} has a damaged tar", why=str(error)) from error
    return Unpacked(
        control=package.control,
        control_files=package.control_files,
        members=tuple(
            Member(entry=entry, content=_slice(plain, offset, entry.size))
            for entry, offset in found
        ),
        elves=dict(_elves(plain, found)),
    )


def _plain(deb: Path, folder: Path) -> Path:
    return folder / f"{deb.name}.tar"


def _keep(package: Deb, plain: Path) -> None:
    with sealed_file(plain) as file:
        for chunk in chunks_of(package.data):
            file.write(chunk)


def _elves(plain: Path, found: Iterable[tuple[Entry, int]]) -> Iterator[tuple[str, ElfFacts]]:
    """Read the ELF files of a tar where they lie, so that only their headers are held."""
    with plain.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for entry, offset in found:
            if entry.kind is Kind.FILE:
                facts = read_elf(_Window(content, offset, entry.size))
                if facts is not None:
                    yield entry.path, facts


class _Window(Struct, frozen=True):
    """A part of a mapped file that reads as if it were the whole."""

    content: mmap.mmap
    start: int
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice, /) -> bytes:
        first, last, _ = part.indices(self.size)
        return self.content[self.start + first : self.start + max(first, last)]

    def find(self, part: bytes, start: int, end: int, /) -> int:
        place = self.content.find(part, self.start + start, self.start + min(end, self.size))
        return place if place < 0 else place - self.start


def _slice(path: Path, offset: int, size: int) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(offset)
            yield from next_bytes(file, size)

    return chunks


MOVED = frozenset({"bin", "sbin", "lib", "lib64"})


def merged_path(path: str) -> str:
    """Return where a path is after the merge: ``lib/x`` becomes ``usr/lib/x``."""
    return f"usr/{path}" if path.split("/", 1)[0] in MOVED else path


def merged(entry: Entry) -> Entry | None:
    """Return the entry in its merged place; None for the links that stand for the old places.

    The text of a relative link is kept when it still leads to the same file.
    """
    if entry.path in MOVED and entry.kind is Kind.SYMLINK:
        return None
    path = merged_path(entry.path)
    link = entry.link
    if entry.kind is Kind.HARD_LINK:
        link = merged_path(link)
    elif entry.kind is Kind.SYMLINK and not link.startswith("/"):
        link = _relative_link(entry, path)
    return replace(entry, path=path, link=link)


def _relative_link(entry: Entry, path: str) -> str:
    before = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), entry.link))
    directory = posixpath.dirname(path)
    after = posixpath.normpath(posixpath.join(directory, entry.link))
    target = merged_path(before)
    return entry.link if after == target else posixpath.relpath(target, directory or ".")


def root_links(architecture: str) -> tuple[Member, ...]:
    """Return the links that are in the root for the moved directories."""
    names = sorted(MOVED) if architecture == "amd64" else sorted(MOVED - {"lib64"})
    return tuple(Member.symlink(name, f"usr/{name}") for name in names)
