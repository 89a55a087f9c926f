"""Moves in a Pipfile."""

from __future__ import annotations

from collections.abc import Collection

from jettison.project.moves.tables import moved_keys
from jettison.project.toml.places import places
from jettison.project.toml.read import read_toml


def move_to_development(text: str, names: Collection[str], *, file: str = "Pipfile") -> str:
    """Move requirements from ``[packages]`` to ``[dev-packages]``, with their comments.

    Raises InputSyntaxError with the line for bad TOML.
    """
    read_toml(text, file)
    if ("packages",) not in places(text):
        return text
    return moved_keys(text, ("packages",), ("dev-packages",), names, file)
