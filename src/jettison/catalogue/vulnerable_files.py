"""Which files advisories name as the vulnerable ones, as ``vulnerable_files.toml`` tells."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct


class VulnerableFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one vulnerability, by any of its ``names``: ``files`` are below site-packages."""

    names: tuple[str, ...]
    distribution: str
    files: tuple[str, ...]
    source: str
    date: dt.date


class VulnerableFiles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table."""

    files: tuple[VulnerableFile, ...]
