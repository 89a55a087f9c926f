"""Layers that were read before, kept by digest between runs, so that they are read once."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path

from jettison.errors import WriteError
from jettison.measure.compression import LEVEL
from jettison.measure.contents import LayerContents, MeasuredLayer
from jettison.oci.digest import Digest
from jettison.oci.document import Json
from jettison.oci.entry import Entry, Kind
from jettison.stores.cache import cache_directory
from jettison.stores.seals import sealed_bytes, sealed_file

_FORMAT = f"layers-3-zlib-ng-{LEVEL}"


class KnownLayers:
    """A folder with one file for each layer; it can be deleted at any time."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or cache_directory() / _FORMAT

    def get(self, digest: str) -> MeasuredLayer | None:
        """Give the layer with this hexadecimal digest, if it is known."""
        try:
            packed = sealed_bytes(self._folder / digest)
        except OSError:
            return None
        return None if packed is None else _layer(json.loads(gzip.decompress(packed)))

    def put(self, digest: str, layer: MeasuredLayer) -> None:
        """Remember a layer; a folder that cannot be written is no reason to fail."""
        packed = gzip.compress(json.dumps(_document(layer)).encode(), compresslevel=1, mtime=0)
        with suppress(WriteError), sealed_file(self._folder / digest) as file:
            file.write(packed)


def _document(layer: MeasuredLayer) -> Json:
    return {
        "compressed_size": layer.compressed_size,
        "entries": [
            [one.path, one.kind.value, one.mode, one.size, one.link, str(one.digest or "")]
            for one in layer.contents.entries
        ],
        "texts": {path: text.decode("latin-1") for path, text in layer.contents.texts.items()},
    }


def _layer(document: Json) -> MeasuredLayer:
    entries = tuple(
        Entry(
            path=path,
            kind=Kind(kind),
            mode=mode,
            size=size,
            link=link,
            digest=Digest.parse(digest) if digest else None,
        )
        for path, kind, mode, size, link, digest in document["entries"]
    )
    texts = {path: text.encode("latin-1") for path, text in document["texts"].items()}
    return MeasuredLayer(
        contents=LayerContents(entries=entries, texts=texts),
        compressed_size=document["compressed_size"],
    )
