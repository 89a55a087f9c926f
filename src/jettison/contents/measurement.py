"""What layers hold, and what was measured of an image, as values."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import HeaderParser
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import ImageError
from jettison.images.digest import Digest
from jettison.images.entry import Entry, Kind, read_entries
from jettison.images.tree import FileTree, merge
from jettison.index.metadata import record_rows
from jettison.values import Basis, Size, replace, whole_number

_KEPT = re.compile(
    r"(?:\.dist-info/(?:METADATA|RECORD)|\.egg-info/(?:PKG-INFO|installed-files\.txt)|\.egg-info"
    r"|(?:^|/)var/lib/dpkg/status(?:\.d/[^/]+)?|(?:^|/)var/lib/dpkg/info/[^/]+\.list"
    r"|^(?:etc|usr/lib)/os-release)$"
)
_SOURCE = re.compile(r"(\S+)(?: \((.+)\))?")
_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
_IS_DEBIAN = re.compile(r'^ID="?debian"?\s*$', re.MULTILINE)
_VERSION_ID = re.compile(r'^VERSION_ID="?([0-9.]+)"?\s*$', re.MULTILINE)
_LARGEST_TEXT = 32 * 2**20
MOST_TEXT = 128 * 2**20
_SETUID = 0o4000


class TextRoom:
    """How much of an image's texts is held in memory: what is packed small may be of any size."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def take(self, size: int) -> None:
        """Take room for one text. Raises ImageError where there is none left."""
        self._left -= size
        if self._left < 0:
            raise ImageError(
                f"the image holds more than {self._most >> 20} MiB of texts that would be read",
                hint="Remove what is no source and no metadata of packages from its layers.",
            )


class LayerContents(Struct, frozen=True, kw_only=True):
    """One layer, read once. ``texts`` maps paths to the contents of package metadata.

    Files that are not empty have their digests.
    """

    entries: tuple[Entry, ...]
    texts: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """The bytes of the regular files, as engines count a layer."""
        return sum(entry.size for entry in self.entries)


class MeasuredLayer(Struct, frozen=True, kw_only=True):
    """What a layer holds, and its bytes as gzip."""

    contents: LayerContents
    compressed_size: int


def read_contents(stream: BinaryIO) -> LayerContents:
    """Read a layer to its end, gzip, zstd or plain.

    IntegrityError when it is damaged, ImageError when it holds too much metadata of packages.
    """
    entries: list[Entry] = []
    texts: dict[str, bytes] = {}
    room = TextRoom(MOST_TEXT)
    for read in read_entries(stream):
        entry = read.entry
        if entry.kind is Kind.FILE and entry.size <= _LARGEST_TEXT and _KEPT.search(entry.path):
            room.take(entry.size)
            text = texts[entry.path] = b"".join(read.chunks())
            entry = replace(entry, digest=Digest.of(text))
        elif entry.size:
            entry = read.hashed()
        entries.append(entry)
    return LayerContents(entries=tuple(entries), texts=texts)


class Contents(Struct, frozen=True, kw_only=True):
    """An image's final file tree, and the texts that are visible in it."""

    tree: FileTree
    texts: Mapping[str, bytes]

    @property
    def files(self) -> int:
        """Regular files, each name of a hard link counted."""
        return sum(placed.entry.kind is Kind.FILE for placed in self.tree)

    @property
    def setuid_files(self) -> tuple[str, ...]:
        """Absolute paths of files that run with their owner's rights, sorted."""
        return tuple(
            f"/{placed.entry.path}"
            for placed in self.tree
            if placed.entry.kind is Kind.FILE and placed.entry.mode & _SETUID
        )

    def size_of(self, path: str) -> int:
        """Give the bytes of the file at ``path``, 0 without one."""
        entry = self.tree.get(path)
        return entry.size if entry else 0


def overlay(layers: tuple[LayerContents, ...]) -> Contents:
    """Lay the layers on one another, the base first."""
    tree = merge(layer.entries for layer in layers)
    return Contents(tree=tree, texts=dict(_visible(tree, layers)))


def _visible(tree: FileTree, layers: tuple[LayerContents, ...]) -> Iterator[tuple[str, bytes]]:
    for index, layer in enumerate(layers):
        for path, text in layer.texts.items():
            placed = tree.paths.get(path)
            if placed and placed.layer == index:
                yield path, text


class DistributionMeasurement(Struct, frozen=True, kw_only=True):
    """One Python distribution: ``size`` is that of the files its RECORD lists, with bytecode."""

    name: str
    version: str
    location: str
    size: Size


class DebianPackageMeasurement(Struct, frozen=True, kw_only=True):
    """One installed Debian package; ``size`` is the Installed-Size that it declares.

    ``source`` and ``source_version`` name what it was built from.
    """

    name: str
    version: str
    size: Size
    source: str = ""
    source_version: str = ""
    architecture: str = ""


class ImageMeasurement(Struct, frozen=True, kw_only=True):
    """An image: sizes in bytes, and counts of its final file tree.

    ``size`` is the engine's own figure (``docker image inspect``); ``compressed_size`` is the sum
    over ``layers`` of what gzip makes of them, which is what a pull moves. ``files`` counts regular
    files and hard links.
    """

    id: str
    size: Size
    compressed_size: Size
    layers: tuple[int, ...]
    files: int
    setuid_files: tuple[str, ...]
    distributions: tuple[DistributionMeasurement, ...]
    debian_packages: tuple[DebianPackageMeasurement, ...]
    user: str
    python_version: str
    debian_release: str = ""


_KIB = 1024


def distributions(contents: Contents) -> tuple[DistributionMeasurement, ...]:
    """Find every distribution by its metadata, sorted by name and place."""
    found = (
        _distribution(contents, path, text)
        for path, text in contents.texts.items()
        if path.endswith(("/METADATA", ".egg-info/PKG-INFO", ".egg-info"))
    )
    named = (distribution for distribution in found if distribution.name)
    return tuple(sorted(named, key=lambda one: (one.name.lower(), one.location)))


def _distribution(contents: Contents, path: str, text: bytes) -> DistributionMeasurement:
    header = HeaderParser().parsestr(text.decode("utf-8", "replace"))
    folder = path if path.endswith(".egg-info") else posixpath.dirname(path)
    location = posixpath.dirname(folder)
    record = contents.texts.get(f"{folder}/RECORD", b"").decode("utf-8", "replace")
    files = set(recorded_paths(record, location)) or {path}
    return DistributionMeasurement(
        name=header.get("Name", ""),
        version=header.get("Version", ""),
        location=f"/{location}",
        size=Size(
            bytes=sum(contents.size_of(file) for file in files),
            basis=Basis.MEASURED,
            source="files of its RECORD, with their bytecode",
        ),
    )


def recorded_paths(record: str, location: str) -> Iterator[str]:
    """Give the paths that a RECORD lists, and the bytecode that belongs to them."""
    for row in record_rows(record):
        path = posixpath.normpath(posixpath.join("/", location, row[0]))[1:]
        if path:
            yield path
        if path.endswith(".py"):
            yield from _bytecode(path)


def _bytecode(path: str) -> Iterator[str]:
    folder, name = posixpath.split(path)
    for minor in range(11, 16):
        yield f"{folder}/__pycache__/{name[:-3]}.cpython-3{minor}.pyc"


def debian_packages(contents: Contents) -> tuple[DebianPackageMeasurement, ...]:
    """Read dpkg's status, whole or in parts, sorted by name."""
    packages = (
        _package(header)
        for path, text in contents.texts.items()
        if "var/lib/dpkg/status" in path and not path.endswith((".md5sums", "-old"))
        for header in stanzas(text)
    )
    return tuple(sorted((one for one in packages if one), key=lambda one: one.name))


def stanzas(status: bytes) -> Iterator[Message]:
    """Read the stanzas of a dpkg status."""
    for stanza in status.decode("utf-8", "replace").split("\n\n"):
        if stanza.strip():
            yield HeaderParser().parsestr(stanza.strip())


def _package(header: Message) -> DebianPackageMeasurement | None:
    status = header.get("Status", "install ok installed")
    if not header.get("Package") or not status.endswith(" installed"):
        return None
    name, version = header["Package"], header.get("Version", "")
    source = _SOURCE.fullmatch(header.get("Source", "").strip())
    return DebianPackageMeasurement(
        name=name,
        version=version,
        source=source[1] if source else name,
        source_version=(source and source[2]) or version,
        architecture=header.get("Architecture", ""),
        size=Size(
            bytes=(whole_number(header.get("Installed-Size", "")) or 0) * _KIB,
            basis=Basis.CATALOGUED,
            source="Installed-Size of the package",
        ),
    )


def debian_release(contents: Contents) -> str:
    """Give Debian's release as its archive counts them, such as 12; empty for other systems."""
    texts = (contents.texts.get(path, b"").decode("utf-8", "replace") for path in _OS_RELEASE)
    text = next((one for one in texts if _IS_DEBIAN.search(one)), "")
    found = _VERSION_ID.search(text)
    return found[1] if found else ""


def python_version(contents: Contents, environment: tuple[tuple[str, str], ...]) -> str:
    """Give the version that the image names, or that of its standard library, or nothing."""
    named = dict(environment).get("PYTHON_VERSION")
    if named:
        return named
    libraries = (
        posixpath.basename(posixpath.dirname(path))
        for path in contents.tree.paths
        if path.endswith("/encodings") and "/python3." in path
    )
    return next((folder.removeprefix("python") for folder in sorted(libraries)), "")
