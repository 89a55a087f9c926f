"""Tables of the catalogue are decoded into their types; what is wrong in one is named."""

from __future__ import annotations

import importlib
import pkgutil
import re
from importlib.resources import files

import pytest
from msgspec import Struct

from jettison import catalogue

TABLES = {path.name.removesuffix(".toml") for path in files(catalogue).iterdir()
          if path.name.endswith(".toml")} | {"composed_base_sizes"}  # fmt: skip
TYPES = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): value
    for module in pkgutil.iter_modules(catalogue.__path__)
    for name, value in vars(importlib.import_module(f"jettison.catalogue.{module.name}")).items()
    if isinstance(value, type) and issubclass(value, Struct)
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_as_its_type_says(name: str) -> None:
    assert isinstance(catalogue.table(TYPES[name]), TYPES[name])


class Small(Struct, forbid_unknown_fields=True):
    """A table that does not exist."""

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
    monkeypatch.setattr(catalogue, "resource", lambda _: text.encode())
    with pytest.raises(ValueError, match=named):
        catalogue.table(Small)
