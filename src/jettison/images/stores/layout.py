"""OCI image layouts: directories with ``index.json`` and blobs by digest."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from jettison.errors import ImageError
from jettison.images.assembly import Blob, Publication, read_document, read_image
from jettison.images.descriptor import Descriptor, Index, Platform
from jettison.images.digest import INDEXES, MANIFESTS
from jettison.images.image import Image, ImageSet
from jettison.images.reference import Reference
from jettison.images.stores import whole_file, writing
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stream import chunks_of
from jettison.records import open_regular
from jettison.values import replace

# The specification's name holds a tag; containerd, Docker and BuildKit add the full name.
REF_NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"
# Which name an attachment came with, so that it goes when that name gets another image.
_ATTACHED_TO = "dev.jettison.attached-to"


def named(descriptor: Descriptor, reference: Reference | None) -> Descriptor:
    """Return the descriptor as an index lists it under a name."""
    if reference is None:
        return replace(descriptor, annotations=())
    full = str(replace(reference, digest=None))
    return descriptor.with_annotations({REF_NAME: reference.tag, FULL_NAME: full})


def attached(descriptor: Descriptor, top: Descriptor) -> Descriptor:
    """Return the descriptor of an attachment as an index lists it beside the named ``top``."""
    name = dict(top.annotations).get(FULL_NAME, "")
    return descriptor.with_annotations({_ATTACHED_TO: name})


def gives_way(old: Descriptor, top: Descriptor) -> bool:
    """Tell whether an entry of an index goes when ``top`` is written under its name."""
    name = dict(top.annotations).get(FULL_NAME, "")
    known = dict(old.annotations)
    if old.artifact_type:
        return known.get(_ATTACHED_TO) == name
    return known.get(FULL_NAME, "") == name


def choose(manifests: Iterable[Descriptor], reference: Reference | None, place: str) -> Descriptor:
    """Return the entry of an index that has a name; for None, the only entry.

    ImageError lists the names there are.
    """
    images = [one for one in manifests if _is_image(one)]
    found = [one for one in images if reference is None or _answers(one, reference)]
    if len({one.digest for one in found}) == 1:
        return replace(found[0], annotations=())
    names = ", ".join(sorted(_name(one) for one in images)) or "no image"
    if not found:
        wanted = f"image {reference}" if reference else "image"
        raise ImageError(f"{place} has no {wanted}", why=f"it holds: {names}")
    raise ImageError(f"{place} holds several images: {names}", hint="Name one of them in full.")


def _is_image(descriptor: Descriptor) -> bool:
    return descriptor.media_type in INDEXES | MANIFESTS and not descriptor.artifact_type


def _answers(descriptor: Descriptor, reference: Reference) -> bool:
    if reference.digest:
        return descriptor.digest == reference.digest
    annotations = dict(descriptor.annotations)
    known = annotations.get(FULL_NAME) or annotations.get(REF_NAME)
    return known in {str(reference), reference.familiar, reference.tag}


def _name(descriptor: Descriptor) -> str:
    annotations = dict(descriptor.annotations)
    return annotations.get(FULL_NAME) or annotations.get(REF_NAME) or str(descriptor.digest)


BLOBS = "blobs"
LAYOUT_FILE = "oci-layout"
INDEX_FILE = "index.json"
LAYOUT_CONTENT = b'{"imageLayoutVersion":"1.0.0"}'


class LayoutStore:
    """A directory that holds any number of images, each under a name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._blobs = BlobDirectory(directory / BLOBS)

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
        with self._whole():
            for blob in publication.blobs:
                self._add(blob)
            for descriptor, text in (*publication.manifests, *publication.attachments):
                self._blobs.add(descriptor, (text,))
            self._blobs.add(top, (document,))
            entry = named(top, reference)
            self._name(entry, [attached(one, entry) for one, _ in publication.attachments])
        return top

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Remove the blobs of a new layout when the block fails, unless others write there too."""
        blobs = self._blobs.root
        new = next((each for each in (self.directory, blobs) if not each.exists()), None)
        with writing(blobs):
            blobs.mkdir(parents=True, exist_ok=True)
            held = os.open(blobs, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_SH)
            yield
        except BaseException:
            with suppress(OSError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if new and not (self.directory / INDEX_FILE).exists():
                    shutil.rmtree(new)
            raise
        finally:
            os.close(held)

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a name stands for in this layout."""
        try:
            return choose(self._index().manifests, reference, str(self))
        except ImageError:
            return None

    def document(self, descriptor: Descriptor) -> bytes:
        """Return a small blob, checked."""
        with self._blobs.open(descriptor) as stream:
            return read_document(stream, f"{self}: {descriptor.digest}")

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """Open a blob; reading it to the end checks it."""
        return self._blobs.open(descriptor)

    def _add(self, blob: Blob) -> None:
        if not self._blobs.has(blob.descriptor):
            with blob.open() as stream:
                self._blobs.add(blob.descriptor, chunks_of(stream))

    def _index(self) -> Index:
        try:
            with open_regular(self.directory / INDEX_FILE) as file:
                return Index(content=read_document(file, str(self.directory / INDEX_FILE)))
        except FileNotFoundError:
            return Index.compose(())
        except OSError as error:
            raise ImageError(
                f"{self.directory / INDEX_FILE} cannot be read", why=error.strerror or str(error)
            ) from error

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
