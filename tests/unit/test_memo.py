"""Results are kept in the values that they are about."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from jettison.values import once_each


class Folder(Struct, frozen=True, kw_only=True, dict=True):
    name: str


def test_each_value_is_asked_about_once() -> None:
    asked: list[str] = []

    @once_each
    def length(folder: Folder) -> int:
        asked.append(folder.name)
        return len(folder.name)

    first = Folder(name="one")
    assert [length(first), length(first)] == [3, 3]
    assert asked == ["one"]


def test_a_changed_value_is_asked_about_anew() -> None:
    @once_each
    def length(folder: Folder) -> int:
        return len(folder.name)

    first = Folder(name="one")
    assert length(first) == 3
    assert length(replace(first, name="three")) == 5


def test_two_functions_keep_apart() -> None:
    @once_each
    def upper(folder: Folder) -> str:
        return folder.name.upper()

    @once_each
    def title(folder: Folder) -> str:
        return folder.name.title()

    first = Folder(name="one")
    assert (upper(first), title(first)) == ("ONE", "One")


def test_what_is_kept_does_not_make_values_differ() -> None:
    @once_each
    def length(folder: Folder) -> int:
        return len(folder.name)

    first = Folder(name="one")
    length(first)
    assert first == Folder(name="one")
