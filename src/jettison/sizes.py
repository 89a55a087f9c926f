"""Bytes as people read them."""

from __future__ import annotations

from jettison.values import Basis, Size

KILOBYTE = 1000
BASIS_MARKS = {
    Basis.MEASURED: "",
    Basis.CATALOGUED: " (catalogued)",
    Basis.ESTIMATED: " (estimated)",
}


def human(count: int) -> str:
    """Write bytes in decimal units, as ``docker images`` does: ``1.2 GB``, ``31 MB``."""
    value, sign = abs(float(count)), "-" if count < 0 else ""
    for unit in ("B", "kB", "MB", "GB"):
        if value < KILOBYTE or unit == "GB":
            break
        value /= KILOBYTE
    digits = 1 if value < 10 and unit not in ("B", "kB") else 0  # noqa: PLR2004  one digit below ten
    return f"{sign}{value:.{digits}f} {unit}"


def sized(size: Size | None) -> str:
    """Write a size with its basis when it was not measured; a dash when it is not known."""
    return "-" if size is None else f"{human(size.bytes)}{BASIS_MARKS[size.basis]}"
