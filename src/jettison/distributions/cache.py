"""The disk cache: small JSON documents, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import Any

# Raised when the shape of a document changes; older ones are then left alone.
_LAYOUT = "v2"


class Cache:
    """Documents under a folder, named by a few words; safe to share between threads.

    A document that cannot be read counts as missing, and a folder that cannot be written costs
    speed, never a plan.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "distributions" / _LAYOUT
        self._lock = threading.Lock()
        self._hits = 0

    @property
    def hits(self) -> int:
        """Documents that were found."""
        with self._lock:
            return self._hits

    def read(self, *words: str) -> Any:  # noqa: ANN401  # JSON
        """Give the parsed document of this name, or None."""
        try:
            document = json.loads(self._path(words).read_bytes())
        except (OSError, ValueError):
            return None
        with self._lock:
            self._hits += 1
        return document

    def stamp(self, *words: str) -> str:
        """Give what is another text whenever a document was replaced, empty when there is none."""
        try:
            status = self._path(words).stat()
        except OSError:
            return ""
        return f"{status.st_size}-{status.st_mtime_ns}"

    def write(self, document: object, *words: str) -> None:
        """Store a document under this name, replacing what was there."""
        path = self._path(words)
        text = json.dumps(document, separators=(",", ":"))
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    stream.write(text)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)

    def _path(self, words: tuple[str, ...]) -> Path:
        *folders, last = (_safe(word) for word in words)
        return self._folder.joinpath(*folders, f"{last}.json")


def _safe(word: str) -> str:
    """Give a word as one path component on every file system."""
    return re.sub(r"[^A-Za-z0-9._+!-]", "_", word).lstrip(".")[:180] or "_"
