"""Where Jettison keeps what it fetched and made, between runs and shared by all processes."""

from __future__ import annotations

import os
from pathlib import Path

from jettison.stores.blobs import BlobDirectory


def cache_directory() -> Path:
    """Return ``$XDG_CACHE_HOME/jettison``, by default ``~/.cache/jettison``.

    A relative XDG_CACHE_HOME is ignored, as the XDG base directory specification asks.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "jettison"


def blob_cache(directory: Path | None = None) -> BlobDirectory:
    """Return the content-addressed cache, without what killed processes left in it."""
    blobs = BlobDirectory((directory or cache_directory()) / "blobs")
    blobs.remove_abandoned()
    return blobs
