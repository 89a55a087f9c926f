"""The same inputs give the same digest."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from build_site import Site


def other_order(site: Site, copy: Path) -> None:
    """Write the files in another order, so that directories list them in another one."""
    for path in sorted(site.project.rglob("*"), reverse=True):
        if path.is_file():
            place = copy / path.relative_to(site.project)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


def other_umask(site: Site, copy: Path) -> None:
    shutil.copytree(site.project, copy)
    for path in copy.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def other_times(site: Site, copy: Path) -> None:
    shutil.copytree(site.project, copy)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))


@pytest.mark.parametrize("change", [other_order, other_umask, other_times])
def test_the_state_of_the_disk_does_not_matter(
    site: Site, tmp_path: Path, change: Callable[[Site, Path], None]
) -> None:
    copy = tmp_path / "elsewhere" / "shop"
    change(site, copy)
    first = site.image(level=2)
    second = site.image(level=2, project=copy, cache=tmp_path / "cold")
    assert first.manifest.digest == second.manifest.digest


def test_umask_time_zone_and_folder_of_the_process_do_not_matter(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.image(level=2)
    before = os.umask(0o077)
    try:
        monkeypatch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        monkeypatch.chdir(site.project)
        second = site.image(level=2, project=Path(), cache=tmp_path / "cold")
    finally:
        os.umask(before)
        monkeypatch.undo()
        time.tzset()
    assert first.manifest.digest == second.manifest.digest


def test_a_warm_cache_gives_what_a_cold_one_does(site: Site, tmp_path: Path) -> None:
    warm = [site.image(level=2).manifest.digest for _ in range(2)]
    cold = site.image(level=2, cache=tmp_path / "cold").manifest.digest
    assert {*warm} == {cold}
