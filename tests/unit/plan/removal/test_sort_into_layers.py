from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.plan.removal import sort_into_layers

LIST = """\
layer: system

layer: programs
/usr/bin

layer: application
/app
/usr/bin/app
"""


EQUAL = f"""\
{LIST}
equal files once
/usr/lib/site-packages
/app
"""
WEB = "body {}\n" * 1000


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The layers of a small system."""
    root = tmp_path / "root"
    for path in ("usr/bin/cp", "usr/bin/app/run", "etc/passwd", "app/main.py", "removal/own.txt"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    (root / "app/again.py").hardlink_to(root / "app/main.py")
    (root / "bin").symlink_to("usr/bin")
    for folder, mode in (("tmp", 0o1777), ("app", 0o750), ("proc", 0o555)):
        (root / folder).mkdir(exist_ok=True)
        (root / folder).chmod(mode)
    (root / "app/main.py").chmod(0o4755)
    os.utime(root / "app", (1, 1_000_000))
    return sorted_into_layers(root, LIST)


def sorted_into_layers(root: Path, text: str) -> Path:
    place = root / "removal/layers.txt"
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    subprocess.run(
        [sys.executable, "-I", "-S", sort_into_layers.__file__, "/removal/layers.txt", "/layers"],
        env={**os.environ, "REMOVAL_ROOT": str(root)},
        cwd=root,
        check=True,
    )
    return root / "layers"


# Each with what is written to it, and its mode.
FILES = {
    "app/static/base.css": (WEB, 0o644),
    "app/static/base.1f.css": (WEB, 0o644),
    "usr/lib/site-packages/web/base.css": (WEB, 0o644),
    "app/static/other.css": (WEB[:-1] + " ", 0o644),
    "app/static/private.css": (WEB, 0o600),
    "app/static/open.css": (WEB, 0o666),
    "app/static/small.css": ("x", 0o644),
    "app/static/small2.css": ("x", 0o644),
    "app/module.py": (WEB, 0o644),
    "usr/lib/site-packages/web/module.py": (WEB, 0o644),
    "srv/base.css": (WEB, 0o644),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only files of root are kept once")
def test_equal_files_that_only_root_writes_are_names_of_the_one_in_the_first_layer(
    tmp_path: Path,
) -> None:
    for path, (text, mode) in FILES.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(mode)
    out = sorted_into_layers(tmp_path, EQUAL)
    linked = {"app/static/base.css", "app/static/base.1f.css", "usr/lib/site-packages/web/base.css"}
    first = out / "system/usr/lib/site-packages/web/base.css"
    assert {path for path in FILES if (out / "system" / path).exists()} >= linked
    assert all((out / "system" / path).samefile(first) for path in linked)
    assert first.stat().st_nlink == len(linked) + sum(
        (tmp_path / path).samefile(first) for path in linked
    )
    assert paths(out / "application") == {
        path for path in FILES if path.startswith("app/") and path not in linked
    }
    for path, (text, mode) in FILES.items():
        found = next(found for layer in out.iterdir() if (found := layer / path).exists())
        assert (found.read_text(), found.stat().st_mode & 0o7777) == (text, mode)


def paths(folder: Path) -> set[str]:
    found = (file for file in folder.rglob("*") if file.is_file() or file.is_symlink())
    return {str(file.relative_to(folder)) for file in found}


def test_a_file_lies_in_the_layer_that_names_the_longest_folder_around_it(out: Path) -> None:
    assert paths(out / "programs") == {"usr/bin/cp"}
    assert paths(out / "application") == {"app/main.py", "app/again.py", "usr/bin/app/run"}


def test_what_no_layer_names_is_in_the_first_but_not_what_only_the_build_reads(out: Path) -> None:
    assert paths(out / "system") == {"etc/passwd", "bin"}
    assert {each.name for each in (out / "system").iterdir()} >= {"tmp", "proc", "sys", "dev"}


def test_folders_and_files_keep_their_modes_and_times(out: Path) -> None:
    assert (out / "system/tmp").stat().st_mode & 0o7777 == 0o1777
    assert (out / "application/app").stat().st_mode & 0o7777 == 0o750
    assert (out / "application/app").stat().st_mtime == 1_000_000
    assert (out / "application/app/main.py").stat().st_mode & 0o7777 == 0o4755


def test_two_names_of_one_file_stay_one_file(out: Path) -> None:
    assert (out / "application/app/main.py").samefile(out / "application/app/again.py")


def test_what_stays_apart_is_what_the_catalogue_says() -> None:
    # the script runs where nothing of Jettison is
    known = table(DeadWeight).duplicates
    assert (known.floor, known.apart) == (sort_into_layers.SMALLEST, sort_into_layers.APART)
