"""Absolute paths that a text names for data: where writes may go whose place is computed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from jettison.source import Use, is_compose, use_of_file
from jettison.source.tree import TreeFile
from jettison.values import Origin

# Files that an application may read its folders from; larger ones are data.
_SETTINGS: Final = (".ini", ".cfg", ".toml", ".yaml", ".yml", ".json", ".conf", ".properties")
_LARGEST: Final = 64 * 1024
# The name of a path stands no more characters before it.
_NEAR: Final = 160
_PATH: Final = r"/[A-Za-z][\w.-]*(?:/[\w.{}%$-]+)*/?"
_LITERAL: Final = re.compile(rf"[\"'](?P<path>{_PATH})[\"']")
_DATA: Final = (
    r"(?:dir|directory|folder|data|uploads?|media|storage|stores?|state|cache|logs?|backups?|out"
    r"|output|results?|exports?|dumps?|reports?|pid|db|database|archive|downloads?|dest|destination"
    r"|workspace|workdir|saved?|tmp|temp)"
)
_CAMEL: Final = r"(?-i:[a-z](?:Dir|Folder|Data|Cache|Logs?|Output|Store|Storage))"
# What is named so, in any notation (UPLOAD_DIR, log-file, self.outputFolder), with its type and the
# call that the path is given to, behind other arguments.
_NAMED: Final = re.compile(
    rf"(?:(?<![a-zA-Z]){_DATA}(?![a-z])|{_CAMEL})[\w-]*[\"')\]]*"
    r"\s*+(?::[\w\[\].,\s|]*?)?[=,:(]\s*+(?:[\w.]++\(\s*+)*+"
    r"(?:[\w\"'.]++\s*+,\s*+|\w++\s*+=\s*+)*+$",
    re.IGNORECASE,
)
_OTHERWISE: Final = re.compile(r"(?:\bor\s*|\bdefault\s*=\s*)$")
_SERVED: Final = re.compile(
    r"(?:url|uri|route|prefix|href|endpoint)\w*[\"')\]]*\s*[=:(,]\s*$", re.IGNORECASE
)
# Folders that no address begins with.
_ROOTS: Final = re.compile(r"/(?:var|srv|mnt|opt)/")
_FILE: Final = re.compile(rf"{_ROOTS.pattern}.*\.\w+$")
_MAKES: Final = re.compile(
    rf"(?:\bmkdir(?:\s+-\w+)*|\btouch|\btee(?:\s+-a)?|(?<=\s)>>?)\s*(?P<path>{_PATH})"
)
_SETTING: Final = re.compile(
    rf"^\s*(?:-\s+)?[\"']?(?P<key>[\w.-]+)[\"']?\s*[:=]\s*[\"']?(?P<path>{_PATH})"
    r"[\"']?\s*,?\s*(?:[#;].*)?$"
)
_KEY: Final = re.compile(
    rf"(?<![a-zA-Z]){_DATA}(?![a-z])|{_CAMEL}|{_DATA}(?:file|path|dir)$", re.IGNORECASE
)


def named_in_settings(
    files: Mapping[str, TreeFile], texts: Mapping[str, str], read: Callable[[str], str | None]
) -> dict[str, Origin]:
    """Give the paths of all files of settings of a project, each with its first place.

    ``texts`` are those that were read already.
    """
    found: dict[str, Origin] = {}
    for path, file in files.items():
        if not path.endswith(_SETTINGS) or file.size > _LARGEST:
            continue
        if not is_compose(path) and use_of_file(path) is not Use.DEVELOPMENT:
            text = (texts.get(path) or read(path) or "").removeprefix("\ufeff")
            for place, line in places_in(text, settings=True):
                found.setdefault(place, Origin(file=path, line=line))
    return found


def places_in(text: str, *, settings: bool = False) -> Iterator[tuple[str, int]]:
    """Give paths with their lines: of source, or of a file of ``settings``."""
    if "/" not in text:
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = _of_settings(line) if settings else _of_source(line)
        yield from ((path.rstrip("/"), number) for path in found)


def _of_source(line: str) -> Iterator[str]:
    if line.lstrip().startswith(("#", "@")):
        return
    yield from (found["path"] for found in _MAKES.finditer(line))
    # one that is for data tells of those beside it
    known = False
    literals = tuple(_LITERAL.finditer(line))
    keyed = bool(literals and _KEY.search(line))
    for found in literals:
        before = line[max(0, found.start() - _NEAR) : found.start()]
        named = _NAMED.search(before) or (keyed and _OTHERWISE.search(before))
        known = known or bool(named or _ROOTS.match(found["path"]))
        if known and not _SERVED.search(before):
            yield found["path"]


def _of_settings(line: str) -> Iterator[str]:
    found = _SETTING.match(line)
    if found and _KEY.search(found["key"]):
        yield found["path"]
    yield from (path for path in _LITERAL.findall(line) if _FILE.match(path))
