"""Plain text tables and byte counts, readable without colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()
) -> str:
    """Lay out rows under a header in aligned columns; ``right`` lists right-aligned columns."""
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def laid_out(line: Sequence[str]) -> str:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    ruled = [laid_out(lines[0]), "  ".join("-" * width for width in widths)]
    return "\n".join([*ruled, *(laid_out(line) for line in lines[1:])])
