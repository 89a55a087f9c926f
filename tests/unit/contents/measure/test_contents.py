import io

import pytest
from archives import layer_tar

from jettison.contents import measurement
from jettison.contents.measurement import (
    Contents,
    LayerContents,
    debian_packages,
    distributions,
    overlay,
    python_version,
    read_contents,
)
from jettison.errors import ImageError
from jettison.values import Basis

SITE = "usr/lib/python3.11/site-packages"


def layer(files: dict[str, bytes], setuid: tuple[str, ...] = ()) -> LayerContents:
    return read_contents(io.BytesIO(layer_tar(files, setuid=setuid)))


def tree(*layers: dict[str, bytes]) -> Contents:
    return overlay(tuple(layer(files) for files in layers))


def test_a_whiteout_takes_a_file_and_a_folder_away() -> None:
    low = {"a/": b"", "a/x": b"1", "a/y": b"2", "b/": b"", "b/c/": b"", "b/c/z": b"3", "bc": b"4"}
    high = {"a/.wh.x": b"", ".wh.b": b""}
    assert list(tree(low, high).tree.paths) == ["a", "a/y", "bc"]


def test_an_opaque_folder_keeps_only_what_is_above() -> None:
    low = {"a/": b"", "a/x": b"1", "a/deep/": b"", "a/deep/y": b"2"}
    high = {"a/": b"", "a/.wh..wh..opq": b"", "a/new": b"3"}
    assert list(tree(low, high).tree.paths) == ["a", "a/new"]


def test_a_file_in_place_of_a_folder_hides_the_folder() -> None:
    assert list(tree({"a/": b"", "a/x": b"1"}, {"a": b"file"}).tree.paths) == ["a"]


def test_counts_and_setuid_files_are_of_the_final_tree() -> None:
    low = layer({"bin/": b"", "bin/su": b"1", "bin/mount": b"2"}, setuid=("bin/su", "bin/mount"))
    final = overlay((low, layer({"bin/.wh.mount": b""})))
    assert (final.files, final.setuid_files) == (1, ("/bin/su",))


def test_a_distribution_weighs_what_its_record_lists_with_bytecode() -> None:
    record = b"demo/__init__.py,,\n../../../bin/demo,,\ndemo-1.0.dist-info/METADATA,,\ngone.py,,\n"
    metadata = b"Name: demo\nVersion: 1.0\n\nName: not this\n"
    final = tree(
        {
            f"{SITE}/demo/__init__.py": b"x" * 10,
            f"{SITE}/demo/__pycache__/__init__.cpython-311.pyc": b"x" * 200,
            "usr/bin/demo": b"x" * 3_000,
            f"{SITE}/demo-1.0.dist-info/METADATA": metadata,
            f"{SITE}/demo-1.0.dist-info/RECORD": record,
        }
    )
    (found,) = distributions(final)
    assert (found.name, found.version, found.location) == ("demo", "1.0", f"/{SITE}")
    assert found.size.bytes == 10 + 200 + 3_000 + len(metadata)


def test_a_distribution_that_a_later_layer_removes_is_not_there() -> None:
    low = {f"{SITE}/demo-1.0.dist-info/METADATA": b"Name: demo\nVersion: 1.0\n"}
    assert distributions(tree(low, {f"{SITE}/.wh.demo-1.0.dist-info": b""})) == ()


def test_debian_packages_are_those_installed_in_whole_or_part_status() -> None:
    status = (
        b"Package: libc6\nStatus: install ok installed\nInstalled-Size: 2\nVersion: 2.41\n\n"
        b"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
    )
    part = b"Package: tzdata\nVersion: 2025b\nInstalled-Size: 3\n"
    final = tree({"var/lib/dpkg/status": status, "var/lib/dpkg/status.d/tzdata": part})
    found = debian_packages(final)
    assert [(one.name, one.version, one.size.bytes) for one in found] == [
        ("libc6", "2.41", 2048),
        ("tzdata", "2025b", 3072),
    ]
    assert found[0].size.basis is Basis.CATALOGUED


def test_the_python_version_is_named_or_found() -> None:
    final = tree({f"usr/lib/python3.12/{name}/": b"" for name in ("encodings", "json")})
    assert python_version(final, (("PYTHON_VERSION", "3.12.4"),)) == "3.12.4"
    assert python_version(final, ()) == "3.12"
    assert python_version(tree({"bin/": b""}), ()) == ""


def test_no_image_fills_the_memory_with_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer of 5 MB may hold gigabytes of metadata."""
    monkeypatch.setattr(measurement, "MOST_TEXT", 10_000)
    info = "lib/python3.12/site-packages/{}-1.dist-info/METADATA"
    files = {info.format(name): b"Name: x\n" * 500 for name in "abc"}
    assert read_contents(io.BytesIO(layer_tar(dict(list(files.items())[:2])))).texts
    with pytest.raises(ImageError, match="MiB of texts"):
        read_contents(io.BytesIO(layer_tar(files)))
