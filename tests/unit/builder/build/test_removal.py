from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from wheels import wheel

from jettison.builder import Pin
from jettison.builder.removal import Removal, explanation, removal_of
from jettison.builder.wheel import Scheme
from jettison.plan.removal.jettison_removed import rule
from jettison.records import Records

SCHEME = Scheme.virtual("/opt/venv", "3.13")
SITE = "opt/venv/lib/python3.13/site-packages"


def removed(folder: Path, files: Mapping[str, bytes], listed: str) -> Removal:
    content = wheel("a", files=files)
    file = folder / "a.whl"
    file.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    pin = Pin(name="a", version="1.0", filename="a.whl", url="", sha256=digest, size=None)
    return removal_of([pin], {"a": file}, SCHEME, listed, Records(folder / "records"))


def test_paths_and_patterns_leave(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": b"",
        "a/tests/t.py": b"",
        "a/x.h": b"",
        "a-1.0.data/data/share/x": b"",
    }
    found = removed(tmp_path, files, "# why\na/tests/\n\na/**/*.h\n\n/share/\n")
    assert found.paths == {f"{SITE}/a/tests/t.py", f"{SITE}/a/x.h", "opt/venv/share/x"}


def test_a_group_stays_when_a_module_that_stays_imports_it(tmp_path: Path) -> None:
    files = {"a/__init__.py": b"from .tests import t\n", "a/tests/t.py": b"", "a/b.h": b""}
    found = removed(tmp_path, files, "a/tests/\n\na/*.h\n")
    assert found.paths == {f"{SITE}/a/b.h"}
    assert [(each.what, each.reason) for each in found.kept] == [
        ("removing a.tests.t", "a/__init__.py needs it")
    ]


def test_an_import_that_may_fail_keeps_nothing(tmp_path: Path) -> None:
    source = b"try:\n    import a.tests.t\nexcept ImportError:\n    pass\n"
    found = removed(tmp_path, {"a/__init__.py": source, "a/tests/t.py": b""}, "a/tests/\n")
    assert found.paths == {f"{SITE}/a/tests/t.py"}


def test_a_library_that_another_names_stays(tmp_path: Path) -> None:
    files = {"a/__init__.py": b"", "a/x.so": b"loads y.so", "a/y.so": b""}
    assert removed(tmp_path, files, "a/y.so\n").paths == frozenset()


@pytest.mark.parametrize("before", [0, (1 << 20) - 3, (1 << 20) - 1, 1 << 20])
def test_a_name_is_found_wherever_a_large_library_has_it(tmp_path: Path, before: int) -> None:
    library = bytes(before) + b"y.so" + bytes(2 << 20)
    files = {"a/__init__.py": b"", "a/x.so": library, "a/y.so": b""}
    assert removed(tmp_path, files, "a/y.so\n").paths == frozenset()


def test_the_list_names_libraries_to_shorten(tmp_path: Path) -> None:
    found = removed(tmp_path, {"a/x.so": b""}, "# why\nsections: **/*.so*\n")
    assert found.shortened(f"{SITE}/a/x.so")
    assert found.shortened(f"{SITE}/y.so.1")
    assert not found.shortened(f"{SITE}/a/x.py")


def test_byte_code_that_the_list_names_is_not_made(tmp_path: Path) -> None:
    files = {"a/__init__.py": b"", "a/b.py": b"", "a/c/d.py": b""}
    listed = "# why\na/__pycache__/b.*.pyc\na/c/__pycache__/\n"
    found = removed(tmp_path, files, listed)
    assert found.paths == frozenset()
    assert {path for path in files if found.uncompiled(f"{SITE}/{path}")} == {"a/b.py", "a/c/d.py"}


def test_the_image_tells_what_was_removed_and_why(tmp_path: Path) -> None:
    listed = "# installed-tests: tests of a\na/tests/\n/bin/x\n"
    files = {"a/__init__.py": b"", "a/tests/t.py": b"", "a-1.0.data/scripts/x": b""}
    found = removed(tmp_path, files, listed)
    members = {one.entry.path: one for one in explanation(found, listed, SCHEME, None)}
    manifest = b"".join(members.pop("usr/share/jettison/removed.json.gz").content())
    assert json.loads(gzip.decompress(manifest)) == {
        "schema": "jettison.removed/v1",
        "files": ["../../../bin/x", "a/tests/t.py"],
        "list": listed,
    }
    assert members.keys() == {f"{SITE}/jettison_removed.py", f"{SITE}/jettison_removed.pth"}
    source = b"".join(members[f"{SITE}/jettison_removed.py"].content()).decode()
    assert "frozenset(['a'])" in source


def test_an_image_from_which_nothing_is_removed_has_nothing_to_tell(tmp_path: Path) -> None:
    found = removed(tmp_path, {"a/__init__.py": b""}, "")
    assert list(explanation(found, "", SCHEME, None)) == []


def test_modules_of_the_standard_library_that_left_with_a_composed_base_are_told_too() -> None:
    gone = ("mailbox.py", "lib-dynload/_dbm.cpython-313-x86_64-linux-gnu.so")
    members = {one.entry.path: one for one in explanation(Removal(), "", SCHEME, None, gone)}
    manifest = json.loads(
        gzip.decompress(b"".join(members["usr/share/jettison/removed.json.gz"].content()))
    )
    assert manifest["files"] == ["_dbm.cpython-313-x86_64-linux-gnu.so", "mailbox.py"]
    assert rule(manifest["list"], "mailbox.py") == "unreached-modules"
    source = b"".join(members[f"{SITE}/jettison_removed.py"].content()).decode()
    assert "frozenset(['_dbm', 'mailbox'])" in source
