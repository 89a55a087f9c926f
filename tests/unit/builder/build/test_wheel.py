from __future__ import annotations

import csv
import io
from contextlib import closing
from pathlib import Path

import pytest
from wheels import wheel

from jettison.builder import FIXED_TIME
from jettison.builder.distribution import Treatment, installed_members, installed_paths
from jettison.builder.wheel import Scheme, Wheel
from jettison.errors import IntegrityError
from jettison.images.entry import Entry, Kind
from jettison.images.tar_writer import Member

SCHEME = Scheme.virtual("/opt/venv", "3.13")
SITE = "opt/venv/lib/python3.13/site-packages"


def installed(folder: Path, content: bytes, treatment: Treatment | None = None) -> dict[str, bytes]:
    with opened(folder, content) as found:
        members = installed_members(found, treatment or Treatment(), {})
        assert {member.entry.mtime for member in members} == {FIXED_TIME}
        return {member.entry.path: b"".join(member.content()) for member in members}


def opened(folder: Path, content: bytes) -> closing[Wheel]:
    file = folder / "a.whl"
    file.write_bytes(content)
    return closing(Wheel(file, "a-1.0-py3-none-any.whl", SCHEME))


def members_of(folder: Path, content: bytes) -> dict[str, Member]:
    with opened(folder, content) as found:
        return {member.entry.path: member for member in installed_members(found, Treatment(), {})}


def test_every_part_of_a_wheel_has_its_place(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": b"x = 1\n",
        "a-1.0.data/scripts/tool": b"#!python -E\nprint()\n",
        "a-1.0.data/data/share/man/a.1": b"man",
        "a-1.0.data/purelib/b.py": b"y = 2\n",
        "a-1.0.data/headers/a.h": b"int a;",
    }
    found = installed(tmp_path, wheel("a", files=files, scripts={"run": "a.cli:app.main"}))
    assert found[f"{SITE}/a/__init__.py"] == b"x = 1\n"
    assert found[f"{SITE}/b.py"] == b"y = 2\n"
    assert found["opt/venv/share/man/a.1"] == b"man"
    assert found["opt/venv/include/site/python3.13/a/a.h"] == b"int a;"
    assert found["opt/venv/bin/tool"].startswith(b"#!/opt/venv/bin/python -E\n")
    assert b"from a.cli import app\n" in found["opt/venv/bin/run"]
    assert b"sys.exit(app.main())" in found["opt/venv/bin/run"]


def test_the_listing_names_what_is_installed(tmp_path: Path) -> None:
    content = wheel("a", scripts={"run": "a:main"})
    with opened(tmp_path, content) as found:
        assert installed_paths(found) == tuple(sorted(installed(tmp_path, content)))


def test_record_is_true_and_names_the_installer(tmp_path: Path) -> None:
    found = installed(tmp_path, wheel("a", scripts={"run": "a:main"}))
    rows = {
        row[0]: row
        for row in csv.reader(io.StringIO(found[f"{SITE}/a-1.0.dist-info/RECORD"].decode()))
    }
    assert found[f"{SITE}/a-1.0.dist-info/INSTALLER"] == b"jettison\n"
    assert rows["../../../bin/run"][2] == str(len(found["opt/venv/bin/run"]))
    assert rows["a-1.0.dist-info/RECORD"] == ["a-1.0.dist-info/RECORD", "", ""]
    assert len(rows) == len(found)


def test_what_may_be_executed_stays_so(tmp_path: Path) -> None:
    files = {"a/x.so": b"x", "a/y.py": b""}
    found = members_of(tmp_path, wheel("a", files=files, modes={"a/x.so": 0o100755}))
    assert found[f"{SITE}/a/x.so"].entry.mode == 0o755
    assert found[f"{SITE}/a/y.py"].entry.mode == 0o644


def test_removed_files_leave_record_too(tmp_path: Path) -> None:
    files = {"a/__init__.py": b"", "a/tests.py": b"assert False"}
    gone = Treatment(removed=frozenset({f"{SITE}/a/tests.py"}))
    found = installed(tmp_path, wheel("a", files=files), gone)
    assert f"{SITE}/a/tests.py" not in found
    assert b"a/tests.py" not in found[f"{SITE}/a-1.0.dist-info/RECORD"]


@pytest.mark.parametrize("path", ["../evil.py", "/etc/passwd", "a/../../b", "a//b", "a\\b"])
def test_paths_that_leave_the_environment_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(
        IntegrityError, match=r"a-1.0-py3-none-any.whl is an invalid wheel"
    ) as caught:
        installed(tmp_path, wheel("a", files={path: b""}))
    assert "outside of the environment" in caught.value.why


def test_links_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError) as caught:
        installed(tmp_path, wheel("a", files={"a/l": b"/etc"}, modes={"a/l": 0o120777}))
    assert "a/l is a link" in caught.value.why


def test_a_file_that_record_does_not_know_is_refused(tmp_path: Path) -> None:
    content = wheel("a", files={"a.py": b"", "b.py": b""}, records={"b.py": None})  # type: ignore[dict-item]
    with pytest.raises(IntegrityError) as caught:
        installed(tmp_path, content)
    assert "does not name b.py" in caught.value.why


def test_a_wrong_hash_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError) as caught:
        installed(tmp_path, wheel("a", files={"a.py": b"1"}, records={"a.py": "sha256=AAAA"}))
    assert "a.py has another hash" in caught.value.why


def test_what_is_no_wheel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError):
        installed(tmp_path, b"nothing")


LINKS = {f"{SITE}/a/two.bin": f"{SITE}/a/one.bin"}
EQUAL = {"a/one.bin": b"equal", "a/two.bin": b"equal"}


def entry(folder: Path, content: bytes, treatment: Treatment) -> Entry:
    with opened(folder, content) as found:
        members = installed_members(found, treatment, {})
    return next(one.entry for one in members if one.entry.path == f"{SITE}/a/two.bin")


def test_equal_files_are_one_and_record_states_both(tmp_path: Path) -> None:
    modes = {"a/one.bin": 0o100755, "a/two.bin": 0o100755}
    content = wheel("a", files=EQUAL, modes=modes)
    found = entry(tmp_path, content, Treatment(links=LINKS))
    assert (found.kind, found.link) == (Kind.HARD_LINK, f"{SITE}/a/one.bin")
    assert (found.mode, found.mtime) == (0o755, FIXED_TIME)
    record = f"{SITE}/a-1.0.dist-info/RECORD"
    linked = installed(tmp_path, content, Treatment(links=LINKS))[record]
    assert linked == installed(tmp_path, content)[record]


@pytest.mark.parametrize(
    ("files", "modes"),
    [
        ({"a/one.bin": b"one", "a/two.bin": b"two"}, {}),
        (EQUAL, {"a/one.bin": 0o100755}),
        ({"a/two.bin": b"equal"}, {}),
    ],
)
def test_files_that_differ_are_no_links(
    tmp_path: Path, files: dict[str, bytes], modes: dict[str, int]
) -> None:
    content = wheel("a", files=files, modes=modes)
    assert entry(tmp_path, content, Treatment(links=LINKS)).kind is Kind.FILE


def test_a_file_whose_equal_leaves_is_no_link(tmp_path: Path) -> None:
    gone = Treatment(links=LINKS, removed=frozenset(LINKS.values()))
    assert entry(tmp_path, wheel("a", files=EQUAL), gone).kind is Kind.FILE


def test_a_link_never_names_another_link(tmp_path: Path) -> None:
    links = {**LINKS, f"{SITE}/a/one.bin": f"{SITE}/a/two.bin"}
    assert entry(tmp_path, wheel("a", files=EQUAL), Treatment(links=links)).kind is Kind.FILE
