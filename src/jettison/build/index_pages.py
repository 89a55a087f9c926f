"""How uv is told of the package index, and how long it takes what that said as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

# Options, and variables of the environment.
Told = tuple[tuple[str, ...], Mapping[str, str]]
# As long as pypi.org lets clients keep its pages. Mirrors say nothing, or that each must be asked
# for anew, which takes longer than all else that an installer does when it knows every package.
_SETTINGS = """[[index]]
url = {url}
default = true
cache-control = {{ api = "max-age=600", files = "max-age=600" }}
"""


def fresh_pages(index: str) -> Told:
    """Tell uv to do with pages of the index as the index says."""
    # The address goes by the environment: it may hold a password, and others can list processes.
    return ("--no-config",), {"UV_DEFAULT_INDEX": index}


def kept_pages(index: str, folder: Path) -> Iterator[Told]:
    """Tell uv, by a file in ``folder``, to keep pages of the index for ten minutes.

    Yields nothing for an address with a password, which belongs into no file, and nothing where
    uv's own variables name an index: they come before any file.
    """
    parts = urlsplit(index)
    named = any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"))
    if parts.scheme in {"http", "https"} and parts.username is None and not named:
        settings = folder / "uv.toml"
        settings.write_text(_SETTINGS.format(url=json.dumps(index)), encoding="utf-8")
        yield ("--config-file", str(settings)), {}
