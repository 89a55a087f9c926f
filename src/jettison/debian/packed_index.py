"""Reads a packed Packages file piece by piece, unpacking the next while one is looked at."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jettison.errors import IntegrityError

_PIECE = 1 << 20


def paragraph_texts(packed: Path) -> Iterator[str]:
    """Yield the text of an xz file in pieces of about a megabyte that end between paragraphs.

    The encoding is taken as Latin-1, which every byte sequence is: names and versions are ASCII,
    and what is not stays as it was when it is written the same way. Raises IntegrityError when the
    file is damaged.
    """
    rest = b""
    for piece in _ahead(_unpacked(packed)):
        whole, end, rest = (rest + piece).rpartition(b"\n\n")
        if whole:
            yield (whole + end).decode("latin-1")
    if rest.strip():
        yield rest.decode("latin-1")


def _unpacked(packed: Path) -> Iterator[bytes]:
    try:
        with lzma.open(packed) as file:
            while piece := file.read(_PIECE):
                yield piece
    except (lzma.LZMAError, EOFError) as error:
        raise IntegrityError(f"{packed.name} is damaged", why=str(error)) from error


def _ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Take the next piece in a thread while the caller has this one; unpacking runs beside it."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, pieces, b"")
        while piece := coming.result():
            coming = thread.submit(next, pieces, b"")
            yield piece
