"""Descriptors: what some bytes are, their digest and their size."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jettison.errors import ImageError
from jettison.oci.digest import Digest
from jettison.oci.document import Fields, mapping_field, text_field
from jettison.oci.platform import Platform

_KNOWN = frozenset({"mediaType", "digest", "size", "annotations", "platform", "artifactType"})
Pairs = tuple[tuple[str, Any], ...]


class Descriptor(Struct, frozen=True, kw_only=True):
    """A reference to ``size`` bytes by ``digest``.

    ``annotations`` and ``other`` (fields that have no name here) are pairs sorted by name.
    """

    media_type: str
    digest: Digest
    size: int
    annotations: tuple[tuple[str, str], ...] = ()
    platform: Platform | None = None
    artifact_type: str = ""
    other: Pairs = ()

    # the digest tells descriptors apart; what JSON holds in ``other`` may have no hash
    def __hash__(self) -> int:
        return hash((self.media_type, self.digest, self.size))

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Descriptor:
        """Describe ``content``."""
        return cls(media_type=media_type, digest=Digest.of(content), size=len(content))

    @classmethod
    def from_fields(cls, fields: Fields) -> Descriptor:
        """Read a descriptor of a manifest or index; ImageError when it is not one."""
        if not isinstance(fields, dict):
            raise ImageError("a descriptor of an image is not an object")
        size = fields.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ImageError(f"a descriptor of an image has the size {size!r}")
        platform = mapping_field(fields, "platform")
        return cls(
            media_type=text_field(fields, "mediaType"),
            digest=Digest.parse(text_field(fields, "digest")),
            size=size,
            annotations=sorted_pairs(mapping_field(fields, "annotations")),
            platform=Platform.from_fields(platform) if platform else None,
            artifact_type=text_field(fields, "artifactType"),
            other=sorted_pairs({k: v for k, v in fields.items() if k not in _KNOWN}),
        )

    @property
    def fields(self) -> dict[str, Any]:
        """The descriptor as JSON fields."""
        optional = {
            "annotations": dict(self.annotations),
            "platform": self.platform.fields if self.platform else None,
            "artifactType": self.artifact_type,
        }
        return {
            **dict(self.other),
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size,
            **{name: value for name, value in optional.items() if value},
        }

    def with_annotations(self, annotations: dict[str, str]) -> Descriptor:
        """Return the descriptor with annotations added or replaced."""
        merged = {**dict(self.annotations), **annotations}
        return replace(self, annotations=sorted_pairs(merged))


def sorted_pairs(mapping: Fields) -> Pairs:
    """Return a mapping as pairs sorted by name."""
    return tuple(sorted(mapping.items()))
