"""Tables of the catalogue are decoded into their types; what is wrong in one is named."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.resources import files

import pytest
from msgspec import Struct

from jettison import catalogue
from jettison.catalogue import reader

FOLDER = files(catalogue)


def accessors() -> Iterator[Callable[[], Struct]]:
    """Every function of the catalogue that gives a whole table."""
    for module in pkgutil.iter_modules(catalogue.__path__):
        found = vars(importlib.import_module(f"jettison.catalogue.{module.name}"))
        for name, value in found.items():
            if FOLDER.joinpath(f"{name}.toml").is_file() and callable(value):
                yield value


TABLES = {accessor.__name__: accessor for accessor in accessors()}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_as_its_type_says(name: str) -> None:
    assert isinstance(TABLES[name](), Struct)


class Small(Struct, forbid_unknown_fields=True):
    paths: dict[str, int]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[paths]\na = 'b'", r"small\.toml.*Expected `int`.*paths"),
        ("[paths]\na = 1\n[others]\n", r"small\.toml.*`others`"),
        ("", r"small\.toml.*`paths`"),
        ("paths = {", r"small\.toml"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_file(
    text: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "resource", lambda _: text.encode())
    with pytest.raises(ValueError, match=named):
        reader.decoded("small", Small)
