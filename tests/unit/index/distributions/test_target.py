from __future__ import annotations

import pytest
from packaging.markers import Marker

from jettison.index.target import Target

GLIBC = Target(python="3.12", libc_version="2.36")
MUSL = Target(python="3.13", architecture="aarch64", libc="musl", libc_version="1.2")


def test_tags_begin_with_the_most_special() -> None:
    assert GLIBC.tags[0] == "cp312-cp312-manylinux_2_36_x86_64"
    assert GLIBC.tags[-1] == "py30-none-any"
    assert "cp312-cp312-manylinux2014_x86_64" in GLIBC.tags
    assert "cp36-abi3-manylinux1_x86_64" in GLIBC.tags


def test_the_libcs_do_not_mix() -> None:
    assert not any("musl" in tag for tag in GLIBC.tags)
    assert not any("manylinux" in tag for tag in MUSL.tags)
    assert "cp313-cp313-musllinux_1_1_aarch64" in MUSL.tags


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("sys_platform == 'linux'", True),
        ("sys_platform == 'win32'", False),
        ("python_version < '3.13'", True),
        ("python_full_version < '3.12.3'", False),
        ("platform_machine == 'x86_64'", True),
        ("platform_python_implementation != 'PyPy'", True),
        ("extra == 'fast'", True),
        ("extra == 'slow'", False),
    ],
)
def test_markers_are_those_of_the_image_not_of_this_machine(marker: str, holds: bool) -> None:
    assert GLIBC.fulfils(Marker(marker), ("fast",)) is holds


def test_a_stated_patch_counts() -> None:
    exact = Target(python="3.11.2")
    assert exact.fulfils(Marker("python_full_version < '3.11.3'"))
    assert exact.tags[0].startswith("cp311-")
