"""A suite's Release file: what it is called, how long it holds, and the hashes of its indexes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

from jettison.debian.control import paragraph
from jettison.errors import InputSyntaxError, IntegrityError

_DATE = "%a, %d %b %Y %H:%M:%S %Z"


class IndexFile(Struct, frozen=True, kw_only=True):
    """An index below the suite's directory, with the SHA-256 in hex and the size in bytes."""

    path: str
    sha256: str
    size: int


class Release(Struct, frozen=True, kw_only=True):
    """A parsed Release file; times are in UTC and ``valid_until`` is None when it says nothing."""

    codename: str
    date: datetime
    valid_until: datetime | None
    architectures: tuple[str, ...]
    files: Mapping[str, IndexFile]

    def file(self, path: str) -> IndexFile:
        """Return the entry for an index; IntegrityError when the release does not list it."""
        found = self.files.get(path)
        if found is None:
            raise IntegrityError(
                f"the release file of {self.codename} does not list {path}",
                why="what is not listed cannot be verified",
                hint=f"Known architectures: {', '.join(self.architectures)}.",
            )
        return found


def parse_release(text: str) -> Release:
    """Parse a Release file; InputSyntaxError when a field that is needed is not there."""
    fields = paragraph(text)
    try:
        return Release(
            codename=fields["Codename"],
            date=date_of(fields["Date"]),
            valid_until=date_of(fields["Valid-Until"]) if "Valid-Until" in fields else None,
            architectures=tuple(fields["Architectures"].split()),
            files=_files(fields["SHA256"]),
        )
    except (KeyError, ValueError) as error:
        raise InputSyntaxError(f"not a release file: {error}") from error


def require_current(release: Release, suite: str, now: datetime) -> None:
    """Refuse a release that is another suite's or no longer valid; raises IntegrityError.

    A mirror that is held back could otherwise hide security updates for ever.
    """
    if release.codename != suite:
        raise IntegrityError(f"the mirror gave {release.codename} when asked for {suite}")
    if release.valid_until is not None and release.valid_until < now:
        raise IntegrityError(
            f"the index of {suite} was valid until {release.valid_until:%Y-%m-%d %H:%M} UTC",
            why="the mirror or the cached copy is older than the archive allows",
            hint="Use a mirror that is up to date; for a frozen copy set"
            " JETTISON_DEBIAN_CHECK_VALID_UNTIL=0.",
        )


def date_of(text: str) -> datetime:
    """Return the time that a Date or Valid-Until field says; ValueError when it says none."""
    return datetime.strptime(text, _DATE).replace(tzinfo=UTC)


def _files(text: str) -> dict[str, IndexFile]:
    rows = (line.split() for line in text.splitlines() if line.strip())
    return {
        path: IndexFile(path=path, sha256=sha256, size=int(size)) for sha256, size, path in rows
    }
