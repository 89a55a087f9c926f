"""What modules name, kept between runs by the hash of their source: parsing them takes seconds."""

from __future__ import annotations

import hashlib
import platform
from functools import cache as once
from importlib.resources import files
from pathlib import Path

from msgspec import Raw, msgpack

from jettison.catalogue.reader import resource
from jettison.installed.links import Links, links_of
from jettison.records import Records
from jettison.stores.cache import cache_directory

# So many modules are kept; when there are more, those that were not asked for go.
MOST = 20_000
_LINKS = msgpack.Decoder(Links)


class KeptLinks:
    """Gives the links of sources, as they were kept or by parsing, and keeps what is new."""

    def __init__(self, folder: Path | None = None) -> None:
        self._records = Records((folder or cache_directory()) / "links", most=1)
        self._known = self._records.get(dict[bytes, Raw], _fingerprint()) or {}
        self._used: dict[bytes, Raw] = {}

    def read(self, source: bytes) -> Links:
        """Give what a module names."""
        key = hashlib.sha256(source).digest()
        packed = self._used.get(key) or self._known.get(key)
        if packed is None:
            packed = Raw(msgpack.encode(links_of(source)))
        self._used[key] = packed
        return _LINKS.decode(packed)

    def save(self) -> None:
        """Write what is known anew when something was added."""
        if not self._used.keys() <= self._known.keys():
            kept = {**self._known, **self._used}
            self._records.put(kept if len(kept) <= MOST else self._used, _fingerprint())


@once
def _fingerprint() -> str:
    """Name the state of whatever shapes the links: the parser, its catalogue, Python."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in ("loaders.toml", "standard_library.toml"):
        digest.update(resource(name))
    for name in ("links.py", "attributes.py", "conditions.py"):
        digest.update(files("jettison.installed").joinpath(name).read_bytes())
    return digest.hexdigest()
