"""Unpacking images, honest and hostile ones."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from images import AMD64, opaque, packed_layer, small_image, stored_layer, whiteout
from msgspec.structs import replace

from jettison.errors import ImageError, IntegrityError, WriteError
from jettison.images.entry import Entry, Kind
from jettison.images.image import Image, Layer
from jettison.images.stores.unpack import (
    remove_unpacked,
    unpack,
    whole_folder,
    working_folder,
)
from jettison.images.tar_writer import Member

Members = tuple[Member, ...]
# Python recurses 1,000 times at most, and paths have 4,096 bytes.
DEEPER = 1500


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The directory to unpack into, beside one that must stay as it is."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("untouched")
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def unpacked(root: Path, *layers: Members) -> None:
    image = Image.empty(AMD64)
    for members in layers:
        image = image.append(packed_layer(*members))
    unpack(image, root)


def raw_layer(*entries: tuple[str, bytes, str]) -> Layer:
    """Make a layer of what the own writer refuses: name, type and link, in this order."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, kind, link in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, link
            entry.mode = 0o711 if kind == tarfile.DIRTYPE else 0o644
            body = b"evil" if kind == tarfile.REGTYPE else b""
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return stored_layer(content.getvalue())


def outside_is_untouched(root: Path) -> bool:
    secret = root.parent / "outside/secret"
    return (
        secret.read_text() == "untouched"
        and names(root.parent / "outside") == ["secret"]
        and names(root.parent) == ["outside", "root"]
    )


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def paths(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_contents_modes_links_and_times_are_those_of_the_image(root: Path) -> None:
    unpacked(
        root,
        (
            Member.directory("d", mode=0o750).dated(1_000_000),
            Member.file("d/su", b"#!", mode=0o4755).dated(2_000_000),
            Member.file("d/plain", b"text", mode=0o640),
            Member.symlink("link", "d/plain"),
            Member.symlink("absolute", "/d/plain"),
            Member.hard_link("d/same", "d/plain"),
            Member.file("implied/deep/file", b"x"),
        ),
    )
    assert stat.S_IMODE((root / "d").stat().st_mode) == 0o750
    assert (root / "d").stat().st_mtime == 1_000_000
    assert stat.S_IMODE((root / "d/su").stat().st_mode) == 0o4755
    assert (root / "d/su").stat().st_mtime == 2_000_000
    assert (root / "link").read_text() == "text"
    assert (root / "absolute").readlink() == Path("/d/plain")
    assert (root / "d/same").samefile(root / "d/plain")
    assert stat.S_IMODE((root / "implied/deep").stat().st_mode) == 0o755


def test_a_directory_that_may_not_be_written_is_filled(root: Path) -> None:
    closed = Member.directory("closed", mode=0o555)
    unpacked(root, (closed, Member.file("closed/a", b"1")), (Member.file("closed/b", b"2"),))
    assert paths(root) == {"closed", "closed/a", "closed/b"}
    assert stat.S_IMODE((root / "closed").stat().st_mode) == 0o555


def test_the_root_has_the_mode_of_the_image(root: Path) -> None:
    unpack(Image.empty(AMD64).append(raw_layer(("./", tarfile.DIRTYPE, ""))), root)
    assert stat.S_IMODE(root.stat().st_mode) == 0o711


BASE: Members = (
    Member.directory("a"),
    Member.file("a/one", b"1"),
    Member.file("a/two", b"22"),
    Member.symlink("lib", "usr/lib"),
    Member.file("usr/lib/x.so", b"x"),
)


@pytest.mark.parametrize(
    "upper",
    [
        (whiteout("a/one"),),
        (whiteout("a"),),
        (whiteout("absent/deep"),),
        (whiteout("a/one/below-a-file"),),
        (opaque("a"),),
        (opaque(""),),
        (opaque("a"), Member.file("a/one", b"9")),
        (whiteout("a"), Member.file("a/new", b"9")),
        (Member.file("a", b"now a file"),),
        (Member.file("a/one/now-a-directory", b"9"),),
        (Member.symlink("a", "usr"),),
        (Member.file("lib/y.so", b"y"),),
        (Member.file(".wh..wh.plnk", b""),),
        (Member.symlink("new", "a"), Member.file("new/through", b"9")),
        (Member.hard_link("three", "a/one"),),
    ],
    ids=lambda members: "+".join(member.entry.path for member in members),
)
def test_what_is_unpacked_is_what_the_tree_shows(root: Path, upper: Members) -> None:
    image = Image.empty(AMD64).append(packed_layer(*BASE)).append(packed_layer(*upper))
    unpack(image, root)
    shown = {path for path in image.tree().paths if path}
    assert {path for path in paths(root) if not (root / path).is_dir()} == {
        path for path in shown if not (root / path).is_dir()
    }


HOSTILE: dict[str, list[tuple[str, bytes, str]]] = {
    "dots": [("../outside/evil", tarfile.REGTYPE, "")],
    "dots inside": [("a/../../outside/evil", tarfile.REGTYPE, "")],
    "whiteout of dots": [("a", tarfile.DIRTYPE, ""), ("a/.wh...", tarfile.REGTYPE, "")],
    "whiteout of the root's parent": [(".wh...", tarfile.REGTYPE, "")],
    "whiteout of its own directory": [("a/.wh..", tarfile.REGTYPE, "")],
    "hard link outside": [("a", tarfile.LNKTYPE, "../outside/secret")],
    "hard link to nothing": [("a", tarfile.LNKTYPE, "absent")],
    "hard link to a directory": [("d", tarfile.DIRTYPE, ""), ("a", tarfile.LNKTYPE, "d")],
    "links in a circle": [
        ("a", tarfile.SYMTYPE, "b"),
        ("b", tarfile.SYMTYPE, "a"),
        ("a/evil", tarfile.REGTYPE, ""),
    ],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_layer_is_refused_by_name(root: Path, what: str) -> None:
    image = Image.empty(AMD64).append(raw_layer(*HOSTILE[what]))
    with pytest.raises(ImageError, match="a layer"):
        unpack(image, root)
    assert outside_is_untouched(root)


CONTAINED: dict[str, list[tuple[str, bytes, str]]] = {
    "absolute path": [("/evil", tarfile.REGTYPE, "")],
    "link up and out": [
        ("out", tarfile.SYMTYPE, "../outside"),
        ("out/secret", tarfile.REGTYPE, ""),
    ],
    "absolute link": [("out", tarfile.SYMTYPE, "{outside}"), ("out/secret", tarfile.REGTYPE, "")],
    "link to link": [
        ("one", tarfile.SYMTYPE, ".."),
        ("two", tarfile.SYMTYPE, "one/outside"),
        ("two/secret", tarfile.REGTYPE, ""),
    ],
    "whiteout through a link": [
        ("out", tarfile.SYMTYPE, "{outside}"),
        ("out/.wh.secret", tarfile.REGTYPE, ""),
    ],
    "opaque through a link": [
        ("out", tarfile.SYMTYPE, "{outside}"),
        ("out/.wh..wh..opq", tarfile.REGTYPE, ""),
    ],
    "a file in place of a link": [
        ("out", tarfile.SYMTYPE, "{outside}/secret"),
        ("out", tarfile.REGTYPE, ""),
    ],
    "a directory in place of a link": [
        ("out", tarfile.SYMTYPE, "{outside}"),
        ("out", tarfile.DIRTYPE, ""),
        ("out/evil", tarfile.REGTYPE, ""),
    ],
}


@pytest.mark.parametrize("what", CONTAINED)
@pytest.mark.parametrize("layers", ["one layer", "a layer each"])
def test_links_lead_nowhere_but_into_the_root(root: Path, what: str, layers: str) -> None:
    outside = str(root.parent / "outside")
    entries = [(name, kind, link.format(outside=outside)) for name, kind, link in CONTAINED[what]]
    groups = [entries] if layers == "one layer" else [[entry] for entry in entries]
    image = Image.empty(AMD64)
    for group in groups:
        image = image.append(raw_layer(*group))
    unpack(image, root)
    assert outside_is_untouched(root)


def test_a_hard_link_to_a_link_that_leaves_is_only_the_link(root: Path) -> None:
    layer = raw_layer(
        ("out", tarfile.SYMTYPE, "../outside/secret"),
        ("same", tarfile.LNKTYPE, "out"),
        ("same", tarfile.REGTYPE, ""),
    )
    unpack(Image.empty(AMD64).append(layer), root)
    assert (root / "same").read_text() == "evil"
    assert outside_is_untouched(root)


def test_devices_are_left_out(root: Path) -> None:
    null = Entry(path="null", kind=Kind.CHARACTER_DEVICE, mode=0o666, device=(1, 3))
    pipe = Entry(path="pipe", kind=Kind.FIFO, mode=0o600)
    unpacked(root, (Member(entry=null), Member(entry=pipe)))
    assert paths(root) == {"pipe"}
    assert stat.S_ISFIFO((root / "pipe").stat().st_mode)


def test_a_damaged_layer_is_told(root: Path) -> None:
    image = small_image()
    first, second = image.layers
    broken: Callable[[], io.BytesIO] = lambda: io.BytesIO(b"\x1f\x8b" + b"\0" * 50)  # noqa: E731
    with pytest.raises(IntegrityError):
        unpack(replace(image, layers=(replace(first, open=broken), second)), root)


def test_a_name_that_no_file_system_holds_is_told(root: Path) -> None:
    with pytest.raises(WriteError, match="x" * 300):
        unpacked(root, (Member.file("x" * 300, b""),))


def test_only_an_empty_directory_is_filled(root: Path) -> None:
    (root / "there").touch()
    with pytest.raises(ImageError, match="not empty"):
        unpack(small_image(), root)


def test_what_was_unpacked_is_removed_whatever_its_modes(root: Path) -> None:
    inner = (Member.directory("a", mode=0o555), Member.directory("a/b", mode=0))
    unpacked(root, (*inner, Member.file("a/b/c", b""), Member.symlink("a/out", "../../outside")))
    remove_unpacked(root)
    assert not root.exists()
    assert (root.parent / "outside/secret").read_text() == "untouched"


def test_no_directory_is_too_deep_to_be_removed(root: Path) -> None:
    (root / "beside").write_text("")
    fill_deeply(root)
    remove_unpacked(root)
    assert not root.exists()


def test_a_working_folder_goes_however_deep_it_became() -> None:
    with working_folder() as folder:
        fill_deeply(folder)
    assert not folder.exists()


def test_a_working_folder_of_a_killed_process_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import os, signal\n"
        "from jettison.images.stores.unpack import working_folder\n"
        "with working_folder() as folder:\n"
        "    (folder / 'large').write_text('x')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=False, env=environment)
    (killed,) = tmp_path.iterdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with working_folder() as first, working_folder() as second:
        assert not killed.exists()
        assert first.is_dir()
        assert second.is_dir()
    assert list(tmp_path.iterdir()) == []


def fill_deeply(folder: Path) -> None:
    at = os.open(folder, os.O_RDONLY)
    for _ in range(DEEPER):
        os.mkdir("d" * 100, dir_fd=at)
        above, at = at, os.open("d" * 100, os.O_RDONLY, dir_fd=at)
        os.close(above)
    os.close(at)


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(WriteError), whole_folder(tmp_path / "new") as partial:
        (partial / "half/file").touch()
    assert names(tmp_path) == []
    with whole_folder(tmp_path / "new") as partial:
        (partial / "all").touch()
        with whole_folder(tmp_path / "new") as quicker:
            (quicker / "all").touch()
    assert paths(tmp_path) == {"new", "new/all"}
