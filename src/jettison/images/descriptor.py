"""Descriptors, platforms, and the manifests and indexes made of them (OCI image spec)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from msgspec import Struct

from jettison.errors import ImageError
from jettison.images.digest import (
    OCI_INDEX,
    OCI_MANIFEST,
    Digest,
    Document,
    Fields,
    list_field,
    mapping_field,
    text_field,
)
from jettison.values import replace

# Names that uname and Python use for what images call by another name.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "i386": "386",
    "i686": "386",
}
# A variant that means the same as none at all.
_IMPLIED_VARIANTS = {"arm64": "v8", "amd64": "v1", "arm": "v7"}
_PART = re.compile(r"[a-z0-9_.-]+")


class Platform(Struct, frozen=True, order=True, kw_only=True):
    """For example ``linux/amd64`` or ``linux/arm/v6``; an implied variant is omitted."""

    os: str = "linux"
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read ``os/architecture[/variant]``, or an architecture alone for linux."""
        parts = text.lower().split("/")
        if len(parts) == 1:
            parts = ["linux", *parts]
        if len(parts) not in {2, 3} or not all(_PART.fullmatch(part) for part in parts):
            raise ImageError(
                f"{text!r} is not a platform", hint="Write it as linux/amd64 or linux/arm64."
            )
        return cls._normal(*parts)

    @classmethod
    def from_fields(cls, fields: Fields) -> Platform:
        """Read the platform object of a descriptor, or those fields of a config."""
        return cls._normal(
            text_field(fields, "os") or "linux",
            text_field(fields, "architecture"),
            text_field(fields, "variant"),
            text_field(fields, "os.version"),
        )

    @classmethod
    def _normal(
        cls, os: str, architecture: str, variant: str = "", os_version: str = ""
    ) -> Platform:
        architecture = _ARCHITECTURES.get(architecture, architecture)
        if _IMPLIED_VARIANTS.get(architecture) == variant:
            variant = ""
        return cls(os=os, architecture=architecture, variant=variant, os_version=os_version)

    @property
    def fields(self) -> dict[str, str]:
        """The platform as a descriptor holds it."""
        named = {
            "architecture": self.architecture,
            "os": self.os,
            "os.version": self.os_version,
            "variant": self.variant,
        }
        return {name: value for name, value in named.items() if value}

    def suits(self, wanted: Platform) -> bool:
        """Tell whether an image for this platform answers a request for ``wanted``."""
        same = (self.os, self.architecture) == (wanted.os, wanted.architecture)
        return same and wanted.variant in {"", self.variant}


def spoken(platforms: Iterable[Platform]) -> str:
    """Return the platforms as one sorted, comma-separated text."""
    return ", ".join(sorted({str(platform) for platform in platforms})) or "none"


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


class _Described(Document, frozen=True, kw_only=True):
    """A document that names its own media type, or is of the usual one."""

    usual: ClassVar[str]

    @property
    def media_type(self) -> str:
        """The media type; OCI's when the document does not say."""
        return text_field(self.fields, "mediaType") or self.usual

    @property
    def descriptor(self) -> Descriptor:
        """The descriptor of the document itself."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)


class Manifest(_Described, frozen=True, kw_only=True):
    """The config and the layers of an image, OCI or Docker schema 2."""

    usual = OCI_MANIFEST

    @classmethod
    def compose(
        cls,
        *,
        config: Descriptor,
        layers: Iterable[Descriptor],
        media_type: str = OCI_MANIFEST,
        annotations: Mapping[str, str] | None = None,
        subject: Descriptor | None = None,
        artifact_type: str = "",
    ) -> Manifest:
        """Make a manifest; empty optional fields are omitted."""
        return cls.of(
            {
                "schemaVersion": 2,
                "mediaType": media_type,
                "artifactType": artifact_type or None,
                "config": config.fields,
                "layers": [layer.fields for layer in layers],
                "subject": subject.fields if subject else None,
                "annotations": dict(annotations) if annotations else None,
            }
        )

    @property
    def config(self) -> Descriptor:
        """The descriptor of the config."""
        return Descriptor.from_fields(mapping_field(self.fields, "config"))

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """The descriptors of the layers, the base first."""
        return tuple(map(Descriptor.from_fields, list_field(self.fields, "layers")))

    @property
    def subject(self) -> Descriptor | None:
        """The image that this manifest's artifact belongs to."""
        fields = mapping_field(self.fields, "subject")
        return Descriptor.from_fields(fields) if fields else None

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations of the manifest."""
        return mapping_field(self.fields, "annotations")


class Index(_Described, frozen=True, kw_only=True):
    """The manifests of one image for several platforms: OCI index or Docker manifest list."""

    usual = OCI_INDEX

    @classmethod
    def compose(
        cls,
        manifests: Iterable[Descriptor],
        *,
        media_type: str = OCI_INDEX,
    ) -> Index:
        """Make an index of manifests in the order given."""
        return cls.of(
            {
                "schemaVersion": 2,
                "mediaType": media_type,
                "manifests": [manifest.fields for manifest in manifests],
            }
        )

    @property
    def manifests(self) -> tuple[Descriptor, ...]:
        """The descriptors of the manifests."""
        return tuple(map(Descriptor.from_fields, list_field(self.fields, "manifests")))

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms there are images for; attestations have none."""
        found = (manifest.platform for manifest in self.manifests)
        return tuple(p for p in found if p and p.os != "unknown")

    def choose(self, wanted: Platform, name: str) -> Descriptor:
        """Return the manifest for a platform; ImageError names those there are."""
        for manifest in self.manifests:
            if manifest.platform and manifest.platform.suits(wanted):
                return replace(manifest, platform=wanted)
        raise ImageError(
            f"{name} has no image for {wanted}",
            why=f"it has images for: {spoken(self.platforms)}",
            hint="Choose one of these platforms, or another base image.",
        )
