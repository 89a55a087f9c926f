"""Debian's archive, held to packages that were chosen before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from jettison.debian.archive import Archive
from jettison.debian.index import PackageIndex


class LockedArchive(Archive):
    """Has only the packages of some index lines, whatever the mirror lists by now.

    Their files are still fetched from the mirror and held to the hashes of the lines.
    """

    def __init__(self, lines: Iterable[str], *, cache: Path) -> None:
        super().__init__(cache=cache)
        self._locked = tuple(lines)

    def index(self, release: str, architecture: str = "amd64") -> PackageIndex:  # noqa: ARG002 — the archive's
        """Return the packages of the lines, for every release and architecture."""
        return PackageIndex(self._locked)

    def fingerprint(self, release: str, architecture: str = "amd64") -> str:  # noqa: ARG002 — the archive's
        """Return a text that stands for the lines."""
        return hashlib.sha256("\n".join(self._locked).encode()).hexdigest()

    def refresh(self) -> None:
        """Do nothing: there is nothing newer."""
