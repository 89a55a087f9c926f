"""A locked archive has what was locked, and nothing else."""

from __future__ import annotations

from pathlib import Path

from jettison.builder.lock import LockedArchive
from jettison.index.debian.package import compact_line

LINES = [
    compact_line({"Package": "libx1", "Version": "2.1", "SHA256": "0" * 64}, "bookworm"),
    compact_line({"Package": "app", "Version": "1", "Depends": "libx1"}, "bookworm-security"),
]


def test_it_lists_the_locked_packages_for_any_release(tmp_path: Path) -> None:
    index = LockedArchive(LINES, cache=tmp_path).index("trixie", "arm64")
    assert set(index) == {"app", "libx1"}
    found = index.get("app")
    assert found is not None
    assert (found.version, found.suite) == ("1", "bookworm-security")


def test_what_is_made_of_other_lines_has_another_fingerprint(tmp_path: Path) -> None:
    both = LockedArchive(LINES, cache=tmp_path).fingerprint("bookworm")
    assert both == LockedArchive(LINES, cache=tmp_path).fingerprint("bookworm")
    assert both != LockedArchive(LINES[:1], cache=tmp_path).fingerprint("bookworm")
