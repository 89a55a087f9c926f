"""What a wheel lists: its members, and the hashes of its RECORD; each wheel is listed once."""

from __future__ import annotations

import csv
import io
import posixpath
import re
import stat
import zipfile
from collections.abc import Iterable, Mapping

from msgspec import Struct

from jettison.build.zip_members import FileContent, ZipMember, member_chunks
from jettison.errors import IntegrityError

# PEP 427 and PEP 376; signatures are of the wheel and not of what is installed.
SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_LARGEST_TEXT = 64 << 20


class Listing(Struct, frozen=True, kw_only=True):
    """What a sound wheel lists.

    ``members`` are its files by their names, ``empty`` its directories without a file in them.
    ``information`` is the name of its ``.dist-info`` directory. ``record`` are the hashes of its
    RECORD by name, each the URL-safe base 64 of a SHA-256; others count as none.
    """

    members: Mapping[str, ZipMember]
    empty: tuple[str, ...]
    information: str
    record: Mapping[str, str]


_kept: dict[str, Listing] = {}
_MOST_KEPT = 512


def listing(content: FileContent, name: str, digest: str) -> Listing:
    """Read the listing of a wheel that errors call ``name``; IntegrityError when it is not sound.

    A build opens each wheel several times; one whose ``digest`` is known is listed once.
    """
    known = _kept.get(digest)
    if known is None:
        known = _read(content, name)
        if digest and len(_kept) < _MOST_KEPT:
            _kept[digest] = known
    return known


def text_of(content: FileContent, member: ZipMember, name: str) -> str:
    """Return the text of a member of the wheel ``name``, empty when it is too large for one."""
    if member.size > _LARGEST_TEXT:
        return ""
    try:
        return b"".join(member_chunks(content, member)).decode("utf-8", "replace")
    except zipfile.BadZipFile as error:
        raise damaged(name, str(error)) from error


def damaged(name: str, why: str) -> IntegrityError:
    """Return the error of a wheel that is not sound."""
    return IntegrityError(
        f"{name} is not a sound wheel",
        why=why,
        hint="Tell those who publish it; until then, pin another version.",
    )


def _read(content: FileContent, name: str) -> Listing:
    try:
        with content.stream() as stream:
            listed = zipfile.ZipFile(stream).infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise damaged(name, str(error)) from error
    for each in listed:
        _require_safe(each, name)
    members = {each.filename: ZipMember.of(each) for each in listed if not each.is_dir()}
    information = _information(members, name)
    return Listing(
        members=members,
        empty=_empty_folders(each.filename for each in listed),
        information=information,
        record=_record(content, members, information, name),
    )


def _require_safe(member: zipfile.ZipInfo, name: str) -> None:
    path = member.filename
    parts = path.removesuffix("/").split("/")
    if path.startswith("/") or ".." in parts or "\0" in path or "\\" in path or "" in parts:
        raise damaged(name, f"it has the path {path!r}, which leaves the environment")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise damaged(name, f"{path} is a link, and wheels hold none")


def _information(members: Iterable[str], name: str) -> str:
    found = sorted({
        path.partition("/")[0] for path in members
        if path.partition("/")[0].endswith(".dist-info") and path.endswith("/METADATA")
    })  # fmt: skip
    if len(found) != 1:
        raise damaged(name, "it has no .dist-info directory of its own")
    return found[0]


def _record(
    content: FileContent, members: Mapping[str, ZipMember], information: str, name: str
) -> Mapping[str, str]:
    member = members.get(f"{information}/RECORD")
    if member is None:
        raise damaged(name, "it has no RECORD")
    try:
        rows = list(csv.reader(io.StringIO(text_of(content, member, name))))
    except csv.Error as error:
        raise damaged(name, f"its RECORD cannot be read: {error}") from error
    found = {row[0]: row[1] for row in rows if len(row) > 1}
    for path in members:
        if path not in found and posixpath.basename(path) not in SIGNATURES:
            raise damaged(name, f"its RECORD does not name {path}")
    prefix = "sha256="
    return {n: d.removeprefix(prefix) for n, d in found.items() if d.startswith(prefix)}


def _empty_folders(names: Iterable[str]) -> tuple[str, ...]:
    """Return the directories, below the packages, that a wheel lists and that hold nothing."""
    listed = list(names)
    folders = [name.rstrip("/") for name in listed if name.endswith("/")]
    if not folders:
        return ()
    files = [name for name in listed if not name.endswith("/")]
    holding = {name[: match.start()] for name in files for match in re.finditer("/", name)}
    return tuple(sorted(f for f in folders if f not in holding and ".data" not in f.split("/")[0]))
