from __future__ import annotations

import os
from pathlib import Path

import pytest

from jettison.index.index_settings import PUBLIC_INDEX, index_url


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PIP_INDEX_URL": "https://a/simple"}, "https://a/simple"),
        ({"UV_INDEX_URL": "https://b/simple", "PIP_INDEX_URL": "https://a/"}, "https://b/simple"),
        ({"UV_DEFAULT_INDEX": "inner=https://c/simple"}, "https://c/simple"),
        ({"UV_DEFAULT_INDEX": "https://d/simple?x=1"}, "https://d/simple?x=1"),
    ],
)
def test_the_environment_names_the_index(
    variables: dict[str, str], expected: str, tmp_path: Path
) -> None:
    assert index_url(variables, home=tmp_path) == expected


def test_pips_configuration_names_the_index(tmp_path: Path) -> None:
    file = tmp_path / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text("[global]\nindex-url = https://e/simple\n", encoding="utf-8")
    assert index_url({}, home=tmp_path) == "https://e/simple"


@pytest.mark.parametrize("name", ["pip/pip.conf", "uv/uv.toml"])
def test_no_pipe_is_waited_for(tmp_path: Path, name: str) -> None:
    file = tmp_path / ".config" / name
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    assert index_url({}, home=tmp_path) == PUBLIC_INDEX


def test_a_broken_configuration_counts_as_none(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_bytes(b"\xff\xfe not a configuration")
    assert index_url({"PIP_CONFIG_FILE": str(file)}, home=tmp_path) == PUBLIC_INDEX
