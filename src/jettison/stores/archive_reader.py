"""Reading image archives: what ``docker save``, ``podman save``, skopeo and Jettison write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from msgspec import Struct

from jettison.errors import ImageError
from jettison.oci import media
from jettison.oci.compression import compression_of
from jettison.oci.config import Config
from jettison.oci.descriptor import Descriptor
from jettison.oci.digest import DiffID, Digest
from jettison.oci.document import list_field, text_field
from jettison.oci.image import Image
from jettison.oci.layer import Layer
from jettison.oci.manifest import Index
from jettison.oci.media import Compression
from jettison.oci.platform import Platform, spoken
from jettison.oci.reference import Reference
from jettison.oci.stream import checked, chunks_of
from jettison.stores.assemble import LARGEST_DOCUMENT, read_image
from jettison.stores.members import Members
from jettison.stores.names import choose

INDEX = "index.json"
DOCKER_MANIFEST = "manifest.json"


def read_archive(
    members: Members, reference: Reference | None, platform: Platform, place: str
) -> Image:
    """Return an image of an archive; None when it holds but one for the platform."""
    if members.has(INDEX):
        index = Index(content=_document(members, INDEX))
        top = choose(index.manifests, reference, place)
        return read_image(_Blobs(members), top, platform, place)
    return _docker_image(members, reference, platform, place)


class _Blobs(Struct, frozen=True):
    """The blobs of an archive that is an OCI layout, as ``read_image`` asks for them."""

    members: Members

    def document(self, descriptor: Descriptor) -> bytes:
        with self.open(descriptor) as stream:
            return stream.read(LARGEST_DOCUMENT)

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
        raise ImageError(f"{place} holds several images", hint="Say which one, by its full name.")
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
                layers=tuple(list_field(image, "Layers")),
                tags=tuple(map(Reference.parse, list_field(image, "RepoTags"))),
            )
    except (ValueError, TypeError, AttributeError) as error:
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
        media_type=media.layer_type(compression), digest=digest, size=members.size(name)
    )
    return Layer(descriptor=descriptor, diff_id=diff_id, open=partial(_open, members, name, digest))


def _open(members: Members, name: str, digest: Digest) -> BinaryIO:
    return checked(members.open(name), digest, members.size(name), name)


def _document(members: Members, name: str) -> bytes:
    with members.open(name) as stream:
        return stream.read(LARGEST_DOCUMENT)
