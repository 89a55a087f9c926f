"""Small JSON facts that the cache remembers under a key."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from jettison.oci.document import encode
from jettison.stores.files import whole_file


class Records:
    """A directory of JSON objects by key; any of them may vanish at any time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what is remembered under ``key``, or None; damage counts as forgotten."""
        try:
            found = json.loads(self._path(key).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, record: dict[str, Any]) -> None:
        """Remember an object under ``key``."""
        with whole_file(self._path(key)) as file:
            file.write(encode(record))

    def _path(self, key: str) -> Path:
        return self._directory / (hashlib.sha256(key.encode()).hexdigest() + ".json")
