from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wheels import spoiled

from jettison.errors import NetworkError
from jettison.index import DistributionFacts, InstalledFile, Source, WheelFile
from jettison.index.client import Client
from jettison.index.distribution_map import kept_answers
from jettison.index.metadata import (
    Contents,
    facts_from,
    installed_files,
    parse_entry_points,
    parse_metadata,
    parse_record,
    script_names,
)
from jettison.index.wheels import read_wheel


def test_metadata_is_read_and_what_is_invalid_left_out() -> None:
    text = (
        "Metadata-Version: 2.2\nName: Some_Thing\nVersion: 1.0\nRequires-Python: >=3.8\n"
        "Provides-Extra: Fast_Mode\nDynamic: Requires-Dist\n"
        "Requires-Dist: good>=1; extra == 'fast-mode'\nRequires-Dist: bad (>=1.*, nonsense)\n"
        f"Requires-Dist: endless; python_version < '{'9' * 5000}'\n"
        "\nRequires-Dist: in-the-description\n"
    )
    core = parse_metadata(text)
    assert (core.name, core.version) == ("some-thing", "1.0")
    assert [one.name for one in core.requires] == ["good"]


def test_a_wheel_that_is_damaged_within_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = spoiled("a-1.0.dist-info/METADATA", b"Name: a")
    monkeypatch.setattr("jettison.index.wheels.open_wheel", lambda *_: io.BytesIO(content))
    listed = WheelFile(filename="a.whl", url="https://x/a.whl", tags=frozenset())
    with pytest.raises(NetworkError, match="not a readable wheel"):
        read_wheel(Client(), listed)


def test_entry_points_keep_their_case_and_lose_their_extras() -> None:
    text = "[console_scripts]\nRunMe = pkg.cli:main [extra]\n\n[pytest11]\np = pkg.plugin\n"
    points = parse_entry_points(text)
    assert [(one.group, one.name, one.value) for one in points] == [
        ("console_scripts", "RunMe", "pkg.cli:main"),
        ("pytest11", "p", "pkg.plugin"),
    ]


def test_entry_points_in_another_format_give_nothing() -> None:
    assert parse_entry_points("no section = here\n") == ()


def test_a_record_gives_files_and_bytes_without_byte_code() -> None:
    text = 'a/b.py,sha256=x,12\n"a/with,comma.py",,3\na/__pycache__/b.cpython-312.pyc,,\nRECORD,,\n'
    assert parse_record(text) == (
        InstalledFile(path="a/b.py", size=12),
        InstalledFile(path="a/with,comma.py", size=3),
        InstalledFile(path="RECORD", size=0),
    )


def test_files_of_a_data_folder_land_where_an_installer_puts_them() -> None:
    files = installed_files(
        [
            ("x-1.data/purelib/x.py", 1, 0xA1),
            ("x-1.data/scripts/tool", 2, 0xB2),
            ("y/", 0, 0),
            ("y/z.py", 3, 0xC3),
        ]
    )
    assert [file.path for file in files] == ["x.py", "x-1.data/scripts/tool", "y/z.py"]
    assert [file.checksum for file in files] == ["000000a1", "000000b2", "000000c3"]
    assert script_names((), files) == ("tool",)


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)


@given(
    st.lists(st.tuples(WORDS, st.integers(0, 10**9)), max_size=5),
    st.lists(WORDS, max_size=3),
    st.dictionaries(WORDS, WORDS, max_size=3),
)
def test_a_document_gives_back_the_facts_it_was_made_of(
    modules: list[tuple[str, int]], required: list[str], scripts: dict[str, str]
) -> None:
    files = tuple(InstalledFile(path=f"{name}/__init__.py", size=size) for name, size in modules)
    metadata = "".join(f"Requires-Dist: {name}>=1; python_version > '3'\n" for name in required)
    lines = "".join(f"{name} = {module}:main\n" for name, module in scripts.items())
    texts = {
        "METADATA": f"Name: thing\nVersion: 1.0\n{metadata}",
        "entry_points.txt": f"[console_scripts]\n{lines}",
    }
    facts = facts_from(Contents(files=files, texts=texts), size_source="x", source=Source.CACHE)
    with tempfile.TemporaryDirectory() as folder:
        answers = kept_answers(Path(folder))
        answers.put(facts, "one")
        assert answers.get(DistributionFacts, "one") == facts


@given(st.text())
def test_no_text_makes_the_parsers_raise(text: str) -> None:
    parse_metadata(text)
    parse_entry_points(text)
    parse_record(text)


@pytest.mark.parametrize("size", ["²", "", "x", "-5"])
def test_a_size_that_is_no_number_counts_as_nothing(size: str) -> None:
    assert [file.size for file in parse_record(f"a.py,sha256=x,{size}\n")] == [0]


def test_a_record_is_read_as_far_as_it_is_one() -> None:
    rows = f'a.py,,1\n"{"b" * 200_000}'
    assert [file.path for file in parse_record(rows)] == ["a.py"]


def test_programs_after_a_section_that_is_cut_off_are_none() -> None:
    assert parse_entry_points("[console_scripts]\n[console_scr\n = b:c\n") == ()
