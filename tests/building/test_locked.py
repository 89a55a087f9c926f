"""A locked image is made of the same things again, whatever index and base give by then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import loopback_registry
import pytest
from build_site import Site, base_image
from images import packed_layer
from wheels import wheel

from jettison.errors import NetworkError, ProjectError
from jettison.images.config import History
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import LayoutStore
from jettison.images.tar_writer import Member


@pytest.fixture
def loose(site: Site) -> Site:
    """Give the site with requirements that newer releases meet too."""
    (site.project / "requirements.txt").write_text("server>=1.0\n")
    return site


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    with loopback_registry.running() as found:
        yield found.host


def release(site: Site) -> None:
    """Publish a newer release of a distribution."""
    site.index.add("server-2.0-py3-none-any.whl", wheel("server", "2.0"))


def test_the_same_wheels_are_taken_although_there_are_newer_ones(
    loose: Site, tmp_path: Path
) -> None:
    first = loose.image(lock=True)
    release(loose)
    assert loose.image(cache=tmp_path / "cold").manifest.digest == first.manifest.digest
    newer = loose.image(cache=tmp_path / "colder", lock=True)
    assert newer.manifest.digest != first.manifest.digest
    assert loose.image().manifest.digest == newer.manifest.digest


def test_the_lock_is_no_part_of_the_image(loose: Site) -> None:
    first = loose.image()
    assert loose.image(lock=True).manifest.digest == first.manifest.digest
    assert loose.image().manifest.digest == first.manifest.digest
    assert (loose.project / "jettison.lock").is_file()


def test_other_requirements_do_not_fit_the_lock(loose: Site) -> None:
    loose.image(lock=True)
    (loose.project / "requirements.txt").write_text("tools\n")
    with pytest.raises(ProjectError, match=r"jettison\.lock") as caught:
        loose.image()
    assert "--lock" in caught.value.hint


def test_a_base_that_changed_on_this_machine_does_not_fit_the_lock(loose: Site) -> None:
    loose.image(lock=True)
    changed = base_image().append(
        packed_layer(Member.file("etc/new", b"1")), History(created_by="x")
    )
    LayoutStore(loose.base).write(changed, None)
    with pytest.raises(ProjectError) as caught:
        loose.image()
    assert "sha256:" in caught.value.why


def test_a_tag_that_moved_on_is_taken_as_it_was(loose: Site, registry: str, tmp_path: Path) -> None:
    name = Reference.parse(f"{registry}/python:3.13")
    store = RegistryStore(BlobDirectory(tmp_path / "pushed"))
    store.write(base_image(), name)
    first = loose.image(base=str(name), lock=True)
    changed = base_image().append(
        packed_layer(Member.file("etc/new", b"1")), History(created_by="x")
    )
    store.write(changed, name)
    again = loose.image(base=str(name), cache=tmp_path / "cold")
    assert again.manifest.digest == first.manifest.digest
    assert "etc/new" in loose.image(base=str(name), cache=tmp_path / "colder", lock=True).tree()


def test_a_wheel_that_left_the_index_is_named(loose: Site, tmp_path: Path) -> None:
    loose.image(lock=True)
    loose.index.missing.add("server-1.0-py3-none-any.whl")
    with pytest.raises(NetworkError, match=r"server-1.0-py3-none-any.whl"):
        loose.image(cache=tmp_path / "cold")


def test_a_failed_build_leaves_the_lock_as_it_was(loose: Site) -> None:
    loose.image(lock=True)
    before = (loose.project / "jettison.lock").read_text()
    (loose.project / "requirements.txt").write_text("nothing-like-that\n")
    with pytest.raises(ProjectError):
        loose.image(lock=True)
    assert (loose.project / "jettison.lock").read_text() == before
