"""The port that every store implements."""

from __future__ import annotations

from typing import Protocol

from jettison.oci.descriptor import Descriptor
from jettison.oci.image import Image, ImageSet
from jettison.oci.platform import Platform
from jettison.oci.reference import Reference


class Store(Protocol):
    """Reads and writes images.

    A store that holds one image (a layout, an archive) takes None for its reference.
    """

    def read(self, reference: Reference | None, platform: Platform) -> Image:
        """Return the image for a platform; layers are fetched when they are opened.

        ImageError when there is none, NetworkError or EngineError when the store does not answer.
        """

    def write(self, content: Image | ImageSet, reference: Reference | None) -> Descriptor:
        """Store an image under a name and return what the name now stands for.

        Nothing is visible under the name before all of it is there. WriteError or NetworkError
        when it cannot be stored.
        """

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a name stands for (a manifest or an index), or None."""
