"""Small layers and saved images, in memory."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence


def layer_tar(files: Mapping[str, bytes], *, setuid: Sequence[str] = ()) -> bytes:
    """Give a tar with the folders and files named; a name that ends with ``/`` is a folder."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, contents in files.items():
            member = tarfile.TarInfo(name.rstrip("/"))
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            member.mode = 0o4755 if name in setuid else 0o644
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
    return written.getvalue()


def saved_image(blobs: Mapping[str, bytes], order: Sequence[str]) -> bytes:
    """Give an archive whose blobs come as given and whose manifest names them in ``order``."""
    manifest = [{"Config": "config", "Layers": list(order)}]
    members = {**blobs, "manifest.json": json.dumps(manifest).encode()}
    return layer_tar(members)
