"""Facts of source files kept between runs, one record for each project.

An entry is used when the file's size and time of modification are unchanged. A file that was
modified just before the record was written may change again within the clock's grain, so it is
not kept.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Raw, msgpack

from jettison.catalogue import fingerprint
from jettison.records import GRAIN_NS, Records
from jettison.source import ModuleFacts
from jettison.source.tree import TreeFile

# What shapes the facts: the analysis and its catalogue.
_SHAPING = ("catalogue/calls.toml", "source/*.py")
# A file's size, its time of modification, and what it says.
_Entry = tuple[int, int, Raw]
FACTS = msgpack.Decoder(ModuleFacts)


class SourceCache:
    """The kept facts of the project at ``root``; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, root: Path) -> None:
        self._records = Records(folder / "source", most=1) if folder else None
        place = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
        self._words = place, fingerprint(*_SHAPING)
        known = self._records.get(dict[str, _Entry], *self._words) if self._records else None
        self._entries = known or {}
        self._changed = False

    def get(self, path: str, file: TreeFile) -> ModuleFacts | None:
        """Facts of an unchanged file."""
        entry = self._entries.get(path)
        if entry is None or entry[:2] != (file.size, file.modified_ns):
            return None
        return FACTS.decode(entry[2])

    def put(self, path: str, file: TreeFile, facts: ModuleFacts) -> None:
        """Keep the facts of a file; those that hold half of a character are read each time."""
        if time.time_ns() - file.modified_ns > GRAIN_NS:
            with suppress(UnicodeEncodeError):
                self._entries[path] = (file.size, file.modified_ns, Raw(msgpack.encode(facts)))
                self._changed = True

    def save(self, *, keep: Iterable[str]) -> None:
        """Write the entries of the files in ``keep``."""
        if self._records and self._changed:
            kept = {path: self._entries[path] for path in keep if path in self._entries}
            self._records.put(kept, *self._words)
