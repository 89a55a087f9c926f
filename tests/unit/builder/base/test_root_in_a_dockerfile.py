"""The root that a Dockerfile composes is the tree of the embedded builder.

What differs, and why: `etc/ld.so.cache` is written by the real ldconfig in its newer form;
`usr/local/bin` has the names of the interpreter that the embedded builder lays there later.
The cache of ldconfig leaves out links that have another name than the library.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.composed_root import differences, missing_for_script, scripted_root
from tests.support.debian_archive import LocalArchive
from tests.support.debian_server import local_archive, open_archive, server
from tests.unit.builder.base.conftest import fill

from jettison.builder.minimal_base import composed_base
from jettison.errors import NetworkError
from jettison.index.debian import Archive
from jettison.plan.minimal_base import ROOT, BaseRequest

__all__ = ["local_archive", "open_archive", "server"]

pytestmark = pytest.mark.skipif(bool(missing_for_script()), reason=missing_for_script())


def allowed(python: str) -> set[str]:
    names = ("python", "python3", f"python{python}")
    return {
        "more usr/local",
        "more usr/local/bin",
        *(f"more usr/local/bin/{name}" for name in names),
        "content of etc/ld.so.cache",
    }


@pytest.fixture
def archive(local_archive: LocalArchive, open_archive: Callable[..., Archive]) -> Archive:
    fill(local_archive)
    return open_archive()


@pytest.mark.parametrize("packages", [(), ("vector",), ("libc-bin", "scripted")])
def test_the_trees_are_the_same(archive: Archive, tmp_path: Path, packages: tuple[str]) -> None:
    request = BaseRequest(python="3.13", packages=packages, timezones=not packages)
    root = scripted_root(request, archive, tmp_path)
    assert set(differences(root, composed_base(request, archive))) <= {
        *allowed("3.13"),
        # The pretended C library has no loader.
        "more usr/lib64",
    }


def test_users_have_a_group_and_a_home_of_their_own(archive: Archive, tmp_path: Path) -> None:
    request = BaseRequest(python="3.13")
    made = f"useradd --prefix {ROOT} --create-home --uid 1234 app"
    root = scripted_root(request, archive, tmp_path, [made])
    assert (
        (root / "etc/passwd").read_text().splitlines()[-1].endswith(":1234:1234::/home/app:/bin/sh")
    )
    assert (root / "home/app").stat().st_gid == 1234
    left = {"etc/login.defs", "etc/default/useradd", "etc/passwd-", "etc/group-"}
    assert not any((root / path).exists() for path in left)


@pytest.mark.network
@pytest.mark.parametrize(
    ("python", "packages"),
    [("3.13", ("libmagic1t64",)), ("3.11", ("coreutils", "dash", "git", "libpq5"))],
)
def test_the_trees_of_debians_packages_are_the_same(
    tmp_path: Path, python: str, packages: tuple[str]
) -> None:
    archive = Archive()
    request = BaseRequest(
        python=python, packages=packages, libraries=("libstdc++.so.6",), timezones=True
    )
    try:
        tree = composed_base(request, archive)
    except NetworkError as away:
        pytest.skip(f"no Debian mirror answers: {away}")
    root = scripted_root(request, archive, tmp_path)
    assert set(differences(root, tree)) == allowed(python)
    own = tmp_path / "cache"
    own.write_bytes(
        b"".join(next(m for m in tree.members if m.entry.path == "etc/ld.so.cache").content())
    )
    ours, theirs = listed(own), listed(root / "etc/ld.so.cache")
    assert theirs.items() <= ours.items()
    assert all((root / ours[name]).is_symlink() for name in ours.keys() - theirs.keys())


def listed(cache: Path) -> dict[str, str]:
    """The libraries of a loader's cache with their places, by the merged folders."""
    shown = subprocess.run(
        ["ldconfig", "-p", "-C", cache], check=True, capture_output=True, text=True
    )
    rows = (line.split() for line in shown.stdout.splitlines() if "=>" in line)
    return {row[0]: row[-1].lstrip("/").removeprefix("usr/") for row in rows}
