"""Writing image archives: one tar that is an OCI layout and what ``docker load`` asks for.

Docker versions without the containerd image store do not load a plain OCI layout, so the tar has
both ``index.json`` and ``manifest.json``, which name the same blobs.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from jettison.oci.document import encode
from jettison.oci.image import Image, ImageSet
from jettison.oci.manifest import Index
from jettison.oci.publication import Blob, Publication
from jettison.oci.reference import Reference
from jettison.oci.stream import chunks_of
from jettison.oci.tar_writer import Member, layer_tar
from jettison.stores.archive_reader import DOCKER_MANIFEST, INDEX, blob_name
from jettison.stores.layout import LAYOUT_CONTENT, LAYOUT_FILE
from jettison.stores.names import named


def archive_tar(content: Image | ImageSet, reference: Reference | None) -> Iterator[bytes]:
    """Return the archive as chunks; equal images give equal bytes.

    Attachments are left out: no engine that loads archives has a place for them.
    """
    publication = Publication.of(content)
    top, _ = publication.top
    index = Index.compose([named(top, reference)])
    documents = {
        LAYOUT_FILE: LAYOUT_CONTENT,
        INDEX: index.content,
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
