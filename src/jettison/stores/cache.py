"""Where Jettison keeps what it fetched and made, between runs and shared by all processes."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from jettison.errors import WriteError
from jettison.stores.blobs import BlobDirectory

_PRIVATE = 0o700
_OTHERS = 0o077


def cache_directory() -> Path:
    """Return ``$XDG_CACHE_HOME/jettison``, by default ``~/.cache/jettison``.

    A relative XDG_CACHE_HOME is ignored, as the XDG base directory specification asks. The folder
    is made when it is missing, and is its owner's alone; WriteError when it is another user's.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = (named if named.is_absolute() else Path.home() / ".cache") / "jettison"
    # Where it cannot be made, whoever writes into it says so, and who only reads goes without.
    with suppress(OSError):
        folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
        _require_own(folder)
    return folder


def _require_own(folder: Path) -> None:
    """Let nobody else write, or put something in place of, what is taken for our own work."""
    for found in (folder.lstat(), folder.stat()):
        if found.st_uid != os.geteuid():
            raise WriteError(
                f"{folder} belongs to another user",
                why="what is kept there becomes part of images, and runs on this machine",
                hint="Set XDG_CACHE_HOME to a folder of your own, or remove that one.",
            )
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        folder.chmod(_PRIVATE)


def blob_cache(directory: Path | None = None) -> BlobDirectory:
    """Return the content-addressed cache, without what killed processes left in it."""
    blobs = BlobDirectory((directory or cache_directory()) / "blobs", cache=True)
    blobs.remove_abandoned()
    return blobs
