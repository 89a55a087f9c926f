"""What saved objects name is read without loading them, however they were compressed."""

import bz2
import gzip
import lzma
import pickle
import zipfile
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from jettison.source import pickles
from jettison.source.reading import read_pickles, read_tree

SAVED = {"a": [Counter("ab"), Decimal(1)], "b": OrderedDict(x=Counter()), "c": range(3)}


def named(folder: Path) -> dict[str, frozenset[str]]:
    return read_pickles(folder, read_tree(folder))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "change", [bytes, zlib.compress, gzip.compress, bz2.compress, lzma.compress]
)
def test_the_modules_of_saved_objects_are_named(
    protocol: int, change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    content = pickle.dumps(SAVED, protocol=protocol)
    (tmp_path / "model.pkl").write_bytes(change(content))
    found = named(tmp_path)["model.pkl"]
    assert {name.rpartition(".")[0] for name in found} >= {"collections", "decimal"}


def test_the_archive_of_a_tensor_is_looked_into(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(SAVED))
    assert "collections.Counter" in named(tmp_path)["model.pt"]


def test_names_are_found_where_a_read_ends(tmp_path: Path) -> None:
    for before in range((1 << 20) - 60, (1 << 20) + 2, 7):
        (tmp_path / "model.pkl").write_bytes(bytes(before) + pickle.dumps(Counter()))
        assert "collections.Counter" in named(tmp_path)["model.pkl"]


def test_what_cannot_be_expanded_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pickles, "MOST", 8 << 20)
    (tmp_path / "bomb.pkl").write_bytes(zlib.compress(bytes(10 << 20)))
    (tmp_path / "torn.pkl").write_bytes(gzip.compress(pickle.dumps(SAVED))[:-20])
    (tmp_path / "broken.pt").write_bytes(b"PK\x03\x04 no archive")
    assert set(named(tmp_path)) <= {"torn.pkl"}


def test_nothing_is_loaded(tmp_path: Path) -> None:
    trap = b"cos\nsystem\n(S'touch " + bytes(tmp_path) + b"/touched'\ntR."
    (tmp_path / "model.pkl").write_bytes(trap)
    assert named(tmp_path)["model.pkl"] == {"os.system"}
    assert not (tmp_path / "touched").exists()
