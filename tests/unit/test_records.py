"""What is kept between runs comes back as it was, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec import Struct

from jettison.records import Records


class Thing(Struct, frozen=True, kw_only=True):
    name: str
    parts: frozenset[str] = frozenset()


THING = Thing(name="a", parts=frozenset({"b", "c"}))


def test_what_was_put_is_given_back_in_its_type(tmp_path: Path) -> None:
    Records(tmp_path).put(THING, "folder", "../odd\nname")
    records = Records(tmp_path)
    assert records.get(Thing, "folder", "../odd\nname") == THING
    assert records.get(Thing, "folder", "../odd_name") is None
    assert records.get(int, "folder", "../odd\nname") is None
    assert records.hits == 1
    assert all(file.is_relative_to(tmp_path) for file in tmp_path.rglob("*"))


@pytest.mark.parametrize("damage", [b"", b"x" * 40, None])
def test_a_damaged_record_counts_as_missing(tmp_path: Path, damage: bytes | None) -> None:
    records = Records(tmp_path)
    records.put(THING, "one")
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1] if damage is None else damage)
    assert records.get(Thing, "one") is None


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    records = Records(tmp_path / "file")
    records.put(THING, "one")
    assert records.get(Thing, "one") is None


def test_nothing_but_records_is_left(tmp_path: Path) -> None:
    records = Records(tmp_path, most=3)
    for number in range(5):
        records.put(number, str(number))
    assert len(list(tmp_path.iterdir())) == 3
    assert records.get(int, "4") == 4


def test_a_stamp_tells_that_a_record_was_replaced(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert not records.stamp("one")
    records.put(1, "one")
    first = records.stamp("one")
    records.put(1000, "one")
    assert records.stamp("one") != first


def test_a_pipe_in_place_of_a_record_is_not_waited_for(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.put("value", "word")
    (path,) = tmp_path.iterdir()
    path.unlink()
    os.mkfifo(path)
    assert records.get(str, "word") is None
    records.put("value", "word")
    assert records.get(str, "word") == "value"
