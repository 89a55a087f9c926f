"""Read metadata from wheels and source distributions: in an index, in a folder, installed."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from jettison.errors import NetworkError
from jettison.formats.elf import BEGINNING, unloaded_bytes
from jettison.images.entry import TAR_ERRORS, BoundedTarInfo
from jettison.index import DistributionFacts, InstalledFile, Source, WheelFile
from jettison.index.client import Client, open_wheel
from jettison.index.listing import IndexFile
from jettison.index.metadata import (
    Contents,
    facts_from,
    installed_files,
    parse_record,
    requirements,
)
from jettison.values import Basis, Size, replace

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_MEMBERS = ("METADATA", "entry_points.txt", "namespace_packages.txt")
_LARGEST_MEMBER = 8 << 20
_LARGEST_ENTRY = 1 << 50
# What zipfile and tarfile raise for an archive that is damaged, or packed as they cannot read.
ARCHIVE_ERRORS = (
    *TAR_ERRORS, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, OSError,
)  # fmt: skip


def read_wheel(client: Client, wheel: WheelFile) -> Contents:
    """Read a wheel through its central directory, by range requests where the server serves them.

    The end is requested first: it holds the directory and, as PEP 427 recommends, usually the
    metadata. A server that ignores the range sends the whole wheel, which is used as it is and
    checked against its hash. Raises NetworkError when the wheel cannot be had or is no zip file.
    """
    try:
        source = open_wheel(client, wheel)
        with zipfile.ZipFile(source) as archive:
            return _contents(archive)
    except ARCHIVE_ERRORS as error:
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
    if any(entry.file_size >= _LARGEST_ENTRY for entry in entries):
        raise ValueError("it lists a file that is larger than any disk")
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


# Each library costs a request, and small ones have little to lose.
SMALLEST = 100_000


def read_unloaded(client: Client, wheel: WheelFile) -> tuple[InstalledFile, ...]:
    """Return the libraries of a wheel with the bytes of each that are never loaded.

    Raises NetworkError when the wheel cannot be had or is no zip file.
    """
    try:
        with zipfile.ZipFile(open_wheel(client, wheel)) as archive:
            return tuple(_unloaded(archive))
    except ARCHIVE_ERRORS as error:
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
    # later versions of Python raise an error where earlier ones give nothing
    if not metadata or "Name" not in distribution.metadata:
        return None
    if not canonicalize_name(distribution.metadata["Name"]):
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


_LARGEST_SDIST = 256 << 20
_LARGEST_TEXT = 4 << 20
_SOURCE_TEXTS = (
    "PKG-INFO", "entry_points.txt", "top_level.txt", "namespace_packages.txt", "requires.txt"
)  # fmt: skip
_NOT_INSTALLED = frozenset({"tests", "test", "docs", "doc", "examples", "benchmarks", "tools"})
_COMPILED = (
    ".c", ".cc", ".cpp", ".cxx", ".pyx", ".f", ".f90", ".rs", "/CMakeLists.txt", "/meson.build"
)  # fmt: skip
_BUILD_FILES = frozenset({"setup", "conftest", "noxfile", "tasks", "versioneer"})


def read_sdist(client: Client, sdist: IndexFile, *, name: str, version: str) -> DistributionFacts:
    """Fetch an sdist and guess what a build of it would install; nothing of it is run.

    Raises NetworkError when it cannot be had or read.
    """
    headers = {"accept-encoding": "identity"}
    body = client.get(sdist.url, headers, limit=_LARGEST_SDIST).body
    try:
        files, texts = _unpack(body, sdist.filename)
    except ARCHIVE_ERRORS as error:
        raise NetworkError(f"{sdist.filename} is not readable", why=str(error)) from error
    return replace(guess(files, texts, filename=sdist.filename), name=name, version=version)


def guess(
    files: Iterable[tuple[str, int]], texts: Mapping[str, str], *, filename: str
) -> DistributionFacts:
    """Guess facts from the paths below an sdist's folder and the texts of its ``.egg-info``.

    The packages are those that ``top_level.txt`` names, else those with an ``__init__.py`` at the
    root or under ``src``. The size is an estimate: the bytes of these packages' Python files.
    """
    top = frozenset(texts.get("top_level.txt", "").split())
    listed = list(files)
    kept = tuple(_installed(listed, top))
    contents = Contents(files=kept, texts={**texts, "METADATA": texts.get("PKG-INFO", "")})
    facts = facts_from(contents, size_source=filename, source=Source.SDIST_GUESS)
    declared = requirements(_egg_requirements(texts.get("requires.txt", "")))
    size = Size(
        bytes=sum(file.size for file in kept),
        basis=Basis.ESTIMATED,
        source=f"Python files of {filename}; what a build compiles is not counted",
    )
    return replace(
        facts,
        has_sdist=True,
        compiles=any(path.endswith(_COMPILED) for path, _ in listed),
        import_names=facts.import_names or tuple(sorted(top)),
        requires=facts.requires or declared,
        installed_size=size,
        sdist_only=True,
    )


def _installed(files: Iterable[tuple[str, int]], top: frozenset[str]) -> Iterator[InstalledFile]:
    listed = [(path.removeprefix("src/"), size) for path, size in files if path.endswith(".py")]
    packages = {path.partition("/")[0] for path, _ in listed if path.count("/") == 1
                and path.endswith("/__init__.py")}  # fmt: skip
    wanted = top or (packages - _NOT_INSTALLED)
    for path, size in listed:
        first = path.partition("/")[0]
        module = first.removesuffix(".py")
        single = "/" not in path and not packages and module not in _BUILD_FILES
        if first in wanted or (module in top and "/" not in path) or (not top and single):
            yield InstalledFile(path=path, size=size)


def _egg_requirements(text: str) -> Iterator[str]:
    """Lines of ``requires.txt`` as Requires-Dist; ``[extra:marker]`` heads a section."""
    extra = marker = ""
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("["):
            extra, _, marker = line.strip("[]").partition(":")
        elif line:
            parts = [f"({marker})" if marker else "", f'extra == "{extra}"' if extra else ""]
            condition = " and ".join(part for part in parts if part)
            yield f"{line} ; {condition}" if condition else line


def _unpack(body: bytes, filename: str) -> tuple[list[tuple[str, int]], dict[str, str]]:
    if filename.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = [(one.filename, one.file_size) for one in archive.infolist()]
            return _below(entries), _texts(
                (path, archive.read(path)) for path, size in entries if _is_text(path, size)
            )
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:*", tarinfo=BoundedTarInfo) as tar:
        members = [one for one in tar.getmembers() if one.isfile()]
        streams = ((one.name, tar.extractfile(one)) for one in members
                   if _is_text(one.name, one.size))  # fmt: skip
        texts = _texts((path, stream.read()) for path, stream in streams if stream)
        return _below((one.name, one.size) for one in members), texts


def _is_text(path: str, size: int) -> bool:
    return path.rpartition("/")[2] in _SOURCE_TEXTS and size <= _LARGEST_TEXT


def _texts(members: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Texts by member name; the ``.egg-info`` copy, which is the fuller one, wins."""
    ordered = sorted(members, key=lambda member: ".egg-info/" in member[0])
    return {path.rpartition("/")[2]: body.decode("utf-8", "replace") for path, body in ordered}


def _below(entries: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(path.partition("/")[2], size) for path, size in entries if "/" in path]
