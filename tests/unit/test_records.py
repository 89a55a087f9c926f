"""What is kept between runs comes back as it was, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from jettison.errors import IntegrityError
from jettison.images.stores import answers
from jettison.records import Records, damaged, discard, open_regular


class Thing(Struct, frozen=True, kw_only=True):
    name: str
    parts: frozenset[str] = frozenset()


THING = Thing(name="a", parts=frozenset({"b", "c"}))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel shows no such files")
@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/self/fd/../environ"])
def test_no_file_of_the_kernel_is_taken_for_one(path: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(tmp_path / "link")


def test_what_was_put_is_given_back_in_its_type(tmp_path: Path) -> None:
    Records(tmp_path).put(THING, "folder", "../odd\nname")
    records = Records(tmp_path)
    assert records.get(Thing, "folder", "../odd\nname") == THING
    assert records.get(Thing, "folder", "../odd_name") is None
    assert records.get(int, "folder", "../odd\nname") is None
    assert all(file.is_relative_to(tmp_path) for file in tmp_path.rglob("*"))


@pytest.mark.parametrize("damage", [b"", b"x" * 40, None])
def test_a_damaged_record_counts_as_missing(tmp_path: Path, damage: bytes | None) -> None:
    records = Records(tmp_path)
    records.put(THING, "one")
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1] if damage is None else damage)
    assert records.get(Thing, "one") is None


def test_a_record_that_was_planted_or_grew_to_holes_counts_as_missing(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.put(THING, "one")
    (file,) = tmp_path.iterdir()
    file.write_bytes(hashlib.sha256(b"one\0not packed").digest() + b"not packed")
    assert records.get(Thing, "one") is None
    records.put(THING, "one")
    os.truncate(file, 1 << 42)
    assert records.get(Thing, "one") is None
    assert not file.exists()


def flip(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1] + b"?")


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def lead_nowhere(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def lose_folder(file: Path) -> None:
    shutil.rmtree(file.parent)
    file.parent.write_text("", encoding="utf-8")


@pytest.mark.parametrize("damage", [flip, make_folder, lead_nowhere, lose_folder])
def test_offline_nothing_is_made_of_a_damaged_record(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    records = Records(tmp_path)
    records.put(THING, "folder", "one")
    damage(tmp_path / "folder" / "one.record")
    for _ in range(2):
        with pytest.raises(IntegrityError, match=r"one\.record in the cache is damaged"):
            answers(records, offline=True).get(Thing, "folder", "one")
    online = answers(records, offline=False)
    assert online.get(Thing, "folder", "one") is None
    if damage is not lose_folder:
        online.put(THING, "folder", "one")
        assert answers(records, offline=True).get(Thing, "folder", "one") == THING


def test_offline_a_record_of_another_version_is_not_taken_for_missing(tmp_path: Path) -> None:
    records = answers(Records(tmp_path), offline=True)
    records.put("of another type", "one")
    with pytest.raises(IntegrityError):
        records.get(Thing, "one")
    assert records.get(Thing, "two") is None


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


_THREADS = """
import sys, threading, types
from pathlib import Path
from jettison.errors import IntegrityError
from jettison.images.stores import answers
from jettison.records import Records

sys.setswitchinterval(1e-6)
fields = "".join(f"    x{number}: int = 0\\n" for number in range(30))
source = f'''
from __future__ import annotations
from msgspec import Struct
class A(Struct):
{fields}
class B(Struct):
    a: A
    several: dict[str, tuple[A, ...]] = {{}}
class C(Struct):
    b: B
    a: A | None = None
'''
for number in range(150):
    module = sys.modules[f"m{number}"] = types.ModuleType(f"m{number}")
    exec(source, module.__dict__)
    records = [Records(Path(sys.argv[1]), most=9) for _ in range(4)]
    value = module.C(b=module.B(a=module.A()))
    records[0].put(value, str(number))
    together = threading.Barrier(4)
    def read(held):
        together.wait()
        assert held.get(module.C, str(number)) is not None
    threads = [threading.Thread(target=read, args=(held,)) for held in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("read")
"""


def test_threads_read_values_of_a_new_type_at_the_same_time(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _THREADS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr


def test_no_part_of_a_damaged_tree_is_left_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree := tmp_path / "tree").mkdir()
    (tree / "part").write_bytes(b"")
    # of a folder of another user in it, nothing can be removed
    monkeypatch.setattr("jettison.records.shutil.rmtree", lambda *_, **__: None)
    discard(tree)
    assert not tree.exists()
    assert tree in damaged()
