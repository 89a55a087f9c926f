from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jettison.plan.removal import remove_system_files

LIBRARIES = "usr/lib/x86_64-linux-gnu"
STATUS = """\
Package: perl-base
Status: install ok installed

Package: libold1
Status: install ok installed

Package: coreutils
Status: install ok installed
Description: tools
 of which there are many
"""
PERL = "/usr/bin/perl\n/usr/share/perl\n/usr/share/perl/strict.pm\n"
OLD = f"/{LIBRARIES}/libold.so.1.0\n/lib/x86_64-linux-gnu/libmoved.so.1\n"
TOOLS = "/bin/cp\n/usr/bin/ls\n/usr/share/doc/coreutils/copyright\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small system: two packages to leave, one to stay, and a folder of the application."""
    top = tmp_path / "root"
    files = {
        "usr/bin/perl": "perl",
        "usr/share/perl/strict.pm": "strict",
        f"{LIBRARIES}/libold.so.1.0": "\x7fELF old",
        f"{LIBRARIES}/libmoved.so.1": "\x7fELF moved",
        "usr/bin/cp": "\x7fELF needs libmoved.so.1 and iconv_open",
        "usr/bin/ls": "\x7fELF",
        "usr/share/doc/coreutils/copyright": "terms",
        "usr/share/doc/coreutils/changelog.gz": "news",
        "usr/lib/gconv/BIG5.so": "\x7fELF big",
        "app/main.py": "print()",
        "etc/passwd": "root",
        "var/lib/dpkg/status": STATUS,
        "var/lib/dpkg/info/perl-base.list": PERL,
        "var/lib/dpkg/info/perl-base.md5sums": "",
        "var/lib/dpkg/info/libold1:amd64.list": OLD,
        "var/lib/dpkg/info/coreutils.list": TOOLS,
    }
    for path, text in files.items():
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="latin-1")
    (top / "bin").symlink_to("usr/bin")
    (top / "lib").symlink_to("usr/lib")
    (top / "etc/alternatives").mkdir()
    (top / "etc/alternatives/perl").symlink_to("/usr/bin/perl")
    (top / "usr/bin/a2p").symlink_to("/etc/alternatives/perl")
    return top


def carry_out(root: Path, text: str) -> str:
    folder = root.parent / "removal"
    folder.mkdir()
    place = folder / "list.txt"
    place.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", remove_system_files.__file__, str(place)],
        env={**os.environ, "REMOVAL_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def paths(root: Path) -> set[str]:
    found = (file for file in root.rglob("*") if file.is_file() or file.is_symlink())
    return {str(file.relative_to(root)) for file in found}


def test_a_package_leaves_with_its_files_and_its_entry(root: Path) -> None:
    before = paths(root)
    said = carry_out(root, "package: perl-base\n")
    gone = before - paths(root)
    assert gone == {
        "usr/bin/perl",
        "usr/share/perl/strict.pm",
        "etc/alternatives/perl",
        "usr/bin/a2p",
        "var/lib/dpkg/info/perl-base.list",
        "var/lib/dpkg/info/perl-base.md5sums",
    }
    assert not (root / "usr/share/perl").exists()
    status = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    assert status == STATUS.partition("\n\n")[2] + "\n"
    assert said.startswith("1 packages and")


def test_a_library_that_something_names_stays(root: Path) -> None:
    said = carry_out(root, "package: libold1\n")
    assert not (root / LIBRARIES / "libold.so.1.0").exists()
    assert (root / LIBRARIES / "libmoved.so.1").exists()
    assert "kept /usr/lib/x86_64-linux-gnu/libmoved.so.1, for /usr/bin/cp" in said


def test_the_package_of_a_library_that_stays_keeps_its_entry(root: Path) -> None:
    said = carry_out(root, "package: libold1\npackage: perl-base\n")
    status = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    assert "Package: libold1\n" in status
    assert "Package: perl-base\n" not in status
    assert (root / "var/lib/dpkg/info/libold1:amd64.list").exists()
    assert said.splitlines()[-1].startswith("1 packages and")


def test_programs_leave_beside_one_that_is_called(root: Path) -> None:
    carry_out(root, "programs of: coreutils\nkeep: /usr/bin/cp\n")
    assert (root / "usr/bin/cp").exists()
    assert not (root / "usr/bin/ls").exists()
    assert "Package: coreutils" in (root / "var/lib/dpkg/status").read_text(encoding="utf-8")


def test_patterns_leave_but_for_exceptions(root: Path) -> None:
    carry_out(root, "/usr/share/doc/**\nkeep: /usr/share/doc/*/copyright\n")
    left = {path for path in paths(root) if path.startswith("usr/share/doc")}
    assert left == {"usr/share/doc/coreutils/copyright"}


@pytest.mark.parametrize(("passed", "stays"), [("", True), ("not counting: /usr/bin/cp\n", False)])
def test_files_stay_where_a_library_names_a_word(root: Path, passed: str, stays: bool) -> None:
    carry_out(root, f"/usr/lib/gconv/**\nunless named: iconv_open\n{passed}")
    assert (root / "usr/lib/gconv/BIG5.so").exists() is stays


def test_what_leaves_with_another_paragraph_names_nothing(root: Path) -> None:
    carry_out(root, "/usr/lib/gconv/**\nunless named: iconv_open\n\n/usr/bin/cp\n")
    assert not (root / "usr/lib/gconv/BIG5.so").exists()


def test_what_is_not_there_is_passed_over(root: Path) -> None:
    before = paths(root)
    carry_out(root, "package: no-such-package\nprograms of: neither\n/no/such/**\n")
    assert paths(root) == before


def test_a_module_that_is_gone_says_so(root: Path) -> None:
    library = root / "usr/local/lib/python3.11"
    files = ("tkinter/__init__.py", "turtle.py", "__pycache__/turtle.cpython-311.pyc", "os.py",
             "lib-dynload/nis.cpython-311-x86_64-linux-gnu.so")  # fmt: skip
    for name in files:
        place = library / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("pass\n", encoding="utf-8")
    top = "/usr/local/lib/python3.11"
    carry_out(
        root,
        f"modules of: {top}\n{top}/tkinter/\n{top}/turtle.py\n"
        f"{top}/lib-dynload/nis.cpython-311-x86_64-linux-gnu.so\n",
    )
    left = {path.removeprefix(f"{top[1:]}/") for path in paths(root) if path.startswith(top[1:])}
    assert left == {"tkinter.py", "turtle.py", "nis.py", "os.py"}
    done = subprocess.run(
        [sys.executable, library / "tkinter.py"], capture_output=True, text=True, check=False
    )
    assert "Jettison removed tkinter" in done.stderr
    assert 'keep = ["tkinter"]' in done.stderr


def test_the_record_of_a_distribution_stays_true(root: Path) -> None:
    site = root / "usr/local/lib/python3.11/site-packages"
    header = root / "usr/local/include/python3.11/greenlet/greenlet.h"
    record = site / "greenlet-3.0.dist-info/RECORD"
    for file, text in {
        header: "",
        site / "greenlet/__init__.py": "",
        record: "../../../include/python3.11/greenlet/greenlet.h,,\ngreenlet/__init__.py,,\n",
    }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    carry_out(root, "/usr/local/include/**\n")
    assert not header.exists()
    assert record.read_text(encoding="utf-8") == "greenlet/__init__.py,,\n"


def test_a_folder_that_programs_expect_stays_when_it_is_empty(root: Path) -> None:
    scratch = root / "tmp"
    scratch.mkdir(mode=0o777)
    scratch.chmod(0o1777)
    (scratch / "removed-files").touch()
    carry_out(root, "/tmp/removed-files\n")
    assert list(scratch.iterdir()) == []
