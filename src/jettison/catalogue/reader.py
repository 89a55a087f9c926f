"""The one place that reads the package's own files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Mapping[str, Any]:
    """Parse ``name``.toml of the catalogue; the result is shared, so it must not be changed."""
    return tomllib.loads(resource(f"{name}.toml").decode())


@cache
def resource(name: str) -> bytes:
    """Read a file of the catalogue; ``name`` is relative to it, with ``/`` separators."""
    return files(__package__).joinpath(*name.split("/")).read_bytes()


@cache
def removal_script(name: str = "remove_files.py") -> str:
    """Read a program that takes files out of an image, as it is put beside a Dockerfile."""
    return files("jettison.removal").joinpath(name).read_text(encoding="utf-8")


@cache
def removal_hook() -> str:
    """Read the module that tells what became of a removed one, as it is put beside a Dockerfile."""
    return removal_script("jettison_removed.py")
