"""What goes wrong while an image is built leaves nothing wrong behind."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from build_site import Site
from image_oracle import validate
from torture import LISTINGS
from wheels import wheel

from jettison.errors import (
    IntegrityError,
    JettisonError,
    NetworkError,
    ProjectError,
    UnsupportedError,
    WriteError,
)
from jettison.images.stores.archive import ArchiveStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import INDEX_FILE, LayoutStore

BUILD = Path(__file__).parent.parent / "support" / "killed_build.py"


def started(site: Site, moment: int, output: Path) -> subprocess.Popen[str]:
    """Build in a process of its own that is killed at a moment; 0 is never."""
    place = {name: str(getattr(site, name)) for name in ("project", "base", "cache")}
    command = [sys.executable, str(BUILD), json.dumps(place), str(moment), str(output)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_at_any_moment_the_next_build_succeeds(site: Site, tmp_path: Path) -> None:
    whole = site.image(cache=tmp_path / "apart").manifest.digest
    counting = started(site, 0, tmp_path / "counted")
    moments = int(counting.communicate()[0])
    assert moments > 20
    for part in range(1, 6):
        output = tmp_path / f"layout-{part}"
        again = Site(
            project=site.project, base=site.base, index=site.index, cache=tmp_path / f"cache-{part}"
        )
        killed = started(again, moments * part // 5, output)
        killed.communicate()
        assert killed.returncode == -signal.SIGKILL
        assert not (output / INDEX_FILE).exists()
        image = again.image()
        assert image.manifest.digest == whole
        assert LayoutStore(output).write(image, None).digest == whole
        assert validate(image) == ()


def test_two_builds_at_once_share_a_cache(site: Site, tmp_path: Path) -> None:
    both = [started(site, 0, tmp_path / name) for name in ("one", "two")]
    for each in both:
        each.communicate()
        assert each.returncode == 0
    whole = site.image(cache=tmp_path / "apart")
    for name in ("one", "two"):
        top = LayoutStore(tmp_path / name).find(None)
        assert top is not None
        assert top.digest == whole.manifest.digest


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond ``size``, which fails as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, former)


def test_a_disk_that_fills_is_told_and_the_next_build_succeeds(site: Site, tmp_path: Path) -> None:
    (site.project / "shop" / "large.bin").write_bytes(os.urandom(2_000_000))
    with files_of_at_most(1_000_000), pytest.raises(WriteError) as caught:
        site.image()
    assert str(site.cache) in str(caught.value)
    assert "Free some space" in caught.value.hint
    assert not list(site.cache.rglob("*.partial"))
    assert validate(site.image()) == ()


def test_an_output_on_a_full_disk_is_not_there_under_its_name(site: Site, tmp_path: Path) -> None:
    (site.project / "shop" / "large.bin").write_bytes(os.urandom(2_000_000))
    image = site.image()
    archive = ArchiveStore(tmp_path / "image.tar", BlobDirectory(tmp_path / "blobs"))
    layout = LayoutStore(tmp_path / "layout")
    for store, name in ((archive, "image.tar"), (layout, "layout")):
        with files_of_at_most(1_000_000), pytest.raises(WriteError, match=name):
            store.write(image, None)
        assert store.find(None) is None
    assert not (tmp_path / "image.tar").exists()
    assert not list(tmp_path.glob("*.partial"))


def test_a_yanked_release_is_passed_over(site: Site) -> None:
    site.index.add("tools-1.6-py3-none-any.whl", wheel("tools", "1.6"))
    site.index.yanked.add("tools-1.6-py3-none-any.whl")
    paths = site.image().tree().paths
    assert any("tools-1.5.dist-info" in path for path in paths)
    assert not any("tools-1.6.dist-info" in path for path in paths)


def test_only_yanked_releases_are_named(site: Site) -> None:
    site.index.yanked.add("tools-1.5-py3-none-any.whl")
    with pytest.raises(ProjectError) as caught:
        site.image()
    assert "tools" in caught.value.why
    assert "yanked" in caught.value.why


@pytest.mark.parametrize("files", [{"../evil": b""}, {"/evil": b""}, {"a/../../evil": b""}])
def test_nothing_is_written_outside_for_a_hostile_wheel(
    site: Site, tmp_path: Path, files: dict[str, bytes]
) -> None:
    site.index.add("server-1.0-py3-none-any.whl", wheel("server", files=files))
    with pytest.raises(IntegrityError, match=r"server-1.0-py3-none-any.whl"):
        site.image()
    assert not list(tmp_path.rglob("evil"))
    assert not Path("/evil").exists()


def test_a_wrong_record_names_wheel_and_file(site: Site) -> None:
    bad = wheel(
        "server", files={"server/__init__.py": b"x"},
        records={"server/__init__.py": "sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    )  # fmt: skip
    site.index.add("server-1.0-py3-none-any.whl", bad)
    with pytest.raises(IntegrityError) as caught:
        site.image()
    told = f"{caught.value} {caught.value.why}"
    assert "server-1.0-py3-none-any.whl" in told
    assert "server/__init__.py" in told


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_an_index_that_refuses_a_wheel_names_it(site: Site, status: int) -> None:
    site.index.refused["tools-1.5-py3-none-any.whl"] = status
    with pytest.raises(JettisonError) as caught:
        site.image()
    told = f"{caught.value} {caught.value.why}"
    assert "tools-1.5-py3-none-any.whl" in told
    assert str(status) in told


def test_an_index_that_breaks_off_names_the_wheel(site: Site) -> None:
    site.image()
    for blob in (site.cache / "blobs" / "sha256").iterdir():
        blob.unlink()
    site.index.broken.add("tools-1.5-py3-none-any.whl")
    with pytest.raises(NetworkError, match=r"tools-1.5-py3-none-any.whl cannot be fetched"):
        site.image()
    assert not list(site.cache.rglob("*.partial"))


@pytest.mark.parametrize(
    ("page", "words"),
    [("a size beyond all", "unexpected JSON"), ("a short hash", "hash"), ("a list", "unexpected")],
)
def test_what_an_index_does_wrong_is_not_blamed_on_the_requirements(
    site: Site, page: str, words: str
) -> None:
    site.index.pages["server"] = LISTINGS[page]
    with pytest.raises(NetworkError) as caught:
        site.image()
    assert words in caught.value.why
    assert "Correct the requirements" not in caught.value.hint


@pytest.mark.parametrize("ports", ["0-99999999999", "9" * 5000, "8000-70000"])
def test_ports_that_no_machine_has_are_refused(site: Site, ports: str) -> None:
    path = site.project / "Dockerfile"
    path.write_text(f"{path.read_text('utf-8')}\nEXPOSE {ports}\n", "utf-8")
    with pytest.raises(UnsupportedError, match="EXPOSE"):
        site.image()
