"""The names of images within an OCI layout or archive, kept as annotations of its index."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from jettison.errors import ImageError
from jettison.oci.descriptor import Descriptor
from jettison.oci.media import INDEXES, MANIFESTS
from jettison.oci.reference import Reference

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
    raise ImageError(
        f"{place} holds several images: {names}", hint="Say which one, by its full name."
    )


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
