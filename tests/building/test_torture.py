"""Wheels and listings that nobody makes by mistake are refused, or installed within the image."""

from __future__ import annotations

from pathlib import Path

import pytest
from build_site import Site
from torture import LISTINGS, WHEELS

from jettison.errors import JettisonError

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")
_FOLDERS = ("app", "opt/venv", "home", "etc", "usr", "tmp", "root", "var")


def built_or_refused(site: Site, tmp_path: Path) -> bool:
    """Build: it ends, any error is one of Jettison's, and nothing is written outside."""
    try:
        paths = {path for path in site.image().tree().paths if path}
    except JettisonError:
        paths = set()
    assert not list(tmp_path.rglob("evil"))
    assert not Path("/evil").exists()
    assert not Path("/tmp/evil").exists()
    assert all(path.startswith((*_FOLDERS, "opt")) for path in paths)
    assert "etc/shadow" not in paths
    return bool(paths)


@pytest.mark.parametrize("what", WHEELS)
def test_a_wheel_is_installed_within_the_image_or_refused(
    site: Site, tmp_path: Path, what: str
) -> None:
    site.index.add("server-1.0-py3-none-any.whl", WHEELS[what])
    done = built_or_refused(site, tmp_path)
    if what in {"up and out", "absolute", "nothing", "noise", "cut off", "wrong record", "a link",
                "no metadata", "another name", "another version", "no wheel file",
                "a later format", "below a file", "encrypted", "of all bytes",
                "a program in place of Python",
                "a script in place of Python", "a file in place of programs",
                "a file in place of packages"}:  # fmt: skip
        assert not done
    elif what == "here":
        assert done


@pytest.mark.parametrize("what", LISTINGS)
def test_a_listing_is_used_or_refused(site: Site, tmp_path: Path, what: str) -> None:
    site.index.pages["server"] = LISTINGS[what]
    done = built_or_refused(site, tmp_path)
    if what in {"a wrong hash", "a file of this machine", "an address that is none"}:
        assert not done
