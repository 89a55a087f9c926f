"""Image archives: single tar files."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import ImageError
from jettison.images.assembly import Blob, Publication, read_document, read_image
from jettison.images.config import Config
from jettison.images.descriptor import Descriptor, Index, Platform, spoken
from jettison.images.digest import (
    Compression,
    DiffID,
    Digest,
    encode,
    layer_type,
    text_field,
    texts_field,
)
from jettison.images.image import Image, ImageSet, Layer
from jettison.images.reference import Reference
from jettison.images.stores import output_file
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import INDEX_FILE, LAYOUT_CONTENT, LAYOUT_FILE, choose, named
from jettison.images.stores.members import Members, members_of_stream, members_of_tar
from jettison.images.stream import checked, chunks_of, compression_of
from jettison.images.tar_writer import Member, layer_tar
from jettison.records import open_regular
from jettison.values import replace

DOCKER_MANIFEST = "manifest.json"


def read_archive(
    members: Members, reference: Reference | None, platform: Platform, place: str
) -> Image:
    """Return an image of an archive; None when it holds but one for the platform."""
    if members.has(INDEX_FILE):
        index = Index(content=_document(members, INDEX_FILE))
        top = choose(index.manifests, reference, place)
        return read_image(_Blobs(members), top, platform, place)
    return _docker_image(members, reference, platform, place)


class _Blobs(Struct, frozen=True):
    """The blobs of an archive that is an OCI layout, as ``read_image`` asks for them."""

    members: Members

    def document(self, descriptor: Descriptor) -> bytes:
        with self.open(descriptor) as stream:
            return read_document(stream, str(descriptor.digest))

    def open(self, descriptor: Descriptor) -> BinaryIO:
        name = blob_name(descriptor.digest)
        return checked(self.members.open(name), descriptor.digest, descriptor.size, name)


def blob_name(digest: Digest) -> str:
    """Return the file of an OCI layout that holds a blob."""
    return f"blobs/{digest.algorithm}/{digest.hex}"


class _Listed(Struct, frozen=True, kw_only=True):
    """One image of ``manifest.json``, the form that Docker had before OCI layouts."""

    config: Config
    layers: tuple[str, ...]
    tags: tuple[Reference, ...]


def _docker_image(
    members: Members, reference: Reference | None, platform: Platform, place: str
) -> Image:
    listed = [one for one in _listed(members) if reference is None or reference in one.tags]
    suited = [one for one in listed if one.config.platform.suits(platform)]
    if not suited:
        platforms = spoken(one.config.platform for one in listed)
        wanted = f"image {reference}" if reference else "image"
        raise ImageError(f"{place} has no {wanted} for {platform}", why=f"found: {platforms}")
    if len({one.config.digest for one in suited}) > 1:
        raise ImageError(f"{place} holds several images", hint="Name one of them in full.")
    config, names = suited[0].config, suited[0].layers
    if len(names) != len(config.diff_ids):
        raise ImageError(f"{place} lists {len(names)} layers, the config {len(config.diff_ids)}")
    pairs = zip(names, config.diff_ids, strict=True)
    return Image.compose(config, [_layer(members, name, diff_id) for name, diff_id in pairs])


def _listed(members: Members) -> Iterator[_Listed]:
    try:
        images = json.loads(_document(members, DOCKER_MANIFEST))
        for image in images:
            yield _Listed(
                config=Config(content=_document(members, text_field(image, "Config"))),
                layers=texts_field(image, "Layers"),
                tags=tuple(map(Reference.parse, texts_field(image, "RepoTags"))),
            )
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ImageError(f"{DOCKER_MANIFEST} of an archive is damaged", why=str(error)) from error


def _layer(members: Members, name: str, diff_id: DiffID) -> Layer:
    """Describe a layer: plain tars have their diff ID for a digest, others must be hashed."""
    with members.open(name) as stream:
        compression = compression_of(stream.read(4))
    digest = Digest(diff_id.algorithm, diff_id.hex)
    if compression is not Compression.NONE:
        running = digest.new_hash()
        with members.open(name) as stream:
            for chunk in chunks_of(stream):
                running.update(chunk)
        digest = Digest.from_hash(running)
    descriptor = Descriptor(
        media_type=layer_type(compression), digest=digest, size=members.get(name).size
    )
    return Layer(descriptor=descriptor, diff_id=diff_id, open=partial(_open, members, name, digest))


def _open(members: Members, name: str, digest: Digest) -> BinaryIO:
    return checked(members.open(name), digest, members.get(name).size, name)


def _document(members: Members, name: str) -> bytes:
    with members.open(name) as stream:
        return read_document(stream, name)


def archive_tar(content: Image | ImageSet, reference: Reference | None) -> Generator[bytes]:
    """Return the archive as chunks; equal images give equal bytes.

    Attachments are omitted: no engine that loads archives has a place for them.
    """
    publication = Publication.of(content)
    top, _ = publication.top
    index = Index.compose([named(top, reference)])
    documents = {
        LAYOUT_FILE: LAYOUT_CONTENT,
        INDEX_FILE: index.content,
        DOCKER_MANIFEST: _docker_manifest(content, reference),
    }
    for descriptor, text in (*publication.manifests, publication.top):
        documents[blob_name(descriptor.digest)] = text
    members = [Member.file(name, text) for name, text in documents.items()]
    return layer_tar([*members, *map(_member, _shown(publication, content))])


def _shown(publication: Publication, content: Image | ImageSet) -> Iterator[Blob]:
    """Leave out the blobs that only attachments name."""
    images = content.images if isinstance(content, ImageSet) else (content,)
    named_ones = {image.manifest.config.digest for image in images}
    named_ones |= {layer.descriptor.digest for image in images for layer in image.layers}
    return (blob for blob in publication.blobs if blob.descriptor.digest in named_ones)


def _member(blob: Blob) -> Member:
    def chunks() -> Iterator[bytes]:
        with blob.open() as stream:
            yield from chunks_of(stream)

    plain = Member.file(blob_name(blob.descriptor.digest), b"")
    entry = replace(plain.entry, size=blob.descriptor.size)
    return Member(entry=entry, content=chunks)


def _docker_manifest(content: Image | ImageSet, reference: Reference | None) -> bytes:
    """List the images; the first one gets the tag, as Docker keeps one image under a tag."""
    images = content.images if isinstance(content, ImageSet) else (content,)
    tags = [replace(reference, digest=None).familiar] if reference and reference.tag else []
    listed = [
        {
            "Config": blob_name(image.manifest.config.digest),
            "RepoTags": tags if image is images[0] else [],
            "Layers": [blob_name(layer.descriptor.digest) for layer in image.layers],
        }
        for image in images
    ]
    return encode(listed)


class ArchiveStore:
    """A tar of one image; reads all that Docker and Podman save, plain or compressed."""

    def __init__(self, path: Path, cache: BlobDirectory) -> None:
        """``cache`` takes what a compressed archive holds; a plain one is read in place."""
        self.path = path
        self._cache = cache

    def __str__(self) -> str:
        return str(self.path)

    def read(self, reference: Reference | None, platform: Platform) -> Image:
        """Return an image of the archive; None when it holds but one."""
        return read_archive(self._members(), reference, platform, str(self))

    def write(self, content: Image | ImageSet, reference: Reference | None) -> Descriptor:
        """Replace the archive by one that holds this image alone."""
        with output_file(self.path) as file:
            for chunk in archive_tar(content, reference):
                file.write(chunk)
        return Publication.of(content).top[0]

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a name stands for in this archive."""
        if not self.path.exists():
            return None
        members = self._members()
        if not members.has(INDEX_FILE):
            return None
        with members.open(INDEX_FILE) as stream:
            index = Index(content=stream.read())
        try:
            return choose(index.manifests, reference, str(self))
        except ImageError:
            return None

    def _members(self) -> Members:
        try:
            with open_regular(self.path) as file:
                packed = compression_of(file.read(4)) is not Compression.NONE
        except OSError as error:
            raise ImageError(f"{self.path} cannot be read", why=error.strerror or "") from error
        if not packed:
            return members_of_tar(self.path)
        with self.path.open("rb") as file:
            return members_of_stream(file, self._cache, str(self))
