"""Read and measure what an image holds, by its layers as an engine exports them."""

from __future__ import annotations

import json
import mmap
import posixpath
import re
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import chain
from typing import IO, Any, BinaryIO, TypeVar, cast

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.contents import Packed
from jettison.contents.image_files import ImageFile, ImageFiles, world
from jettison.contents.layer_reading import (
    LEVEL,
    compression_pool,
    known_layers,
    measured_beside,
    measured_layer,
)
from jettison.contents.measurement import (
    ImageMeasurement,
    MeasuredLayer,
    TextRoom,
    debian_packages,
    debian_release,
    distributions,
    overlay,
    python_version,
)
from jettison.contents.stored_files import base_layers
from jettison.engines import Engine, ImageFacts
from jettison.errors import EngineError, IntegrityError
from jettison.formats.elf import Content, read_elf
from jettison.images.config import Config
from jettison.images.digest import Compression
from jettison.images.entry import Entry, Kind, read_entries
from jettison.images.stores.members import link_target
from jettison.images.stream import compression_of, reader
from jettison.images.tree import Placed, merge
from jettison.source.pickles import SUFFIXES, names_saved
from jettison.values import Basis, Size

_FOR_OTHERS = 0o022
_DIGEST_BYTES = 16
_DOCUMENT_LIMIT = 4 * 2**20
Layer = TypeVar("Layer")


Known = Callable[[str], MeasuredLayer | None]
"""Gives by its hexadecimal digest a layer that need not be read again."""


def read_archive(stream: IO[bytes], known: Known) -> tuple[MeasuredLayer, ...]:
    """Read every layer, lowest first, holding none of them in memory.

    Raises EngineError when the stream is not an image.
    """
    with compression_pool() as pool:

        def measured(name: str, layer: BinaryIO, packed_size: int | None) -> MeasuredLayer:
            return known(name) or measured_layer(layer, pool, packed_size=packed_size)

        return layers_of(stream, measured)[1]


def layers_of(
    stream: IO[bytes], read: Callable[[str, BinaryIO, int | None], Layer]
) -> tuple[Config, tuple[Layer, ...]]:
    """Give the configuration of an image and what ``read`` makes of every layer, lowest first.

    It is given the name of a layer, its stream, and its size where it is compressed. Raises
    EngineError when the stream is not an image.
    """
    layers: dict[str, Layer] = {}
    documents: dict[str, bytes] = {}
    links: dict[str, str] = {}
    try:
        for found in read_entries(cast("BinaryIO", stream)):
            entry, chunks = found.entry, found.chunks()
            first = next(chunks, b"")
            if entry.kind is not Kind.FILE:
                links[entry.path] = link_target(entry)
            elif first[:1] in (b"{", b"[") and entry.size <= _DOCUMENT_LIMIT:
                documents[entry.path] = first + b"".join(chunks)
            elif entry.path.startswith("blobs/") or entry.path.endswith(".tar"):
                packed = compression_of(first) is not Compression.NONE
                whole = reader(chain((first,), chunks))
                name = posixpath.basename(entry.path)
                layers[entry.path] = read(name, whole, entry.size if packed else None)
        manifest: list[dict[str, Any]] = json.loads(documents["manifest.json"])
        names = (links.get(name, name) for name in manifest[0]["Layers"])
        config = Config(content=documents.get(manifest[0].get("Config", ""), b"{}"))
        return config, tuple(layers[name] for name in names)
    except (IntegrityError, ValueError, KeyError, IndexError) as wrong:
        raise EngineError(
            "the engine saved an image in a way that is not understood",
            why=f"{type(wrong).__name__}: {wrong}",
        ) from wrong


_GZIP_SOURCE = f"gzip level {LEVEL} (zlib-ng), layer by layer"


def measure(image: str, engine: Engine) -> ImageMeasurement:
    """Measure an image; layers that were read before are not read again.

    Raises EngineError when there is no such image.
    """
    facts = engine.inspect(image)
    read = _read(image, facts, engine)
    layers = tuple(layer.compressed_size for layer in read)
    contents = overlay(tuple(layer.contents for layer in read))
    return ImageMeasurement(
        id=facts.id,
        size=Size(bytes=facts.size, basis=Basis.MEASURED, source="image inspect"),
        compressed_size=Size(
            bytes=sum(layers),
            basis=Basis.MEASURED,
            source=_GZIP_SOURCE,
        ),
        layers=layers,
        files=contents.files,
        setuid_files=contents.setuid_files,
        distributions=distributions(contents),
        debian_packages=debian_packages(contents),
        user=facts.user,
        python_version=python_version(contents, facts.environment),
        debian_release=debian_release(contents),
    )


def _read(image: str, facts: ImageFacts, engine: Engine) -> tuple[MeasuredLayer, ...]:
    known = known_layers()
    digests = [diff_id.rpartition(":")[2] for diff_id in facts.layers]
    remembered = {digest: known.get(MeasuredLayer, digest) for digest in digests}
    found = tuple(layer for digest in digests if (layer := remembered[digest]))
    if len(found) == len(digests):
        return found
    with engine.save(image) as stream:
        read = read_archive(stream, remembered.get)
    for digest, layer in zip(digests, read, strict=True):
        if remembered[digest] is None:
            known.put(layer, digest)
    return read


TEXTS = re.compile(
    r"\.(?:py|pth|sh)$|\.dist-info/(?:METADATA|RECORD|entry_points\.txt)$|\.egg-info(?:/PKG-INFO)?$"
    r"|(?:^|/)pyvenv\.cfg$|^var/lib/dpkg/(?:status(?:\.d/[^/]+)?|info/[^/]+\.list)$"
    r"|^(?:usr/)?lib/apk/db/installed$|^etc/apk/world$|^var/lib/apt/extended_states$|^etc/(?:passwd|group|os-release)$|^usr/lib/os-release$"
)
SETTINGS = re.compile(
    r"\.(?:toml|cfg|ini|ya?ml|json|env|txt|conf)$|(?:^|/)(?:\.env|Procfile|Makefile)$"
)
LARGEST_TEXT, MOST_TEXT = 16 * 2**20, 2**30
# Room for a large file is not given back once small texts lie in it.
IN_MEMORY, SMALL = 64 * 2**20, 2**20
WORLD, STATUS = "etc/apk/world", "var/lib/dpkg/status"
PACKAGE = re.compile(r"^Package: (\S+)", re.MULTILINE)
DATABASE = frozenset({"var/lib/dpkg/status", "lib/apk/db/installed"})
SHOWN = (Kind.FILE, Kind.SYMLINK)
MAGIC, SCRIPT = b"\x7fELF", b"#!"


class _Read(Struct, frozen=True, kw_only=True):
    """What was read of one layer: its entries; texts, needed libraries and digests by path."""

    entries: tuple[Entry, ...]
    texts: dict[str, Packed]
    needed: dict[str, tuple[str, ...]]
    digests: dict[str, bytes]


def read_image_files(engine: Engine, image: str) -> ImageFiles:
    """Read an image from its layers, which need not be read once more to be measured.

    Raises EngineError when there is no such image.
    """
    facts = engine.inspect(image)
    folder = facts.working_directory.strip("/")
    room = TextRoom(MOST_TEXT)
    kept = known_layers()
    digests = {diff_id.rpartition(":")[2] for diff_id in facts.layers}
    with compression_pool() as pool:

        def read(name: str, layer: BinaryIO, packed: int | None) -> _Read:
            if name not in digests or kept.stamp(name):
                return _file_read(layer, folder, room)
            with measured_beside(layer, pool, packed_size=packed) as (own, measured):
                found = _file_read(own, folder, room)
            kept.put(measured.result(), name)
            return found

        with engine.save(image) as stream:
            config, layers = layers_of(stream, read)
    tree = merge(layer.entries for layer in layers)
    return ImageFiles(
        files={
            f"/{path}": _file(placed, layers)
            for path, placed in tree.paths.items()
            if placed.entry.kind in SHOWN
        },
        config=config,
        of_base=_installed_in(layers[: _base(config, layers)]),
    )


def _installed_in(layers: tuple[_Read, ...]) -> frozenset[str]:
    """Give the packages that the base has, or that were requested where that is recorded."""
    texts = {path: one.texts[path] for one in layers for path in one.texts.keys() & {WORLD, STATUS}}
    found = (texts[one].content() if one in texts else b"" for one in (WORLD, STATUS))
    asked, status = (content.decode("utf-8", "replace") for content in found)
    return world(asked) | frozenset(PACKAGE.findall(status))


def _base(config: Config, layers: tuple[_Read, ...]) -> int:
    """Count the layers of the base: by the history, or up to the first with a package database."""
    known = base_layers(config.history, tuple(map(str, config.diff_ids)))
    if known and known.count:
        return known.count
    first = (index for index, layer in enumerate(layers, 1) if DATABASE & layer.texts.keys())
    return next(first, 0)


def _file(placed: Placed, layers: tuple[_Read, ...]) -> ImageFile:
    entry, layer = placed.entry, layers[placed.layer]
    path = placed.linked_to or entry.path
    found = next(
        (one for one in (layer, *reversed(layers)) if path in one.needed or path in one.texts),
        layer,
    )
    return ImageFile(
        kind=entry.kind,
        mode=entry.mode,
        size=placed.stored_size,
        target=entry.link if entry.kind is Kind.SYMLINK else "",
        needed=found.needed.get(path),
        packed=found.texts.get(path),
        digest=b"" if placed.linked_to else layer.digests.get(path, b""),
    )


def _file_read(stream: BinaryIO, folder: str, room: TextRoom) -> _Read:
    entries: list[Entry] = []
    texts: dict[str, Packed] = {}
    needed: dict[str, tuple[str, ...]] = {}
    digests: dict[str, bytes] = {}
    for read in read_entries(stream):
        entry = read.entry
        entries.append(entry)
        if entry.kind is not Kind.FILE or not entry.size:
            continue
        chunks = read.chunks()
        running = _running(entry) if _is_of_python(entry.path, folder) else None
        if running:
            chunks = _fed(chunks, running)
        first = next(chunks, b"")
        if first.startswith(MAGIC):
            needed[entry.path] = _needed(first, chunks, entry.size)
        elif entry.size <= LARGEST_TEXT and _is_text(entry, first, folder):
            room.take(entry.size)
            texts[entry.path] = Packed.of(first + b"".join(chunks))
        elif entry.size <= IN_MEMORY and _is_own(entry.path, folder, SUFFIXES):
            texts[entry.path] = Packed.of(names_saved(first + b"".join(chunks)))
        if running:
            deque(chunks, maxlen=0)
            digests[entry.path] = running.digest()
    return _Read(entries=tuple(entries), texts=texts, needed=needed, digests=digests)


def _is_of_python(path: str, folder: str) -> bool:
    """Whether a file is the application's or a distribution's."""
    return "-packages/" in path or _is_own(path, folder)


def _running(entry: Entry) -> blake2b | None:
    """Begin the digest of a file that can be a second name of an equal one; None for others."""
    of_others = entry.uid or entry.mode & _FOR_OTHERS
    if of_others or not table(DeadWeight).duplicates.can_share(entry.path, entry.size):
        return None
    return blake2b(f"{entry.gid} {entry.mode} ".encode(), digest_size=_DIGEST_BYTES)


def _fed(chunks: Iterator[bytes], running: blake2b) -> Iterator[bytes]:
    for chunk in chunks:
        running.update(chunk)
        yield chunk


def _is_text(entry: Entry, first: bytes, folder: str) -> bool:
    path = entry.path
    own = _is_own(path, folder) and SETTINGS.search(path)
    return bool(own or TEXTS.search(path) or first.startswith(SCRIPT))


def _is_own(path: str, folder: str, suffixes: tuple[str, ...] = ("",)) -> bool:
    return bool(folder) and path.startswith(f"{folder}/") and path.lower().endswith(suffixes)


def _needed(first: bytes, chunks: Iterator[bytes], size: int) -> tuple[str, ...]:
    """Give the libraries that an ELF file asks for; a large one is not held in memory."""
    if size <= SMALL:
        facts = read_elf(first + b"".join(chunks))
        return facts.needed if facts else ()
    with tempfile.TemporaryFile() as file:
        file.write(first)
        file.writelines(chunks)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            facts = read_elf(cast("Content", content))
    return facts.needed if facts else ()
