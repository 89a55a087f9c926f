"""Read metadata from wheels: in an index, in a folder, installed."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from jettison.errors import NetworkError
from jettison.formats.elf import BEGINNING, unloaded_bytes
from jettison.index.client import Client
from jettison.index.facts import DistributionFacts, InstalledFile, Source, WheelFile
from jettison.index.metadata import Contents, facts_from, installed_files, parse_record
from jettison.index.settings import Answer

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_MEMBERS = ("METADATA", "entry_points.txt", "namespace_packages.txt")
_LARGEST_MEMBER = 8 << 20
# Small wheels are fetched whole: one request then, and the hash can be checked.
_WHOLE_BELOW = 96 << 10
_SMALLEST_TAIL, _LARGEST_TAIL = 48 << 10, 256 << 10
# Without ranges a wheel is fetched whole, but not one that would hold up a plan for minutes.
_LARGEST_WHEEL = 64 << 20
_AROUND = 16 << 10
_NO_SUCH_RANGE = 416


def read_wheel(client: Client, wheel: WheelFile) -> Contents:
    """Read a wheel through its central directory, by range requests where the server serves them.

    The end is asked for first: it holds the directory and, as PEP 427 recommends, usually the
    metadata. A server that ignores the range sends the whole wheel, which is used as it is and
    checked against its hash. Raises NetworkError when the wheel cannot be had or is no zip file.
    """
    try:
        source = open_wheel(client, wheel)
        with zipfile.ZipFile(source) as archive:
            return _contents(archive)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError) as error:
        raise NetworkError(f"{wheel.filename} is not a readable wheel", why=str(error)) from error


def read_metadata(client: Client, wheel: WheelFile) -> Contents:
    """Read only the metadata, which the index serves beside the wheel (PEP 658).

    The file list stays empty. Raises NetworkError when it is not served or does not match.
    """
    if wheel.metadata_sha256 is None:
        raise NetworkError(f"the index does not serve the metadata of {wheel.filename}")
    body = client.get(f"{wheel.url}.metadata", limit=_LARGEST_MEMBER).body
    if wheel.metadata_sha256 and hashlib.sha256(body).hexdigest() != wheel.metadata_sha256:
        raise NetworkError(f"the metadata of {wheel.filename} does not match its hash")
    return Contents(files=(), texts={"METADATA": body.decode("utf-8", "replace")})


def read_local_wheel(file: io.BufferedIOBase) -> Contents:
    """Read a wheel that is at hand; raises zipfile.BadZipFile when it is none."""
    with zipfile.ZipFile(file) as archive:
        return _contents(archive)


def _contents(archive: zipfile.ZipFile) -> Contents:
    # an archive may name an entry with nothing, at which ``is_dir`` stumbles
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    folder = _metadata_folder(entry.filename for entry in entries)
    wanted = {f"{folder}/{member}": member for member in _MEMBERS}
    texts = {
        wanted[entry.filename]: archive.read(entry).decode("utf-8", "replace")
        for entry in entries
        if entry.filename in wanted and entry.file_size <= _LARGEST_MEMBER
    }
    files = installed_files((entry.filename, entry.file_size, entry.CRC) for entry in entries)
    return Contents(files=files, texts=texts)


def _metadata_folder(paths: Iterable[str]) -> str:
    found = {path.partition("/")[0] for path in paths if ".dist-info/" in path}
    folders = sorted(name for name in found if name.endswith(".dist-info"))
    if not folders:
        raise ValueError("it has no .dist-info folder")
    return folders[0]


def open_wheel(client: Client, wheel: WheelFile) -> io.BufferedIOBase:
    """Open a wheel as a file of which the pieces that are read are fetched."""
    if wheel.size is not None and wheel.size <= _WHOLE_BELOW:
        return _whole(client, wheel)
    headers = {"range": f"bytes={_tail_range(wheel.size)}", "accept-encoding": "identity"}
    answer = client.get(wheel.url, headers, limit=_LARGEST_WHEEL, expected=(_NO_SUCH_RANGE,))
    if answer.status == _NO_SUCH_RANGE:
        return _whole(client, wheel)
    if not answer.partial:
        return _checked(answer, wheel)
    start, total = _content_range(answer)
    return _RangeFile(_fetcher(client, wheel.url), start, total, answer.body)


def _tail_range(size: int | None) -> str:
    if size is None:
        return f"-{_SMALLEST_TAIL}"
    tail = min(max(size // 24, _SMALLEST_TAIL), _LARGEST_TAIL, size)
    return f"{size - tail}-{size - 1}"


def _whole(client: Client, wheel: WheelFile) -> io.BytesIO:
    headers = {"accept-encoding": "identity"}
    return _checked(client.get(wheel.url, headers, limit=_LARGEST_WHEEL), wheel)


def _checked(answer: Answer, wheel: WheelFile) -> io.BytesIO:
    if wheel.sha256 and hashlib.sha256(answer.body).hexdigest() != wheel.sha256:
        raise NetworkError(f"{wheel.filename} does not match its hash")
    return io.BytesIO(answer.body)


def _content_range(answer: Answer) -> tuple[int, int]:
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers.get("content-range", ""))
    if match is None:
        raise ValueError("the range that was sent is not stated")
    start, end, total = (int(one) for one in match.groups())
    if end - start + 1 != len(answer.body) or end >= total:
        raise ValueError("the range that was sent is cut short")
    return start, total


def _fetcher(client: Client, url: str) -> Callable[[int, int], bytes]:
    def fetch(start: int, end: int) -> bytes:
        headers = {"range": f"bytes={start}-{end - 1}", "accept-encoding": "identity"}
        answer = client.get(url, headers, limit=_LARGEST_WHEEL)
        if not answer.partial or _content_range(answer)[0] != start:
            raise ValueError("the server stopped serving ranges")
        return answer.body

    return fetch


class _RangeFile(io.BufferedIOBase):
    """A remote file of which the pieces that are read are fetched; ``end`` is exclusive."""

    def __init__(
        self, fetch: Callable[[int, int], bytes], start: int, total: int, tail: bytes
    ) -> None:
        self._fetch = fetch
        self._total = total
        self._place = 0
        self._pieces: list[tuple[int, bytes]] = [(start, tail)]

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._total}[whence]
        self._place = max(0, origin + offset)
        return self._place

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._total - self._place if size is None or size < 0 else size
        end = min(self._place + wanted, self._total)
        if end <= self._place:
            return b""
        piece = self._piece(self._place, end)
        self._place = end
        return piece

    def _piece(self, start: int, end: int) -> bytes:
        for first, content in self._pieces:
            if first <= start and end <= first + len(content):
                return content[start - first : end - first]
        # The metadata lies before the directory and members lie close together, so a piece is
        # fetched with its surroundings, up to the next one that is known.
        known = min((first for first, _ in self._pieces if first > start), default=self._total)
        since = max(0, start - _AROUND)
        until = max(end, min(end + _AROUND, known))
        content = self._fetch(since, until)
        self._pieces.append((since, content))
        return content[start - since : end - since]


# Each library costs a request, and small ones have little to lose.
SMALLEST = 100_000


def read_unloaded(client: Client, wheel: WheelFile) -> tuple[InstalledFile, ...]:
    """Return the libraries of a wheel with the bytes of each that are never loaded.

    Raises NetworkError when the wheel cannot be had or is no zip file.
    """
    try:
        with zipfile.ZipFile(open_wheel(client, wheel)) as archive:
            return tuple(_unloaded(archive))
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError) as error:
        raise NetworkError(f"{wheel.filename} is not a readable wheel", why=str(error)) from error


def _unloaded(archive: zipfile.ZipFile) -> Iterator[InstalledFile]:
    for entry in archive.infolist():
        if ".so" not in entry.filename.rpartition("/")[2] or entry.file_size < SMALLEST:
            continue
        with archive.open(entry) as library:
            count = unloaded_bytes(library.read(BEGINNING), entry.file_size)
        if count:
            yield InstalledFile(path=entry.filename, size=count)


_TEXTS = ("entry_points.txt", "namespace_packages.txt")


def installed_distributions(environment: Path) -> dict[str, DistributionFacts]:
    """Facts by normalized name of all that is installed under a virtual environment.

    ``environment`` is a virtual environment or a folder of packages (``pip install --target``).
    What is broken there is omitted. Sizes are those that RECORD states.
    """
    # Late: plans read wheels of an index, and this takes 4 ms.
    from importlib.metadata import DistributionFinder, MetadataPathFinder  # noqa: PLC0415

    folders = [str(folder) for folder in site_packages(environment)]
    context = DistributionFinder.Context(path=folders)
    found: dict[str, DistributionFacts] = {}
    for distribution in MetadataPathFinder.find_distributions(context):
        facts = _facts(distribution, environment)
        if facts is not None:
            found.setdefault(facts.name, facts)
    return found


def site_packages(environment: Path) -> tuple[Path, ...]:
    """Folders of an environment that hold packages; the environment itself when it is one."""
    below = sorted(environment.glob("lib/python3*/site-packages"))
    windows = environment / "Lib" / "site-packages"
    found = [*below, *([windows] if windows.is_dir() else [])]
    return tuple(found) or (environment,)


def _facts(distribution: Distribution, environment: Path) -> DistributionFacts | None:
    metadata = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO")
    if not metadata or not canonicalize_name(distribution.metadata["Name"] or ""):
        return None
    texts = {name: distribution.read_text(name) or "" for name in _TEXTS}
    contents = Contents(files=_files(distribution), texts={"METADATA": metadata, **texts})
    source = f"RECORD in {environment.name}"
    return facts_from(contents, size_source=source, source=Source.ENVIRONMENT)


def _files(distribution: Distribution) -> tuple[InstalledFile, ...]:
    record = distribution.read_text("RECORD")
    if record is not None:
        return parse_record(record)
    # An old .egg-info names its files without their sizes.
    return tuple(InstalledFile(path=path.as_posix(), size=0) for path in distribution.files or ())
