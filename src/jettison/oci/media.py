"""Media types of the OCI image specification and of Docker's schema 2."""

from __future__ import annotations

from enum import StrEnum

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"

INDEXES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})


class Compression(StrEnum):
    """How a layer's tar is packed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


_SUFFIXES = {
    Compression.NONE: {OCI_MANIFEST: "", DOCKER_MANIFEST: ""},
    Compression.GZIP: {OCI_MANIFEST: "+gzip", DOCKER_MANIFEST: ".gzip"},
    Compression.ZSTD: {OCI_MANIFEST: "+zstd", DOCKER_MANIFEST: ".zstd"},
}


def layer_type(compression: Compression, manifest_type: str = OCI_MANIFEST) -> str:
    """Return the media type of a layer in a manifest of ``manifest_type``."""
    base = DOCKER_LAYER if manifest_type == DOCKER_MANIFEST else OCI_LAYER
    return base + _SUFFIXES[compression][manifest_type]


def config_type(manifest_type: str) -> str:
    """Return the media type of a config in a manifest of ``manifest_type``."""
    return DOCKER_CONFIG if manifest_type == DOCKER_MANIFEST else OCI_CONFIG
