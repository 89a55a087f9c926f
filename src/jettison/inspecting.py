"""From the name of an image to the owners of its bytes."""

from __future__ import annotations

from platform import machine

from jettison.errors import ImageError
from jettison.inspect.base_layers import BaseLayers, base_layers
from jettison.inspect.image import ImageContents, inspection
from jettison.inspect.inspection import Inspection
from jettison.measure.contents import MeasuredLayer
from jettison.measure.stored import measured_layers
from jettison.oci.image import Image
from jettison.oci.platform import Platform
from jettison.progress import Progress
from jettison.stores.cache import blob_cache
from jettison.stores.location import nearest


def inspect(name: str, progress: Progress, *, platform: str = "", base: str = "") -> Inspection:
    """Read an image, wherever it is, and attribute every byte of it.

    ``base`` names the image that it is made on. Raises ImageError when one of them does not exist
    or the image is not made on the other, and what the store raises.
    """
    image = _image(name, platform)
    contents = ImageContents(
        name=name,
        platform=str(image.platform),
        diff_ids=tuple(map(str, image.config.diff_ids)),
        history=image.config.history,
        folder=image.config.working_directory,
        layers=measured_layers(image, progress),
    )
    return inspection(contents, _base(contents, base, platform))


def _base(contents: ImageContents, base: str, platform: str) -> BaseLayers:
    named = tuple(map(str, _image(base, platform).config.diff_ids)) if base else ()
    found = base_layers(contents.history, contents.diff_ids, named)
    if found is None:
        raise ImageError(
            f"{contents.name} is not made on {base}",
            why="its lowest layers are not those of that image",
            hint="Leave --base out, and the base is told from the image's history.",
        )
    if not found.count and contents.layers and _has_packages(contents.layers[0]):
        return BaseLayers(count=1, known_by="its packages: the lowest layer has their database")
    return found


def _has_packages(layer: MeasuredLayer) -> bool:
    return any("var/lib/dpkg/status" in path for path in layer.contents.texts)


def _image(name: str, platform: str) -> Image:
    place = nearest(name, blob_cache())
    return place.store.read(place.reference, Platform.parse(platform or machine()))
