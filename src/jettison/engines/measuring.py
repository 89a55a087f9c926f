"""Measure an image, and read its files, by its layers as an engine exports them."""

from __future__ import annotations

import json
import posixpath
import tarfile
from collections.abc import Callable
from typing import IO, Any, BinaryIO, Generic, TypeVar, cast

from msgspec import Struct, field

from jettison.contents.layer_reading import LEVEL, compression_pool, known_layers, measured_layer
from jettison.contents.measurement import (
    ImageMeasurement,
    LayerMeasurement,
    MeasuredLayer,
    debian_packages,
    debian_release,
    distributions,
    overlay,
    python_version,
)
from jettison.engines.engine import Engine, ImageFacts
from jettison.errors import EngineError
from jettison.images.config import Config
from jettison.images.digest import Compression
from jettison.images.stream import compression_of
from jettison.records import Records
from jettison.values import Basis, Size

_PEEK = 4
_DOCUMENT_LIMIT = 4 * 2**20


Layer = TypeVar("Layer")


class _Members(Struct, Generic[Layer]):
    """What was met in the stream so far, by member name."""

    layers: dict[str, Layer] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


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
    members = _Members[Layer]()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                _meet(archive, member, members, read)
        manifest: list[dict[str, Any]] = json.loads(members.documents["manifest.json"])
        names = (members.links.get(name, name) for name in manifest[0]["Layers"])
        config = Config(content=members.documents.get(manifest[0].get("Config", ""), b"{}"))
        return config, tuple(members.layers[name] for name in names)
    except (tarfile.TarError, ValueError, KeyError, IndexError) as wrong:
        raise EngineError(
            "the engine saved an image in a way that is not understood",
            why=f"{type(wrong).__name__}: {wrong}",
        ) from wrong


def _meet(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    members: _Members[Layer],
    read: Callable[[str, BinaryIO, int | None], Layer],
) -> None:
    if member.issym() or member.islnk():
        folder = posixpath.dirname(member.name) if member.issym() else ""
        members.links[member.name] = posixpath.normpath(posixpath.join(folder, member.linkname))
        return
    opened = archive.extractfile(member) if member.isreg() else None
    if opened is None:
        return
    beginning = opened.read(_PEEK)
    if beginning[:1] in (b"{", b"[") and member.size <= _DOCUMENT_LIMIT:
        members.documents[member.name] = beginning + opened.read()
    elif member.name.startswith("blobs/") or member.name.endswith(".tar"):
        packed = compression_of(beginning) is not Compression.NONE
        whole = cast("BinaryIO", _Rejoined(beginning, opened))
        name = posixpath.basename(member.name)
        members.layers[member.name] = read(name, whole, member.size if packed else None)


class _Rejoined:
    """A stream with the bytes in front that were read to look at it."""

    def __init__(self, beginning: bytes, rest: IO[bytes]) -> None:
        self._beginning = beginning
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if not self._beginning:
            return self._rest.read(size)
        beginning, self._beginning = self._beginning, b""
        return beginning + self._rest.read(size - len(beginning) if size >= 0 else size)


_GZIP_SOURCE = f"gzip level {LEVEL} (zlib-ng), layer by layer"


def measure(image: str, engine: Engine, known: Records | None = None) -> ImageMeasurement:
    """Measure an image; layers that were read before are not read again.

    Raises EngineError when there is no such image.
    """
    known = known or known_layers()
    facts = engine.inspect(image)
    read = _read(image, facts, engine, known)
    layers = tuple(
        _layer(diff_id, layer) for diff_id, layer in zip(facts.layers, read, strict=True)
    )
    contents = overlay(tuple(layer.contents for layer in read))
    return ImageMeasurement(
        id=facts.id,
        size=Size(bytes=facts.size, basis=Basis.MEASURED, source="image inspect"),
        compressed_size=Size(
            bytes=sum(layer.compressed_size.bytes for layer in layers),
            basis=Basis.MEASURED,
            source=_GZIP_SOURCE,
        ),
        layers=layers,
        files=contents.files,
        directories=contents.directories,
        setuid_files=contents.setuid_files,
        distributions=distributions(contents),
        debian_packages=debian_packages(contents),
        user=facts.user,
        environment=facts.environment,
        entrypoint=facts.entrypoint,
        command=facts.command,
        python_version=python_version(contents, facts.environment),
        debian_release=debian_release(contents),
    )


def _read(
    image: str, facts: ImageFacts, engine: Engine, known: Records
) -> tuple[MeasuredLayer, ...]:
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


def _layer(diff_id: str, layer: MeasuredLayer) -> LayerMeasurement:
    size = Size(bytes=layer.contents.size, basis=Basis.MEASURED, source="files of the layer")
    compressed = Size(bytes=layer.compressed_size, basis=Basis.MEASURED, source=_GZIP_SOURCE)
    return LayerMeasurement(
        diff_id=diff_id,
        size=size,
        compressed_size=compressed,
        files=len(layer.contents.entries),
    )
