"""Files are told apart by what they say."""

import gzip
import io
import json
import os
import py_compile
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jettison.verify.inside.digests import compiled, timeless, times, told, told_of_code


@pytest.mark.parametrize(
    ("name", "one", "other", "alike"),
    [
        ("a.css.gz", gzip.compress(b"a", mtime=1), gzip.compress(b"a", mtime=2), True),
        ("a.css.gz", gzip.compress(b"a", mtime=1), gzip.compress(b"b", mtime=1), False),
        ("a.json", json.dumps({"a": 1, "b": 2}).encode(), b'{"b": 2, "a": 1}', True),
        ("a.json", b'{"a": 1}', b'{"a": 2}', False),
        ("a.json", b'{"a": 1', b'{"b": 1', False),
        ("a.txt", b'{"a":1,"b":2}', b'{"b":2,"a":1}', False),
        ("a.css.gz", b"\x1f\x8b no", b"\x1f\x8b on", False),
    ],
)
def test_files_that_say_the_same_are_alike(
    name: str, one: bytes, other: bytes, alike: bool, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(one)
    first = told(str(path))
    path.write_bytes(other)
    assert (told(str(path)) == first) is alike


def zipped(year: int, *files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()


def taped(moment: float, *files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), moment
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


SOURCE = ("a/b.py", b"B = 1")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (zipped(2020, SOURCE), zipped(2021, SOURCE), True),
        (zipped(2020, SOURCE, ("c", b"")), zipped(2020, ("c", b""), SOURCE), True),
        (zipped(2020, SOURCE), zipped(2020, ("a/b.py", b"B = 2")), False),
        (zipped(2020, SOURCE), zipped(2020, SOURCE, ("c", b"")), False),
        (
            zipped(2020, SOURCE, ("a/__pycache__/b.cpython-311.pyc", b"time 1")),
            zipped(2020, SOURCE, ("a/__pycache__/b.cpython-311.pyc", b"another time")),
            True,
        ),
        (zipped(2020, ("a/b.pyc", b"one")), zipped(2020, ("a/b.pyc", b"two")), False),
        (zipped(2020, SOURCE)[:-9], zipped(2021, SOURCE)[:-9], False),
        (taped(1.0, SOURCE), taped(2.0, SOURCE), True),
        (taped(1.25, SOURCE), taped(20000.5, SOURCE), True),
        (taped(1.0, SOURCE), taped(1.0, ("a/b.py", b"B = 2")), False),
        (taped(1.0, SOURCE), taped(1.0, ("a/c.py", b"B = 1")), False),
        (taped(1.0, SOURCE), taped(1.0, SOURCE, ("c", b"")), False),
    ],
)
def test_archives_say_what_is_in_them_and_not_when_it_was_packed(
    one: bytes, other: bytes, alike: bool, tmp_path: Path
) -> None:
    path = tmp_path / "packed"
    path.write_bytes(one)
    first = told(str(path))
    path.write_bytes(other)
    assert (told(str(path)) == first) is alike


def test_an_archive_whose_sizes_lead_back_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "packed"
    path.write_bytes(b"a" * 124 + b"-00000030000" + b"\0" * 121 + b"ustar" + b"\0" * 1000)
    first = told(str(path))
    path.write_bytes(b"b" + path.read_bytes()[1:])
    assert told(str(path)) != first


@pytest.mark.parametrize(
    "form",
    [
        "{:%Y-%m-%dT%H:%M:%SZ}",
        "{:%a %b %e %H:%M:%S UTC %Y}",
        "BUILT = {:%s}",
        "{:%c}",
        "POT-Creation-Date: {:%Y-%m-%d %H:%M%z}",
    ],
)
def test_a_file_that_says_when_it_was_written_is_alike_without_it(
    form: str, tmp_path: Path
) -> None:
    path = tmp_path / "built.txt"

    def written(moment: datetime, word: str = "") -> str:
        path.write_text(f"{form.format(moment)} {word}")
        os.utime(path, (moment.timestamp(),) * 2)
        return told(str(path)).partition("~")[2]

    monday, tuesday = (datetime(2026, 3, day, 9, 7, 5, tzinfo=UTC) for day in (2, 3))
    assert written(monday) == written(tuesday) != ""
    assert written(monday) != written(tuesday, "more")


CODE = """def price(amount, kinds={"a", "b"}):
    'What it costs.'
    return 2 * amount if amount in {1, 2.5, "three"} else None
"""


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (f"# the shop's prices\n\n\n{CODE}", True),
        (CODE.replace("2 * amount if", "(2 * amount  # twice\n        ) if"), True),
        (CODE.replace("2 * amount", "3 * amount"), False),
        (CODE.replace("2 * amount", "2.0 * amount"), False),
        (CODE.replace("What it costs", "How much"), False),
        (CODE.replace('"b"', '"c"'), False),
        (CODE.replace("amount,", "amount=1,"), False),
        (f"{CODE})", False),
    ],
)
def test_a_module_is_alike_without_what_is_not_run(other: str, alike: bool, tmp_path: Path) -> None:
    path = tmp_path / "price.py"
    path.write_text(CODE)
    first = told_of_code(str(path))
    path.write_text(other)
    second = told_of_code(str(path))
    assert first.partition("~")[0] != second.partition("~")[0]
    assert (first.partition("~")[2] == second.partition("~")[2]) is alike


def test_other_times_in_a_file_are_a_part_of_what_it_says() -> None:
    text = b"opens 2026-03-02 09:30:00, 1e9, 1234567890, Foo Bar 99 99:99:99 2020"
    assert timeless(text, 1_900_000_000.0) == text


def test_times_of_files_are_told_by_path_and_below_folders_of_distributions(tmp_path) -> None:
    site = tmp_path / "venv/lib/site-packages"
    for path in (tmp_path / "static/app.js", site / "dash/__init__.py", site / "bare/code.pyc"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        os.utime(path, (5, 1_700_000_000.9))
    cache = tmp_path / "static/__pycache__/x.pyc"
    cache.parent.mkdir()
    cache.write_text("")
    found = times([str(site)], str(tmp_path))
    own = {path: at for path, at in found.items() if at == 1_700_000_000}
    assert sorted(own) == [str(tmp_path / "static/app.js"), "bare/code.py", "dash/__init__.py"]
    assert not [path for path in found if str(tmp_path) in path and "pyc" in path]


def test_byte_code_counts_that_fits_its_source(tmp_path) -> None:
    for name in ("used", "older", "bare", "checked"):
        (tmp_path / f"{name}.py").write_text("A = 1\n")
    for name in ("used", "older"):
        py_compile.compile(str(tmp_path / f"{name}.py"))
    by_hash = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(tmp_path / "checked.py"), invalidation_mode=by_hash)
    os.utime(tmp_path / "older.py", (5, 5))
    os.utime(tmp_path / "checked.py", (5, 5))
    assert compiled([str(tmp_path)]) == 2
