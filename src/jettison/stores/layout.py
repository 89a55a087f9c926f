"""OCI image layouts: directories with ``index.json`` and blobs by digest."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from jettison.errors import ImageError
from jettison.oci.descriptor import Descriptor
from jettison.oci.image import Image, ImageSet
from jettison.oci.manifest import Index
from jettison.oci.platform import Platform
from jettison.oci.publication import Blob, Publication
from jettison.oci.reference import Reference
from jettison.oci.stream import chunks_of
from jettison.stores.assemble import LARGEST_DOCUMENT, read_image
from jettison.stores.blobs import BlobDirectory
from jettison.stores.files import whole_file, writing
from jettison.stores.names import attached, choose, gives_way, named

LAYOUT_FILE = "oci-layout"
INDEX_FILE = "index.json"
LAYOUT_CONTENT = b'{"imageLayoutVersion":"1.0.0"}'


class LayoutStore:
    """A directory that holds any number of images, each under a name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._blobs = BlobDirectory(directory / "blobs")

    def __str__(self) -> str:
        return str(self.directory)

    def read(self, reference: Reference | None, platform: Platform) -> Image:
        """Return an image of the layout; None when it holds but one."""
        if not (self.directory / LAYOUT_FILE).is_file():
            raise ImageError(
                f"{self.directory} is not an OCI layout", why=f"it has no file {LAYOUT_FILE}"
            )
        top = choose(self._index().manifests, reference, str(self))
        return read_image(self, top, platform, f"{self}:{reference or ''}".rstrip(":"))

    def write(self, content: Image | ImageSet, reference: Reference | None) -> Descriptor:
        """Add an image, replacing the one that had its name; attachments come with it."""
        self._blobs.remove_abandoned()
        publication = Publication.of(content)
        top, document = publication.top
        for blob in publication.blobs:
            self._add(blob)
        for descriptor, text in (*publication.manifests, *publication.attachments):
            self._blobs.add(descriptor, (text,))
        self._blobs.add(top, (document,))
        entry = named(top, reference)
        self._name(entry, [attached(one, entry) for one, _ in publication.attachments])
        return top

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a name stands for in this layout."""
        try:
            return choose(self._index().manifests, reference, str(self))
        except ImageError:
            return None

    def document(self, descriptor: Descriptor) -> bytes:
        """Return a small blob, checked."""
        with self._blobs.open(descriptor) as stream:
            return stream.read(LARGEST_DOCUMENT)

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """Open a blob; reading it to the end checks it."""
        return self._blobs.open(descriptor)

    def _add(self, blob: Blob) -> None:
        if not self._blobs.has(blob.descriptor):
            with blob.open() as stream:
                self._blobs.add(blob.descriptor, chunks_of(stream))

    def _index(self) -> Index:
        try:
            return Index(content=(self.directory / INDEX_FILE).read_bytes())
        except FileNotFoundError:
            return Index.compose(())

    def _name(self, top: Descriptor, attachments: list[Descriptor]) -> None:
        """Put entries into the index, in place of those that had the name."""
        with writing(self.directory), _locked(self.directory):
            layout = self.directory / LAYOUT_FILE
            if not layout.exists():
                with whole_file(layout) as file:
                    file.write(LAYOUT_CONTENT)
            index = self._index()
            kept = [one for one in index.manifests if not gives_way(one, top)]
            changed = index.evolve(manifests=[one.fields for one in (*kept, top, *attachments)])
            with whole_file(self.directory / INDEX_FILE) as file:
                file.write(changed.content)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold off other processes that change this layout; a killed one lets go by itself."""
    held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
