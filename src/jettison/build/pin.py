"""An exact file of a distribution."""

from __future__ import annotations

from msgspec import Struct


class Pin(Struct, frozen=True, kw_only=True):
    """One distribution and the file it comes as; ``sha256`` is lower-case hexadecimal."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str
    size: int | None

    @property
    def is_source(self) -> bool:
        """Whether the file is a source distribution, of which a wheel has to be built."""
        return not self.filename.endswith(".whl")
