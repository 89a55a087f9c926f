"""Debian's archive: packages found, verified, fetched, opened."""

from __future__ import annotations

import hashlib
import lzma
import mmap
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from jettison.catalogue.base_release import RELEASES
from jettison.errors import IntegrityError, PackageError
from jettison.formats.debian_control import Paragraph, paragraph
from jettison.images.entry import read_entries
from jettison.images.stores import sealed_file, sealed_size
from jettison.images.stores.cache import cache_directory
from jettison.images.stream import CHUNK, chunks_of, reader, uncompressed, unpacked
from jettison.index.client import Client
from jettison.index.debian.mirror import ArchiveSettings, Mirror, archive_settings
from jettison.index.debian.package import IndexFile, Package, compact_lines
from jettison.index.debian.packages import ENCODING, Content, PackageIndex, index_lines

_PIECE = 1 << 20


def paragraph_texts(packed: BinaryIO) -> Iterator[str]:
    """Yield the text of an xz file in pieces of about a megabyte that end between paragraphs.

    The encoding is taken as Latin-1, which every byte sequence is: names and versions are ASCII,
    and what is not stays as it was when it is written the same way. Raises IntegrityError when the
    file is damaged.
    """
    rest = b""
    for piece in _ahead(_unpacked(packed)):
        whole, end, rest = (rest + piece).rpartition(b"\n\n")
        if whole:
            yield (whole + end).decode("latin-1")
    if rest.strip():
        yield rest.decode("latin-1")


def _unpacked(packed: BinaryIO) -> Iterator[bytes]:
    try:
        with lzma.open(packed) as file:
            while piece := file.read(_PIECE):
                yield piece
    except (lzma.LZMAError, EOFError) as error:
        raise IntegrityError(f"{Path(packed.name).name} is damaged", why=str(error)) from error


def _ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Take the next piece in a thread while the caller has this one; unpacking runs beside it."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, pieces, b"")
        while piece := coming.result():
            coming = thread.submit(next, pieces, b"")
            yield piece


# Raised when the form of kept indexes changes; older ones are then left alone.
_FORMAT = "3"


class Archive:
    """The main component of Debian's releases, with their updates and security updates."""

    def __init__(
        self,
        settings: ArchiveSettings | None = None,
        *,
        cache: Path | None = None,
        client: Client | None = None,
    ) -> None:
        self._cache = cache or cache_directory()
        settings = settings or archive_settings(os.environ)
        self._mirror = Mirror(settings, self._cache, client or Client())
        self._indexes: dict[Path, PackageIndex] = {}

    def index(self, release: str, architecture: str = "amd64") -> PackageIndex:
        """Return the packages of a release (``trixie``) for a Debian architecture.

        A newer version in updates or security takes the place of an older one. Raises
        NetworkError, IntegrityError, and PackageError for a release that Jettison has no keys for.
        """
        files = self._package_files(release, architecture)
        kept = self._kept(files.values())
        if sealed_size(kept) is None:
            _write(kept, index_lines(self._package_lines(files)))
        if kept not in self._indexes:
            self._indexes = {kept: PackageIndex(content=_content(kept))}
        return self._indexes[kept]

    def forget_indexes(self) -> None:
        """Give back the memory of what ``index`` read, up to 25 MB."""
        self._indexes = {}

    def fingerprint(self, release: str, architecture: str = "amd64") -> str:
        """Return a text that is the same as long as ``index`` gives the same; raises as it does."""
        return self._kept(self._package_files(release, architecture).values()).name

    def date(self, release: str) -> datetime:
        """Return the time (UTC) of the newest of a release's indexes; raises as ``index`` does."""
        return max(self._mirror.release(suite).date for suite in _suites(release))

    def refresh(self) -> None:
        """Ask the mirror again for what changes, however young the kept copy is."""
        self._mirror.refresh()

    def deb(self, package: Package) -> Path:
        """Return the package's verified file; raises NetworkError or IntegrityError."""
        return self._mirror.file(package.suite, package.filename, package.sha256, package.size)

    @property
    def folder(self) -> Path:
        """Where what is made from the archive is kept."""
        return self._cache / "debian"

    def _package_files(self, release: str, architecture: str) -> dict[str, IndexFile]:
        path = f"main/binary-{architecture}/Packages.xz"
        return {suite: self._mirror.release(suite).file(path) for suite in _suites(release)}

    def _package_lines(self, files: dict[str, IndexFile]) -> Iterator[str]:
        for suite, file in files.items():
            path = f"dists/{suite}/{file.path}"
            with self._mirror.opened(suite, path, file.sha256, file.size) as packed:
                for text in paragraph_texts(packed):
                    yield from compact_lines(text, suite)
            self._mirror.forget(Path(packed.name))

    def _kept(self, files: Iterable[IndexFile]) -> Path:
        """Name the compact form by what it is made from."""
        names = " ".join((_FORMAT, *(file.sha256 for file in files)))
        return self.folder / "packages" / hashlib.sha256(names.encode()).hexdigest()


def _suites(release: str) -> tuple[str, ...]:
    if release not in RELEASES:
        raise PackageError(
            f"Jettison has no keys for the Debian release {release!r}",
            hint=f"Use one of {', '.join(RELEASES)}.",
        )
    return release, f"{release}-updates", f"{release}-security"


def _content(path: Path) -> Content:
    """Map a file, of which only the pages that are looked at are read."""
    with path.open("rb") as file:
        size = sealed_size(path)
        return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""


def _write(path: Path, lines: Iterator[str]) -> None:
    with sealed_file(path) as file:
        for line in lines:
            file.write(line.encode(*ENCODING) + b"\n")


_MAGIC = b"!<arch>\n"
_HEADER = 60
_HEADER_END = b"`\n"
# control.tar holds a few small files; more is not a package.
_LARGEST_CONTROL = 1 << 22


class Deb(Struct, frozen=True, kw_only=True):
    """A package whose control part was read.

    ``control`` is its control paragraph and ``control_files`` its other control files by name
    (``md5sums``, ``conffiles``, maintainer scripts, ``shlibs``, …). ``data`` is the uncompressed
    data.tar, to be read once and before the file is closed.
    """

    control: Paragraph
    control_files: dict[str, bytes]
    data: BinaryIO


def read_deb(file: BinaryIO, what: str = "the package") -> Deb:
    """Read a .deb from its start; IntegrityError, naming ``what``, when it is not one.

    ``data.tar`` may be plain or packed with xz, gzip or zstd.
    """
    if file.read(len(_MAGIC)) != _MAGIC:
        raise IntegrityError(f"{what} is not a Debian package")
    control: dict[str, bytes] | None = None
    for name, size in _members(file, what):
        content = _member_content(file, size, what)
        if name.startswith("control.tar"):
            control = _control_files(_plain(name, content))
        elif name.startswith("data.tar"):
            if control is None or "control" not in control:
                break
            text = control.pop("control").decode("utf-8", "replace")
            return Deb(control=paragraph(text), control_files=control, data=_plain(name, content))
        for _ in content:
            """Read to the end of the member, where the next one begins."""
    raise IntegrityError(f"{what} is not a whole Debian package", why="a part of it is missing")


def _members(file: BinaryIO, what: str) -> Iterator[tuple[str, int]]:
    """Yield name and size of each member; its content must be read before the next one."""
    while header := file.read(_HEADER):
        size = header[48:58].strip()
        if len(header) != _HEADER or header[58:] != _HEADER_END or not size.isdigit():
            raise IntegrityError(f"{what} is not a whole Debian package", why="its ar is damaged")
        yield header[:16].decode("ascii", "replace").strip().rstrip("/"), int(size)
        if int(size) % 2:
            file.read(1)


def _member_content(file: BinaryIO, size: int, what: str) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(left, CHUNK))
        if not chunk:
            raise IntegrityError(f"{what} ends early")
        left -= len(chunk)
        yield chunk


def _plain(name: str, chunks: Iterator[bytes]) -> BinaryIO:
    packed = reader(chunks)
    return reader(_unxz(packed), packed) if name.endswith(".xz") else uncompressed(packed)


def _unxz(packed: BinaryIO) -> Iterator[bytes]:
    try:
        yield from unpacked(chunks_of(packed), lzma.LZMADecompressor, "an xz")
    except lzma.LZMAError as error:
        raise IntegrityError("an xz stream is damaged", why=str(error)) from error


def _control_files(tar: BinaryIO) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for read in read_entries(tar):
        if read.entry.size > _LARGEST_CONTROL:
            raise IntegrityError(f"the control file {read.entry.path} is too large")
        found[read.entry.path] = b"".join(read.chunks())
    return found
