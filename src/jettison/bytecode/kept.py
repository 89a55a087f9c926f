"""Bytecode of single modules, kept between builds: after a change only that module is compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from jettison.bytecode.compiler import Compiler
from jettison.stores.seals import sealed_bytes, sealed_file


class KeptBytecode(Struct, frozen=True, kw_only=True):
    """A compiler that keeps what it made in ``folder``; any file there may vanish at any time."""

    compiler: Compiler
    folder: Path

    def cached_path(self, path: str) -> str:
        """Return where the bytecode of a module is."""
        return self.compiler.cached_path(path)

    def compiled(self, modules: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield what ``Compiler.compiled`` does, in the same order."""
        found = list(modules)
        kept = [self._kept(path, source) for path, source in found]
        missing = [pair for pair, content in zip(found, kept, strict=True) if content is None]
        made = dict(self.compiler.compiled(missing)) if missing else {}
        for (path, source), content in zip(found, kept, strict=True):
            place = self.cached_path(path)
            result = made.get(place, b"") if content is None else content
            if content is None:
                with sealed_file(self._file(path, source)) as file:
                    file.write(result)
            if result:
                yield place, result

    def _kept(self, path: str, source: bytes) -> bytes | None:
        """Return what was made before, nothing in it for a module that does not compile."""
        return sealed_bytes(self._file(path, source))

    def _file(self, path: str, source: bytes) -> Path:
        running = hashlib.sha256("\0".join((self.compiler.identity, path, "")).encode())
        running.update(source)
        return self.folder / running.hexdigest()
