"""Reads a wheel: which files it installs, where they go, and whether they are what it says."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import posixpath
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from msgspec import Struct

from jettison.build.pin import Pin
from jettison.build.scheme import Scheme
from jettison.build.zip_members import FileContent, member_chunks
from jettison.errors import IntegrityError

# PEP 427 and PEP 376; signatures are of the wheel and not of what is installed.
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_LARGEST_TEXT = 64 << 20


class Placed(Struct, frozen=True, kw_only=True):
    """A file of a wheel: its name there, its path in the image, and what RECORD says of it.

    ``recorded`` is how RECORD names a file of the installed distribution; ``digest`` the URL-safe
    base 64 of its SHA-256, empty when RECORD gives none.
    """

    source: str
    path: str
    recorded: str
    size: int
    executable: bool
    script: bool
    digest: str


class Wheel:
    """An open wheel; ``name`` is what errors call it.

    Opening and reading raise IntegrityError when the wheel is not sound.
    """

    def __init__(self, file: Path, name: str, scheme: Scheme) -> None:
        self.name = name
        self.scheme = scheme
        try:
            with file.open("rb") as stream:
                listed = zipfile.ZipFile(stream).infolist()
                self._content = FileContent(os.dup(stream.fileno()))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise self._damaged(str(error)) from error
        self.entries = {each.filename: each for each in listed if not each.is_dir()}
        for each in listed:
            self._require_safe(each)
        self._empty = _empty_folders(each.filename for each in listed)
        self.information = self._information()
        self.distribution = self.information.removesuffix(".dist-info").partition("-")[0]
        self._record = self._read_record()
        self.files = tuple(self._placed())

    def close(self) -> None:
        """Close the file."""
        self._content.close()

    @property
    def folders(self) -> tuple[str, ...]:
        """The directories of the image that the wheel has without a file in them."""
        return tuple(f"{self.scheme.packages}/{name}" for name in self._empty)

    def chunks(self, placed: Placed) -> Iterator[bytes]:
        """Yield the content of a file; IntegrityError when RECORD says another."""
        running = hashlib.sha256()
        try:
            for chunk in member_chunks(self._content, self.entries[placed.source]):
                running.update(chunk)
                yield chunk
        except zipfile.BadZipFile as error:
            raise self._damaged(str(error)) from error
        if placed.digest and encoded(running.digest()) != placed.digest:
            raise self._damaged(f"{placed.source} has another hash than RECORD says")

    def text(self, name: str) -> str:
        """Return a text of the ``.dist-info`` directory, empty when there is none."""
        path = f"{self.information}/{name}"
        entry = self.entries.get(path)
        if entry is None or entry.file_size > _LARGEST_TEXT:
            return ""
        try:
            return b"".join(member_chunks(self._content, entry)).decode("utf-8", "replace")
        except zipfile.BadZipFile as error:
            raise self._damaged(str(error)) from error

    def _placed(self) -> Iterator[Placed]:
        for name, entry in self.entries.items():
            if posixpath.dirname(name) == self.information and self._is_written_anew(name):
                continue
            path, script = self._place(name)
            yield Placed(
                source=name,
                path=path,
                recorded=recorded_path(path, self.scheme),
                size=entry.file_size,
                executable=bool(entry.external_attr >> 16 & 0o111) or script,
                script=script,
                digest=self._record.get(name, ""),
            )

    def _is_written_anew(self, name: str) -> bool:
        return posixpath.basename(name) in {"RECORD", "INSTALLER", "REQUESTED", *_SIGNATURES}

    def _place(self, name: str) -> tuple[str, bool]:
        first, _, rest = name.partition("/")
        if not first.endswith(".data") or not rest:
            return f"{self.scheme.packages}/{name}", False
        kind, _, inner = rest.partition("/")
        folder = self.scheme.place(kind, self.distribution)
        if folder is None or not inner:
            raise self._damaged(f"{name} is for no place that installers know")
        return f"{folder}/{inner}", kind == "scripts"

    def _require_safe(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        parts = name.removesuffix("/").split("/")
        if name.startswith("/") or ".." in parts or "\0" in name or "\\" in name or "" in parts:
            raise self._damaged(f"it has the path {name!r}, which leaves the environment")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise self._damaged(f"{name} is a link, and wheels hold none")

    def _information(self) -> str:
        found = sorted({
            name.partition("/")[0] for name in self.entries
            if name.partition("/")[0].endswith(".dist-info") and name.endswith("/METADATA")
        })  # fmt: skip
        if len(found) != 1:
            raise self._damaged("it has no .dist-info directory of its own")
        return found[0]

    def _read_record(self) -> Mapping[str, str]:
        """Return the hashes of RECORD by name; those that are not SHA-256 count as none."""
        path = f"{self.information}/RECORD"
        if path not in self.entries:
            raise self._damaged("it has no RECORD")
        try:
            rows = list(csv.reader(io.StringIO(self.text("RECORD"))))
        except csv.Error as error:
            raise self._damaged(f"its RECORD cannot be read: {error}") from error
        found = {row[0]: row[1] for row in rows if len(row) > 1}
        self._require_recorded(found)
        prefix = "sha256="
        return {n: d.removeprefix(prefix) for n, d in found.items() if d.startswith(prefix)}

    def _require_recorded(self, found: Mapping[str, str]) -> None:
        for name in self.entries:
            if name not in found and posixpath.basename(name) not in _SIGNATURES:
                raise self._damaged(f"its RECORD does not name {name}")

    def _damaged(self, why: str) -> IntegrityError:
        return IntegrityError(
            f"{self.name} is not a sound wheel",
            why=why,
            hint="Tell those who publish it; until then, pin another version.",
        )


def _empty_folders(names: Iterable[str]) -> tuple[str, ...]:
    """Return the directories, below the packages, that a wheel lists and that hold nothing."""
    listed = list(names)
    files = [name for name in listed if not name.endswith("/")]
    holding = {name[: match.start()] for name in files for match in re.finditer("/", name)}
    folders = (name.rstrip("/") for name in listed if name.endswith("/"))
    return tuple(sorted(f for f in folders if f not in holding and ".data" not in f.split("/")[0]))


def encoded(digest: bytes) -> str:
    """Return a hash as RECORD has it."""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def recorded_path(path: str, scheme: Scheme) -> str:
    """Return how RECORD names a path of the image: relative to the packages' directory."""
    inside = f"{scheme.packages}/"
    if path.startswith(inside) and "/./" not in path:
        return path.removeprefix(inside)
    return posixpath.relpath(path, scheme.packages)


@contextmanager
def opened_wheels(
    pins: Sequence[Pin], wheels: Mapping[str, Path], scheme: Scheme
) -> Iterator[tuple[Wheel, ...]]:
    """Open the wheel of each pin, in order, for as long as the block runs."""
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(closing(Wheel(wheels[pin.name], pin.filename, scheme)))
            for pin in pins
        )
