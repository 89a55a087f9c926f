"""Metadata of distributions: read from documents, and facts made of it."""

from __future__ import annotations

import configparser
import csv
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from jettison.catalogue import resource
from jettison.index import DistributionFacts, EntryPoint, InstalledFile, Source, import_names
from jettison.values import Basis, Size, converted, whole_number

# Quoted words of a marker are read with `ast`, whose count of nested nodes all threads of Python
# 3.11 share: two at once may end in "AST constructor recursion depth mismatch".
_ONE_AT_A_TIME = threading.Lock()

# Python turns no text of more than 4,300 digits into a number, as a comparison of versions does.
_UNREADABLE = re.compile(r"\d{4300}")


class CoreMetadata(Struct, frozen=True, kw_only=True):
    """The fields of METADATA or PKG-INFO that a plan uses."""

    name: str
    version: str
    requires: tuple[Requirement, ...]


class Contents(Struct, frozen=True, kw_only=True):
    """A file list and the texts of the ``.dist-info`` folder that matter, by member name."""

    files: tuple[InstalledFile, ...]
    texts: Mapping[str, str]


def parse_metadata(text: str) -> CoreMetadata:
    """Parse METADATA or PKG-INFO; fields that are missing are empty, invalid ones are omitted."""
    from email.parser import HeaderParser  # noqa: PLC0415 — slow to load; caches need none of it

    message = HeaderParser().parsestr(text)
    return CoreMetadata(
        name=canonicalize_name(message.get("Name", "").strip()),
        version=message.get("Version", "").strip(),
        requires=requirements(message.get_all("Requires-Dist", [])),
    )


def requirements(texts: Iterable[str]) -> tuple[Requirement, ...]:
    """Parse Requires-Dist lines; old releases hold invalid ones, which no installer reads."""
    return tuple(one for text in texts if (one := requirement(text)) is not None)


@lru_cache(maxsize=8192)
def requirement(text: str) -> Requirement | None:
    """Parse one Requires-Dist line; None when it is invalid."""
    if _UNREADABLE.search(text):
        return None
    try:
        with _ONE_AT_A_TIME:
            return Requirement(text)
    except InvalidRequirement:
        return None


def parse_entry_points(text: str) -> tuple[EntryPoint, ...]:
    """Parse ``entry_points.txt``; a file that is not in its format gives nothing."""
    # without a section whose values all others get too
    parser = configparser.ConfigParser(
        delimiters=("=",), interpolation=None, strict=False, allow_no_value=True, default_section=""
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their case
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError):  # the latter for a second section after no value
        return ()
    return tuple(
        EntryPoint(group=group, name=name.strip(), value=value.partition("[")[0].strip())
        for group in parser.sections()
        for name, value in parser.items(group)
        if value
    )


def record_rows(text: str) -> Iterator[list[str]]:
    """Yield the rows of a RECORD that are not empty, as far as it is in its format."""
    with suppress(csv.Error):
        yield from (row for row in csv.reader(text.splitlines()) if row)


def parse_record(text: str) -> tuple[InstalledFile, ...]:
    """Files of RECORD, without byte code; a file without a stated size counts as 0 bytes."""
    rows = (row for row in record_rows(text) if row[0])
    return tuple(
        InstalledFile(path=path, size=whole_number("".join(rest[1:2])) or 0)  # hash, size
        for path, *rest in rows
        if not path.endswith(".pyc")
    )


def installed_files(entries: Iterable[tuple[str, int, int]]) -> tuple[InstalledFile, ...]:
    """Files of a wheel where an installer puts them, below site-packages where that is so.

    ``entries`` are names, uncompressed bytes and CRC-32 of the archive. ``*.data/purelib`` and
    ``platlib`` join the packages; scripts, headers and others keep their ``*.data/…`` path.
    """
    return tuple(
        InstalledFile(path=_installed_path(path), size=size, checksum=f"{checksum:08x}")
        for path, size, checksum in entries
        if not path.endswith("/")
    )


def _installed_path(path: str) -> str:
    first, _, rest = path.partition("/")
    if first.endswith(".data"):
        kind, _, inner = rest.partition("/")
        if kind in {"purelib", "platlib"}:
            return inner
    return path


def script_names(
    entry_points: Iterable[EntryPoint], files: Iterable[InstalledFile]
) -> tuple[str, ...]:
    """Programs that are put on ``PATH``, sorted: from entry points and from ``*.data/scripts``."""
    declared = (
        point.name for point in entry_points if point.group in {"console_scripts", "gui_scripts"}
    )
    return tuple(sorted({*declared, *_shipped_scripts(files)}))


def _shipped_scripts(files: Iterable[InstalledFile]) -> Iterator[str]:
    for file in files:
        parts = file.path.split("/")
        if len(parts) == 3 and parts[0].endswith(".data") and parts[1] == "scripts":  # noqa: PLR2004  # name.data/scripts/program
            yield parts[2]


def facts_from(contents: Contents, *, size_source: str, source: Source) -> DistributionFacts:
    """Facts of a wheel or of an installed distribution; its wheels are not known here."""
    core = parse_metadata(contents.texts.get("METADATA", ""))
    points = parse_entry_points(contents.texts.get("entry_points.txt", ""))
    namespaces = contents.texts.get("namespace_packages.txt", "").split()
    return DistributionFacts(
        name=core.name,
        version=core.version,
        import_names=import_names(contents.files, name=core.name, namespaces=namespaces),
        console_scripts=script_names(points, contents.files),
        entry_points=points,
        requires=core.requires,
        installed_size=Size(
            bytes=sum(file.size for file in contents.files),
            basis=Basis.MEASURED,
            source=size_source,
        ),
        source=source,
    )


class Catalogue(Mapping[str, DistributionFacts]):
    """Catalogued facts by normalized name; an entry is parsed on request."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._entries: Mapping[str, Mapping[str, Any]] = document["distributions"]
        self._groups: Mapping[str, Mapping[str, str]] = document["groups"]

    def __getitem__(self, name: str) -> DistributionFacts:
        entry = self._entries[name]
        group = self._groups[entry["group"]]
        bytes_, source = entry.get("size"), f"{group['source']}, {group['date']}"
        facts = {
            **entry,
            "size": bytes_ and {"bytes": bytes_, "basis": "catalogued", "source": source},
            "name": name,
            "version": entry.get("version", ""),
            "source": "catalogue",
        }
        return converted(facts, DistributionFacts, dec_hook=lambda _, text: requirement(text))

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@cache
def catalogued() -> Catalogue:
    """Give the catalogue that is shipped with Jettison."""
    return Catalogue(json.loads(resource("distributions.json")))
