"""Dated facts with their sources, as TOML and JSON, and the one place that reads them."""

from __future__ import annotations

import hashlib
import platform
import re
import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, cast

from msgspec import ValidationError, json

from jettison.values import converted

Table = TypeVar("Table")


_tables: dict[type, Any] = {}


def table(kind: type[Table]) -> Table:
    """Give a table of the catalogue: ``SystemFiles`` is read from ``system_files.toml``.

    ValueError names the file and the key that is not as the type says.
    """
    if kind not in _tables:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
        try:
            _tables[kind] = converted(_document(name), kind)
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise ValueError(f"{name}.toml of the catalogue: {error}") from error
    return cast("Table", _tables[kind])


def _document(name: str) -> object:
    """Parse a table; what a tool measured is JSON, which is read ten times as fast."""
    try:
        return tomllib.loads(resource(f"{name}.toml").decode())
    except FileNotFoundError:
        return json.decode(resource(f"{name}.json"))


@cache
def resource(name: str) -> bytes:
    """Read a file of the catalogue; ``name`` is relative to it, with ``/`` separators."""
    return files(__package__).joinpath(*name.split("/")).read_bytes()


def path_of(name: str) -> str:
    """Give where a file of the catalogue lies on this machine."""
    return str(files(__package__).joinpath(name))


@cache
def fingerprint(*shaping: str) -> str:
    """Name the state of what shapes facts that are kept: Python, and files of Jettison (globs)."""
    digest = hashlib.sha256(platform.python_version().encode())
    for folder, _, pattern in (name.rpartition("/") for name in shaping):
        found = files("jettison").joinpath(folder).iterdir()
        for file in sorted(found, key=lambda each: each.name):
            if fnmatchcase(file.name, pattern):
                digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def removal_script(name: str = "remove_files.py") -> str:
    """Read a program that takes files out of an image, as it is put beside a Dockerfile."""
    return files("jettison.plan.removal").joinpath(name).read_text(encoding="utf-8")


@cache
def removal_hook() -> str:
    """Read the module that tells what became of a removed one, as it is put beside a Dockerfile."""
    return removal_script("jettison_removed.py")
