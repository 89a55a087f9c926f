"""Manifests (one image or artifact) and indexes (the same for several platforms)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from jettison.errors import ImageError
from jettison.images.descriptor import Descriptor, Platform, spoken
from jettison.images.digest import (
    OCI_INDEX,
    OCI_MANIFEST,
    Document,
    list_field,
    mapping_field,
    text_field,
)


class Manifest(Document, frozen=True, kw_only=True):
    """The config and the layers of an image, OCI or Docker schema 2."""

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
        """Make a manifest; empty optional fields are left out."""
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
    def media_type(self) -> str:
        """The manifest's media type; OCI when the manifest does not say."""
        return text_field(self.fields, "mediaType") or OCI_MANIFEST

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

    @property
    def descriptor(self) -> Descriptor:
        """The descriptor of the manifest itself."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)


class Index(Document, frozen=True, kw_only=True):
    """The manifests of one image for several platforms: OCI index or Docker manifest list."""

    @classmethod
    def compose(
        cls,
        manifests: Iterable[Descriptor],
        *,
        media_type: str = OCI_INDEX,
        annotations: Mapping[str, str] | None = None,
    ) -> Index:
        """Make an index of manifests in the order given."""
        return cls.of(
            {
                "schemaVersion": 2,
                "mediaType": media_type,
                "manifests": [manifest.fields for manifest in manifests],
                "annotations": dict(annotations) if annotations else None,
            }
        )

    @property
    def media_type(self) -> str:
        """The index's media type; OCI when the index does not say."""
        return text_field(self.fields, "mediaType") or OCI_INDEX

    @property
    def manifests(self) -> tuple[Descriptor, ...]:
        """The descriptors of the manifests."""
        return tuple(map(Descriptor.from_fields, list_field(self.fields, "manifests")))

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """The platforms there are images for; attestations have none."""
        found = (manifest.platform for manifest in self.manifests)
        return tuple(p for p in found if p and p.os != "unknown")

    @property
    def descriptor(self) -> Descriptor:
        """The descriptor of the index itself."""
        return Descriptor(media_type=self.media_type, digest=self.digest, size=self.size)

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
