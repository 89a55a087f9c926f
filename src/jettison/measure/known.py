"""Compressed sizes of layers that were measured before, kept by diff ID between runs."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from jettison.measure.compression import LEVEL


class KnownSizes:
    """A folder with one small file for each layer; it can be deleted at any time."""

    def __init__(self, folder: Path | None = None) -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self._folder = folder or cache / "jettison" / f"compressed-sizes-gzip-{LEVEL}"

    def get(self, digest: str) -> int | None:
        """Give the compressed bytes of the layer with this hexadecimal diff ID, if known."""
        try:
            return int((self._folder / digest).read_text("ascii"))
        except (OSError, ValueError):
            return None

    def put(self, digest: str, size: int) -> None:
        """Remember a size; a folder that cannot be written is no reason to fail."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / digest).write_text(str(size), "ascii")
