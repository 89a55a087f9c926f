"""Facts of source files kept between runs, one file for each project.

An entry is used when the file's size and time of modification are unchanged. A file that was
modified just before the cache was written may change again within the clock's grain, so it is
not kept.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import platform
import tempfile
import time
import zlib
from collections.abc import Iterable
from functools import cache as once
from importlib.resources import files
from pathlib import Path

from jettison.catalogue.reader import resource
from jettison.project.source.facts import ModuleFacts
from jettison.project.source.packing import Packed, pack, unpack
from jettison.project.tree import TreeFile

_GRAIN_NS = 2_000_000_000
_Entry = tuple[int, int, Packed]


class SourceCache:
    """The kept facts of one project."""

    def __init__(self, path: Path | None, entries: dict[str, _Entry]) -> None:
        self._path = path
        self._entries = entries
        self._changed = False
        self.reused = 0

    @classmethod
    def empty(cls) -> SourceCache:
        """Make a cache that holds nothing and is not written."""
        return cls(None, {})

    @classmethod
    def load(cls, folder: Path, root: Path) -> SourceCache:
        """Read the cache of the project at ``root``; an unreadable one counts as empty."""
        name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
        path = folder / "source" / f"{name}.bin"
        try:
            content = path.read_bytes()
        except OSError:
            return cls(path, {})
        return cls(path, _decode(content))

    def get(self, path: str, file: TreeFile) -> ModuleFacts | None:
        """Facts of an unchanged file."""
        entry = self._entries.get(path)
        if entry is None or entry[:2] != (file.size, file.modified_ns):
            return None
        self.reused += 1
        return unpack(path, entry[2])

    def put(self, path: str, file: TreeFile, facts: ModuleFacts) -> None:
        """Keep the facts of a file."""
        if time.time_ns() - file.modified_ns > _GRAIN_NS and self._path is not None:
            self._entries[path] = (file.size, file.modified_ns, pack(facts))
            self._changed = True

    def save(self, *, keep: Iterable[str]) -> None:
        """Write the entries of the files in ``keep``; failing to write is no fault."""
        if self._path is None or not self._changed:
            return
        kept = {path: self._entries[path] for path in keep if path in self._entries}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, delete=False) as stream:
                stream.write(_encode(kept))
            Path(stream.name).replace(self._path)
        except OSError:
            return


def _encode(entries: dict[str, _Entry]) -> bytes:
    body = zlib.compress(marshal.dumps(entries), 1)
    return _fingerprint() + hashlib.sha256(body).digest() + body


def _decode(content: bytes) -> dict[str, _Entry]:
    head, digest, body = content[:32], content[32:64], content[64:]
    if head != _fingerprint() or hashlib.sha256(body).digest() != digest:
        return {}
    entries = marshal.loads(zlib.decompress(body))  # noqa: S302  # our own file, its digest checked
    return entries if isinstance(entries, dict) else {}


@once
def _fingerprint() -> bytes:
    """Name the state of whatever shapes the facts: the analysis, its catalogue, Python."""
    digest = hashlib.sha256(platform.python_version().encode())
    digest.update(resource("calls.toml"))
    for module in sorted(files("jettison.project.source").iterdir(), key=lambda each: each.name):
        if module.name.endswith(".py"):
            digest.update(module.read_bytes())
    return digest.digest()
