"""An exact wheel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One distribution and the wheel that is installed; ``sha256`` is lower-case hexadecimal."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str
    size: int | None
