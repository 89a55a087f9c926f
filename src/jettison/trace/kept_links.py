"""What modules name, kept between runs by the hash of their source: parsing them takes seconds."""

from __future__ import annotations

import hashlib
import marshal
import platform
import tempfile
import zlib
from functools import cache as once
from importlib.resources import files
from pathlib import Path
from typing import Any

from jettison.catalogue.reader import resource
from jettison.installed.links import Import, Links, links_of
from jettison.stores.cache import cache_directory

# So many modules are kept; when there are more, those that were not asked for go.
MOST = 20_000


class KeptLinks:
    """Gives the links of sources, from the file or by parsing, and writes what is new."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or cache_directory()) / "links.bin"
        self._known = _read(self._path)
        self._used: dict[bytes, tuple[Any, ...]] = {}

    def read(self, source: bytes) -> Links:
        """Give what a module names."""
        key = hashlib.sha256(source).digest()
        packed = self._used.get(key) or self._known.get(key)
        if packed is None:
            packed = _packed(links_of(source))
        self._used[key] = packed
        return _unpacked(packed)

    def save(self) -> None:
        """Write the file anew when something was added; failing to write is no fault."""
        if self._used.keys() <= self._known.keys():
            return
        kept = {**self._known, **self._used}
        body = zlib.compress(marshal.dumps(kept if len(kept) <= MOST else self._used), 1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, delete=False) as stream:
                stream.write(_fingerprint() + hashlib.sha256(body).digest() + body)
            Path(stream.name).replace(self._path)
        except OSError:
            return


def _read(path: Path) -> dict[bytes, tuple[Any, ...]]:
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    head, digest, body = content[:32], content[32:64], content[64:]
    if head != _fingerprint() or hashlib.sha256(body).digest() != digest:
        return {}
    found = marshal.loads(zlib.decompress(body))  # noqa: S302  # our own file, its digest checked
    return found if isinstance(found, dict) else {}


def _packed(links: Links) -> tuple[Any, ...]:
    imports, on_demand = (
        tuple((one.module, one.names, one.level, one.tried) for one in found)
        for found in (links.imports, links.on_demand)
    )
    return (
        imports, links.texts, links.exports, links.beginnings, links.computed, links.dynamic,
        links.programs, on_demand, links.asked,
    )  # fmt: skip


def _unpacked(packed: tuple[Any, ...]) -> Links:
    imports, texts, exports, beginnings, computed, dynamic, programs, on_demand, asked = packed
    first, late = (
        tuple(
            Import(module=module, names=names, level=level, tried=tried)
            for module, names, level, tried in found
        )
        for found in (imports, on_demand)
    )
    return Links(
        imports=first,
        on_demand=late,
        asked=asked,
        texts=texts,
        exports=exports,
        beginnings=beginnings,
        computed=computed,
        dynamic=dynamic,
        programs=programs,
    )


@once
def _fingerprint() -> bytes:
    """Name the state of whatever shapes the links: the parser, its catalogue, Python."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in ("loaders.toml", "standard_library.toml"):
        digest.update(resource(name))
    for name in ("links.py", "attributes.py", "conditions.py"):
        digest.update(files("jettison.installed").joinpath(name).read_bytes())
    return digest.digest()
