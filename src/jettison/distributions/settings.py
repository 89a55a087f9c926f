"""Which index is asked: from the environment and from pip's configuration, as pip and uv do."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path

PUBLIC_INDEX = "https://pypi.org/simple"
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


def index_url(variables: Mapping[str, str], *, home: Path) -> str:
    """Find the simple index that the user's settings name, else the public one.

    ``variables`` are those of the process. Environment variables come before configuration files,
    and the files in pip's own order: named, environment's, user's, system's.
    """
    for variable in _VARIABLES:
        value = variables.get(variable, "").strip()
        if value:
            # UV_DEFAULT_INDEX may give the index a name: name=https://…
            name, equals, address = value.partition("=")
            return address if equals and "://" not in name else value
    found = (_configured(path) for path in _configuration_files(variables, home))
    return next((url for url in found if url), PUBLIC_INDEX)


def _configuration_files(variables: Mapping[str, str], home: Path) -> Iterator[Path]:
    named = variables.get("PIP_CONFIG_FILE", "")
    if named:
        yield Path(named)
    if variables.get("VIRTUAL_ENV"):
        yield Path(variables["VIRTUAL_ENV"]) / "pip.conf"
    configuration = variables.get("XDG_CONFIG_HOME") or home / ".config"
    yield Path(configuration) / "pip" / "pip.conf"
    yield home / ".pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield Path("/etc/xdg/pip/pip.conf")


def _configured(path: Path) -> str:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return ""
    sections = ("install", "download", "global")
    values = (parser.get(section, "index-url", fallback="") for section in sections)
    return next((value.strip() for value in values if value.strip()), "")
