"""What the cache holds may be damaged: no image is wrong, and what was damaged is made anew."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from build_site import Site
from images import AMD64

from jettison.__main__ import run
from jettison.images.descriptor import Descriptor
from jettison.images.stores.layout import LayoutStore


@pytest.fixture(autouse=True)
def cache(site: Site, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(site.cache))
    return site.cache / "jettison"


def build(site: Site, out: Path, *options: str) -> str:
    """Build with bytecode into a layout and give the image's digest."""
    base = f"--base=oci:{site.base}"
    command = ["build", str(site.project), base, f"--output=oci:{out}", "--bytecode=all"]
    assert run([*command, *options]) == 0
    return str(LayoutStore(out).read(None, AMD64).manifest.digest)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def flip_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size:
            flip(path)


@pytest.mark.parametrize("kind", ["wheels", "files", "releases", "unloaded", "pins"])
def test_offline_a_damaged_answer_is_an_error_until_it_is_fetched_again(
    site: Site, cache: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = build(site, tmp_path / "whole")
    flip_all(next(cache.rglob(kind)))
    shutil.rmtree(cache / "records" / "foundation")
    for _ in range(2):
        assert run(["build", str(site.project), f"--base=oci:{site.base}", "--offline"]) == 11
        error = capsys.readouterr().err
        assert f"/{kind}/" in error
        assert "is damaged" in error
        assert "without --offline" in error.partition("hint:")[2]
    assert build(site, tmp_path / "again") == whole
    capsys.readouterr()
    assert build(site, tmp_path / "offline", "--offline") == whole
    assert "damaged" not in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["blobs", "records", "bytecode"])
def test_flipped_bytes_are_seen_and_made_anew(
    site: Site, cache: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = build(site, tmp_path / "whole")
    flip_all(cache / kind)
    if kind == "bytecode":
        # Without a change, the layer that has it is taken as a whole.
        flip_all(cache / "records")
    assert build(site, tmp_path / "again") == whole
    assert f"{cache / kind}" in capsys.readouterr().err
    assert build(site, tmp_path / "last") == whole
    assert "damaged" not in capsys.readouterr().err


def test_planted_bytecode_is_not_taken(site: Site, cache: Path, tmp_path: Path) -> None:
    whole = build(site, tmp_path / "whole")
    kept = sorted((cache / "bytecode").iterdir())
    contents = [path.read_bytes() for path in kept]
    for path, content in zip(kept, contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)
    flip_all(cache / "records")
    assert build(site, tmp_path / "again") == whole


def test_a_damaged_blob_is_fetched_again(
    site: Site, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(site, tmp_path / "whole")
    site.index.asked.clear()
    for path in (cache / "blobs" / "sha256").iterdir():
        if path.read_bytes().startswith(b"PK"):
            flip(path)
    (site.project / "requirements.txt").write_text("server==1.0\ntools==1.5\n")
    build(site, tmp_path / "again")
    assert any(path.endswith("server-1.0-py3-none-any.whl") for path in site.index.asked)
    assert "was damaged; it is not used" in capsys.readouterr().err


def test_a_cache_that_is_emptied_during_a_build_is_filled_again(
    site: Site, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = build(site, tmp_path / "whole")
    write, emptied = LayoutStore.write, []

    def emptying(store: LayoutStore, *content: Any) -> Descriptor:
        if not emptied:
            emptied.append(shutil.rmtree(cache / "blobs"))
        return write(store, *content)

    monkeypatch.setattr(LayoutStore, "write", emptying)
    assert build(site, tmp_path / "again") == whole


def test_the_cache_is_private_to_its_owner(site: Site, cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    build(site, tmp_path / "out")
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder to somebody else")
def test_the_cache_of_another_user_is_refused(
    site: Site, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.mkdir(parents=True)
    os.chown(cache, 12345, 12345)
    assert run(["build", str(site.project), f"--base=oci:{site.base}"]) == 8
    assert "belongs to another user" in capsys.readouterr().err


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, partial(os.symlink, "/dev/zero")])
def test_what_is_no_file_in_place_of_an_entry_is_made_anew(
    site: Site, cache: Path, tmp_path: Path, put: Callable[[Path], None]
) -> None:
    whole = build(site, tmp_path / "whole")
    kept = [*(cache / "blobs" / "sha256").iterdir(), *(cache / "records").rglob("*.record")]
    for path in kept:
        path.unlink()
        put(path)
    assert build(site, tmp_path / "again") == whole
