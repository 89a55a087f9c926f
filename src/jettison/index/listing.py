"""The simple repository API: what files of a project an index offers (PEP 503, 691, 700, 714)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from msgspec import Struct
from packaging.utils import InvalidWheelFilename, parse_sdist_filename
from packaging.version import Version

from jettison.formats.requirements.statement import wheel_name
from jettison.index import WheelFile

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)


class IndexFile(Struct, frozen=True, kw_only=True, array_like=True):
    """One file of a project as the index lists it; ``url`` is absolute."""

    filename: str
    url: str
    size: int | None = None
    sha256: str = ""
    requires_python: str = ""
    yanked: bool = False
    metadata_sha256: str | None = None


class Release(Struct, frozen=True, kw_only=True):
    """The files of one version."""

    version: Version
    files: tuple[IndexFile, ...]

    @property
    def yanked(self) -> bool:
        """Whether every file of the release was withdrawn."""
        return all(file.yanked for file in self.files)

    @property
    def wheels(self) -> tuple[WheelFile, ...]:
        """The wheels whose names are valid, in the order of the index."""
        return tuple(wheel for file in self.files if (wheel := _wheel(file)) is not None)

    @property
    def sdist(self) -> IndexFile | None:
        """The source distribution, gzipped tar before zip."""
        found = [file for file in self.files if file.filename.endswith((".tar.gz", ".zip"))]
        return min(found, key=lambda file: file.filename.endswith(".zip"), default=None)


def parse_listing(body: bytes, *, content_type: str, url: str) -> tuple[IndexFile, ...]:
    """Files of a project page, JSON or HTML; relative addresses are joined to ``url``.

    Raises ValueError when the body is neither, so that the caller can say which index failed.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith(("+json", "/json")):
        return tuple(_from_json(body, url))
    if kind.endswith(("+html", "/html")):
        return tuple(_from_html(body.decode("utf-8", "replace"), url))
    raise ValueError(f"the index answered with {kind or 'no content type'}")


def releases(files: Iterable[IndexFile], name: str = "") -> dict[Version, Release]:
    """Group files by version; names that are neither a wheel's nor an sdist's are omitted.

    ``name`` is that of the distribution, normalized: with it a file such as
    ``selenium-2.0-dev-9429.tar.gz`` is none of release 9429.
    """
    grouped: dict[Version, list[IndexFile]] = {}
    for file in files:
        version = file_version(file.filename, name)
        if version is not None:
            grouped.setdefault(version, []).append(file)
    return {
        version: Release(version=version, files=tuple(members))
        for version, members in grouped.items()
    }


def file_version(filename: str, name: str = "") -> Version | None:
    """Version that a file name states, or None when it is in no format or of another ``name``."""
    try:
        if filename.endswith(".whl"):
            return _version(filename.split("-")[1])
        owner, version = parse_sdist_filename(filename)
    except (IndexError, ValueError):
        return None
    return version if name in ("", owner) else None


@lru_cache(maxsize=4096)
def _version(text: str) -> Version:
    """Read a version; the many wheels of a release state the same."""
    return Version(text)


def wheel_tags(filename: str) -> frozenset[str]:
    """Tags that a wheel's file name states; empty when the name is not valid."""
    try:
        return frozenset(map(str, wheel_name(filename)[1]))
    except InvalidWheelFilename:
        return frozenset()


def _wheel(file: IndexFile) -> WheelFile | None:
    tags = wheel_tags(file.filename) if file.filename.endswith(".whl") else frozenset()
    if not tags:
        return None
    return WheelFile(
        filename=file.filename,
        url=file.url,
        tags=tags,
        size=file.size,
        sha256=file.sha256,
        metadata_sha256=file.metadata_sha256,
    )


def _from_json(body: bytes, url: str) -> Iterator[IndexFile]:
    try:
        page: Any = json.loads(body)
    except RecursionError:
        raise ValueError("the index answered with JSON that is nested too deeply") from None
    if not isinstance(page, dict) or not isinstance(page.get("files"), list):
        raise ValueError("the index answered with JSON that lists no files")  # noqa: TRY004  # the text is wrong, not a type
    for entry in page["files"]:
        if isinstance(entry, dict) and isinstance(entry.get("filename"), str):
            yield _json_file(entry, url)


_LARGEST_FILE = 1 << 50


def _json_file(entry: Mapping[str, Any], url: str) -> IndexFile:
    hashes = entry.get("hashes")
    size = entry.get("size")
    size = size if isinstance(size, int) and 0 <= size < _LARGEST_FILE else None
    # PEP 714: the first name is the right one, the second is what PEP 658 called it.
    metadata = entry.get("core-metadata", entry.get("dist-info-metadata"))
    return IndexFile(
        filename=entry["filename"],
        url=urljoin(url, str(entry.get("url", ""))),
        size=size,
        sha256=str(hashes.get("sha256", "")) if isinstance(hashes, dict) else "",
        requires_python=str(entry.get("requires-python") or ""),
        yanked=entry.get("yanked", False) is not False,
        metadata_sha256=_metadata_hash(metadata),
    )


def _metadata_hash(value: object) -> str | None:
    if isinstance(value, dict):
        return str(value.get("sha256", ""))
    return "" if value is True else None


def _from_html(text: str, url: str) -> Iterator[IndexFile]:
    """Yield the files of a PEP 503 page; as in browsers, the first base address counts."""
    base = ""
    for tag, fields in tags(text):
        target = fields.get("href")
        if tag == "base" and target and not base:
            base = urljoin(url, target)
            if len(base) > _LONGEST_ADDRESS:
                raise ValueError("the index answered with a base address of thousands of letters")
        if tag == "a" and target:
            yield _anchor(fields, urljoin(base or url, target))


_LONGEST_ADDRESS = 4096
_TAG = re.compile(r"<!--|<([a-z][a-z0-9]*+)(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"[\s/]*+([^\s=>/\"'<]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++)))?"
)
# What ends that in which there are no tags.
_ENDS = {
    name: re.compile(text, re.IGNORECASE)
    for name, text in {"": "-->", "script": "</script", "style": "</style"}.items()
}


def tags(text: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Yield the opening tags of HTML with their attributes, both in lower case.

    It takes time in proportion to the text, which the parser of the standard library does not.
    """
    at = 0
    while found := _TAG.search(text, at):
        at, name = found.end(), (found[1] or "").lower()
        fields: dict[str, str | None] = {}
        while name and (attribute := _ATTRIBUTE.match(text, at)):
            at = attribute.end()
            values = (value for value in attribute.groups()[1:] if value is not None)
            value = next(values, None)
            fields[attribute[1].lower()] = None if value is None else unescape(value)
        if name:
            yield name, fields
        if name in _ENDS:
            ended = _ENDS[name].search(text, at)
            if ended is None:
                return
            at = ended.end()


def _anchor(fields: Mapping[str, str | None], url: str) -> IndexFile:
    address, fragment = urldefrag(url)
    algorithm, _, digest = fragment.partition("=")
    metadata = fields.get("data-core-metadata", fields.get("data-dist-info-metadata"))
    return IndexFile(
        filename=unquote(address.rpartition("/")[2]),
        url=address,
        sha256=digest if algorithm == "sha256" else "",
        requires_python=fields.get("data-requires-python") or "",
        yanked="data-yanked" in fields,
        metadata_sha256=None if metadata is None else metadata.removeprefix("sha256=").strip(),
    )
