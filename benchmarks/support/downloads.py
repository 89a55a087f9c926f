"""A cache that holds what came over the network, and nothing that was made of it."""

from __future__ import annotations

import shutil
from pathlib import Path

# Wheels and Debian packages begin so; what Jettison makes are gzip members.
_FETCHED = (b"PK\x03\x04", b"!<arch>\n")
# Package indexes, as they are kept after they were read.
_INDEXES = ("jettison/debian/packages", "jettison/debian/release", "jettison/distributions", "uv")


def only_downloads(full: Path, folder: Path) -> Path:
    """Make ``folder`` a cache with the downloads of the cache ``full``, and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    blobs = folder / "jettison" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for blob in (full / "jettison" / "blobs" / "sha256").iterdir():
        with blob.open("rb") as file:
            head = file.read(8)
        if head.startswith(_FETCHED):
            (blobs / blob.name).hardlink_to(blob)
    for name in _INDEXES:
        if (full / name).exists():
            shutil.copytree(full / name, folder / name)
    return folder
