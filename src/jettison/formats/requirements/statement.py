"""The content of one requirement line, without its comments: what it asks for."""

from __future__ import annotations

import posixpath
import re
import shlex
from math import prod

from msgspec import Struct
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

_MOST_TAGS = 1000
_OPTIONS = re.compile(r"(?:^|\s)(-.*)$", re.DOTALL)
_NAMED = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*($|[\[<>=!~;@(])")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//|\S)")
_STARRED = re.compile(r"((?:[<>]=?|~=)\s*[\w.]+?)\.\*")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([^\]]*)\])?")
_PATH_EXTRAS = re.compile(r"^(?P<path>.*?)\[(?P<extras>[^\]\[]*)\]$")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar")


class Statement(Struct, frozen=True, kw_only=True):
    """What a requirement line asks for."""

    name: str = ""
    requirement: Requirement | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    path: str = ""


def name_of(written: str) -> str:
    """Return the normalized name of a requirement by the standard; empty for anything else."""
    try:
        return canonicalize_name(Requirement(written).name)
    except InvalidRequirement:
        return ""


def split_options(content: str) -> tuple[str, tuple[str, ...]]:
    """Separate what is required from the options after it.

    Raises ValueError when quotes in the options do not close.
    """
    found = _OPTIONS.search(content)
    if found is None:
        return content, ()
    return content[: found.start()].strip(), tuple(shlex.split(found.group(1)))


def read_statement(content: str) -> Statement:
    """Read a requirement without options.

    Raises ValueError with the reason when it is neither a requirement, a URL nor a path.
    """
    try:
        return _read(content)
    except RecursionError:
        raise ValueError("its marker is nested too deeply") from None


def _read(content: str) -> Statement:
    if _NAMED.match(content) and not _is_path(content):
        return _named(content)
    if _URL.match(content) and not re.match(r"[A-Za-z]:[\\/]", content):
        return _url(content)
    if _is_path(content) or _VARIABLE.search(content):
        return _path(content)
    raise ValueError(f"neither a requirement, a URL nor a path: {content!r}")


def _named(content: str) -> Statement:
    try:
        read = Requirement(as_standardized(content))
    except InvalidRequirement as error:
        if _VARIABLE.search(content):
            return _with_variable(content)
        raise ValueError(str(error).splitlines()[0]) from error
    return statement_of(read)


def as_standardized(content: str) -> str:
    """Write a named requirement as the standard has it, which pip reads less strictly.

    It takes no words behind a semicolon for no marker, needs no space before that of a URL, and up
    to pip 24.0 reads a star behind an order of versions, which uv refuses.
    """
    if "@" in content:
        return content.replace("; ", " ; ", 1)
    return _STARRED.sub(r"\1", content.removesuffix(";"))


def statement_of(read: Requirement) -> Statement:
    """Return what a requirement in the standard syntax asks for."""
    return Statement(
        name=canonicalize_name(read.name),
        requirement=read,
        specifier=str(read.specifier),
        extras=tuple(sorted(canonicalize_name(extra) for extra in read.extras)),
        marker=str(read.marker) if read.marker else "",
        url=read.url or "",
    )


def _with_variable(content: str) -> Statement:
    body, _, marker = content.partition(";")
    found = re.match(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?\s*(.*)$", body.strip())
    if found is None:
        return Statement(path=content)
    return Statement(
        name=canonicalize_name(found[1]),
        extras=_extras(found[2]),
        specifier=found[3].strip(),
        marker=marker.strip(),
    )


def _url(content: str) -> Statement:
    url, marker = _split_marker(content)
    egg = _EGG.search(url)
    if egg:
        return Statement(
            name=canonicalize_name(egg[1]), extras=_extras(egg[2]), marker=marker, url=url
        )
    name = _name_of_archive(url.partition("#")[0].partition("?")[0])
    return Statement(name=name, marker=marker, url=url)


def _path(content: str) -> Statement:
    path, marker = _split_marker(content)
    found = _PATH_EXTRAS.match(path)
    extras = ""
    if found:
        path, extras = found["path"], found["extras"]
    return Statement(name=_name_of_archive(path), extras=_extras(extras), marker=marker, path=path)


def _split_marker(content: str) -> tuple[str, str]:
    target, mark, marker = content.partition(" ;")
    if not mark:
        target, mark, marker = content.partition("; ")
    if not mark:
        return content.strip(), ""
    try:
        return target.strip(), str(Marker(marker.strip()))
    except InvalidMarker as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _is_path(content: str) -> bool:
    target = content.partition(";")[0].strip()
    target = _PATH_EXTRAS.sub(r"\g<path>", target)
    if "@" in target or _URL.match(target):
        return False
    return (
        target.startswith((".", "/", "~"))
        or "/" in target
        or "\\" in target
        or (target.lower().endswith(_ARCHIVES))
    )


def wheel_name(filename: str) -> tuple[str, frozenset[Tag]]:
    """Return the project and the tags that a wheel's file name states.

    Raises InvalidWheelFilename, also when its parts stand for more tags than any wheel has.
    """
    if prod(part.count(".") + 1 for part in filename.split("-")[-3:]) > _MOST_TAGS:
        raise InvalidWheelFilename(f"more than {_MOST_TAGS} tags: {filename[:80]}")
    name, _, _, tags = parse_wheel_filename(filename)
    return name, tags


def _name_of_archive(target: str) -> str:
    filename = posixpath.basename(target)
    try:
        if filename.endswith(".whl"):
            return wheel_name(filename)[0]
        if filename.endswith((".tar.gz", ".zip")):
            return parse_sdist_filename(filename)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
    return ""


def _extras(text: str | None) -> tuple[str, ...]:
    names = (text or "").split(",")
    return tuple(sorted(canonicalize_name(name.strip()) for name in names if name.strip()))
