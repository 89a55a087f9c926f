"""Inspections of small images, made of the files of their layers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from archives import layer_tar

from jettison.contents.attribution import inspection
from jettison.contents.inspection import ImageContents, Inspection
from jettison.contents.measurement import MeasuredLayer, read_contents
from jettison.contents.stored_files import BaseLayers
from jettison.images.config import History

SITE = "usr/local/lib/python3.13/site-packages"


def inspected(
    *layers: Mapping[str, bytes], made_by: Sequence[str] = (), base: int = 0, folder: str = "/app"
) -> Inspection:
    """Inspect an image whose lowest ``base`` layers are its base's."""
    read = [read_contents(io.BytesIO(layer_tar(files))) for files in layers]
    contents = ImageContents(
        name="app",
        platform="linux/amd64",
        diff_ids=tuple(f"sha256:{index}" for index in range(len(layers))),
        history=tuple(History(created_by=made) for made in made_by),
        folder=folder,
        layers=tuple(MeasuredLayer(contents=one, compressed_size=one.size // 2) for one in read),
    )
    return inspection(contents, BaseLayers(count=base, known_by="the test"))


def distribution(name: str, version: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the files of an installed distribution, by their paths below site-packages."""
    folder = f"{name}-{version}.dist-info"
    rows = "".join(f"{path},,\n" for path in (*files, f"{folder}/METADATA", f"{folder}/RECORD"))
    own = {f"{SITE}/{path}": content for path, content in files.items()}
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    return {
        **own,
        f"{SITE}/{folder}/METADATA": metadata,
        f"{SITE}/{folder}/RECORD": rows.encode(),
    }
