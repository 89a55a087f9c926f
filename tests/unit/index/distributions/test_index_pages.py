from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jettison.index.resolving import kept_pages


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)


def test_pages_are_kept_by_a_file_that_names_the_index(tmp_path: Path) -> None:
    ((arguments, variables),) = kept_pages("https://example.org/simple", tmp_path)
    option, file = arguments
    (index,) = tomllib.loads(Path(file).read_text(encoding="utf-8"))["index"]
    assert option == "--config-file"
    assert index["url"] == "https://example.org/simple"
    assert index["default"]
    assert not variables


def test_a_password_is_written_nowhere(tmp_path: Path) -> None:
    address = "https://me:secret@example.org/simple"
    assert list(kept_pages(address, tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_uv_is_told_of_already_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_INDEX_URL", "https://example.org/simple")
    assert list(kept_pages("https://example.org/simple", tmp_path)) == []
