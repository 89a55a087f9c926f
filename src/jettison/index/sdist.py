"""Facts guessed from a source distribution, for releases that have no wheel."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from jettison.errors import NetworkError
from jettison.images.entry import TAR_ERRORS, BoundedTarInfo
from jettison.index.client import Client
from jettison.index.facts import DistributionFacts, InstalledFile, Source
from jettison.index.listing import IndexFile
from jettison.index.metadata import Contents, facts_from, requirements
from jettison.values import Basis, Size

_LARGEST_SDIST = 256 << 20
_LARGEST_TEXT = 4 << 20
_TEXTS = ("PKG-INFO", "entry_points.txt", "top_level.txt", "namespace_packages.txt", "requires.txt")
_NOT_INSTALLED = frozenset({"tests", "test", "docs", "doc", "examples", "benchmarks", "tools"})
_COMPILED = (
    ".c",
    ".cc",
    ".cpp",
    ".cxx",
    ".pyx",
    ".f",
    ".f90",
    ".rs",
    "/CMakeLists.txt",
    "/meson.build",
)
_BUILD_FILES = frozenset({"setup", "conftest", "noxfile", "tasks", "versioneer"})


def read_sdist(client: Client, sdist: IndexFile, *, name: str, version: str) -> DistributionFacts:
    """Fetch an sdist and guess what a build of it would install; nothing of it is run.

    Raises NetworkError when it cannot be had or read.
    """
    headers = {"accept-encoding": "identity"}
    body = client.get(sdist.url, headers, limit=_LARGEST_SDIST).body
    try:
        files, texts = _unpack(body, sdist.filename)
    except (*TAR_ERRORS, zipfile.BadZipFile, zlib.error, OSError) as error:
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
    return path.rpartition("/")[2] in _TEXTS and size <= _LARGEST_TEXT


def _texts(members: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Texts by member name; the ``.egg-info`` copy, which is the fuller one, wins."""
    ordered = sorted(members, key=lambda member: ".egg-info/" in member[0])
    return {path.rpartition("/")[2]: body.decode("utf-8", "replace") for path, body in ordered}


def _below(entries: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(path.partition("/")[2], size) for path, size in entries if "/" in path]
