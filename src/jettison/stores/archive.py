"""Image archives: single tar files."""

from __future__ import annotations

from pathlib import Path

from jettison.errors import ImageError
from jettison.oci.compression import compression_of
from jettison.oci.descriptor import Descriptor
from jettison.oci.image import Image, ImageSet
from jettison.oci.manifest import Index
from jettison.oci.media import Compression
from jettison.oci.platform import Platform
from jettison.oci.publication import Publication
from jettison.oci.reference import Reference
from jettison.stores.archive_reader import INDEX, read_archive
from jettison.stores.archive_writer import archive_tar
from jettison.stores.blobs import BlobDirectory
from jettison.stores.files import whole_file
from jettison.stores.members import CachedMembers, Members, TarMembers
from jettison.stores.names import choose


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
        with whole_file(self.path) as file:
            for chunk in archive_tar(content, reference):
                file.write(chunk)
        return Publication.of(content).top[0]

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a name stands for in this archive."""
        if not self.path.exists():
            return None
        members = self._members()
        if not members.has(INDEX):
            return None
        with members.open(INDEX) as stream:
            index = Index(content=stream.read())
        try:
            return choose(index.manifests, reference, str(self))
        except ImageError:
            return None

    def _members(self) -> Members:
        try:
            with self.path.open("rb") as file:
                packed = compression_of(file.read(4)) is not Compression.NONE
        except OSError as error:
            raise ImageError(f"{self.path} cannot be read", why=error.strerror or "") from error
        if not packed:
            return TarMembers(self.path)
        with self.path.open("rb") as file:
            return CachedMembers(file, self._cache, str(self))
