"""Wheels in the content-addressed cache, and the modules of them that the application reaches."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jettison.builder import ENGINE, FIXED_TIME, Pin
from jettison.builder.context import ContextPath, content_of
from jettison.builder.wheel import Placed, Scheme, Wheel, opened_wheels
from jettison.errors import (
    BuildError,
    IntegrityError,
    JettisonError,
    NetworkError,
    ProgramError,
    ProjectError,
    UnsupportedError,
    without_threads,
)
from jettison.images.digest import Digest
from jettison.images.entry import Kind
from jettison.images.stores import whole_file
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.unpack import working_folder
from jettison.images.stream import checked_chunks
from jettison.index.client import LARGEST_FILE, Client
from jettison.index.index_settings import addressed, index_settings, index_url, uv_variables
from jettison.index.resolving import is_silent, uv_program
from jettison.plan.removal.remove_files import IMPORT, imported
from jettison.processes import run
from jettison.processes.concurrent import mapped
from jettison.processes.connections import distrusted
from jettison.records import Records
from jettison.source.reading import LARGEST
from jettison.values import outwards, replace

_ATTEMPTS = 3
_ROOM = 64 << 20


def fetched(pins: Iterable[Pin], blobs: BlobDirectory, *, offline: bool = False) -> dict[str, Path]:
    """Return the verified wheel of each pin, by name, four downloads at a time.

    Raises NetworkError or, when the bytes are not those of the hash, IntegrityError; both name
    the wheel.
    """
    wanted = tuple(pins)
    sound = mapped(wanted, lambda pin: blobs.sound(Digest("sha256", pin.sha256)))
    missing = [pin for pin, good in zip(wanted, sound, strict=True) if not good]
    if missing and offline:
        raise NetworkError(
            f"{missing[0].filename} is not in the cache",
            why="Jettison works offline",
            hint="Run once with the network at hand.",
        )
    if missing:
        settings = index_settings(os.environ, home=Path.home())
        credentials = addressed((settings.url, *settings.extra), os.environ)[1]
        client = Client(credentials=credentials, settings=settings)
        mapped(missing, lambda pin: _fetch(pin, blobs, client))
    return {pin.name: blobs.path(Digest("sha256", pin.sha256)) for pin in wanted}


def _most(pin: Pin) -> int:
    """Return how many bytes are taken for a wheel; the size that an index states may be wrong."""
    return min(2 * pin.size + _ROOM, LARGEST_FILE) if pin.size else LARGEST_FILE


def _fetch(pin: Pin, blobs: BlobDirectory, client: Client) -> None:
    digest = Digest("sha256", pin.sha256)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with whole_file(blobs.path(digest)) as file:
                chunks = client.chunks(pin.url, limit=_most(pin))
                for chunk in checked_chunks(chunks, digest, None, pin.filename):
                    file.write(chunk)
        except IntegrityError:
            raise
        except NetworkError as error:
            if attempt == _ATTEMPTS:
                raise NetworkError(
                    f"{pin.filename} cannot be fetched", why=f"{error}: {error.why}".rstrip(": ")
                ) from error
        else:
            return


_SECONDS = 600
_FORMAT = "1"
_LAST_LINES = 12


def with_wheels(
    pins: Iterable[Pin],
    files: Mapping[str, Path],
    blobs: BlobDirectory,
    records: Records,
    *,
    offline: bool,
) -> tuple[tuple[Pin, ...], dict[str, Path]]:
    """Return pins and files in which a wheel stands for each source distribution.

    A wheel is built by uv on this machine, once. Raises UnsupportedError for one that is not pure
    Python, and BuildError when its own build fails; both name the distribution.
    """
    found = tuple(_wheel(p, files[p.name], blobs, records, offline) if p.is_source else p
                  for p in pins)  # fmt: skip
    paths = {p.name: blobs.path(Digest("sha256", p.sha256)) for p in found}
    return found, paths


def _wheel(pin: Pin, source: Path, blobs: BlobDirectory, records: Records, offline: bool) -> Pin:
    words = ("wheel of source", _FORMAT, pin.sha256)
    known = records.get(tuple[str, str], *words)
    if known is not None:
        wheel = replace(pin, filename=known[0], sha256=known[1])
        if blobs.sound(Digest("sha256", wheel.sha256)):
            return wheel
    with working_folder() as folder:
        built = _built(pin, source, folder, offline=offline)
        if not built.name.endswith("-none-any.whl"):
            raise UnsupportedError(
                f"{pin.name} {pin.version} has no fitting wheel, and is not pure Python",
                why=f"its source gives {built.name}, which is for this machine",
                hint=ENGINE,
            )
        content = built.read_bytes()
        wheel = replace(pin, filename=built.name, sha256=hashlib.sha256(content).hexdigest())
        with whole_file(blobs.path(Digest("sha256", wheel.sha256))) as file:
            file.write(content)
    records.put((wheel.filename, wheel.sha256), *words)
    return wheel


def _built(pin: Pin, source: Path, folder: Path, *, offline: bool) -> Path:
    """Build in a temporary environment with what the source itself asks for."""
    shutil.copyfile(source, folder / pin.filename)
    command = [
        uv_program(), "build", "--wheel", "--quiet", "--no-config", "--color", "never",
        "--python", sys.executable, "--out-dir", str(folder / "wheels"),
        *(["--offline"] if offline else []), str(folder / pin.filename),
    ]  # fmt: skip
    done = run(
        command,
        timeout=_SECONDS,
        directory=folder,
        environment={
            **uv_variables(os.environ),
            # By the environment: it may hold a password, and others can list processes.
            "UV_DEFAULT_INDEX": index_url(os.environ, home=Path.home()),
            "SOURCE_DATE_EPOCH": str(FIXED_TIME),
        },
    )
    wheels = sorted((folder / "wheels").glob("*.whl"))
    if done.status or len(wheels) != 1:
        raise BuildError(
            f"{pin.filename} cannot be built",
            why="\n".join(done.error_text.splitlines()[-_LAST_LINES:]),
            hint=f"See what the source of {pin.name} needs, or pin a release that has a wheel.",
        )
    return wheels[0]


SOURCES = f"Let a pure Python one be built here: --allow-source-builds. {ENGINE}"
_UNTRUSTED = "invalid peer certificate"
_OFFLINE = ("Network connectivity is disabled", "the network was disabled")
# What says nothing, and hints for those who run uv themselves.
_UNTOLD = ("error: No solution found", "hint: ")
# What uv says of its Python and its cache, and the numbers of what a system refuses: access,
# memory, space, what is no folder or no program, too much that is open.
_REFUSED = (1, 5, 8, 12, 13, 17, 20, 23, 24, 28, 30, 122)
_MACHINE = ("Python interpreter from", "Failed to query Python", "Querying Python at",
            "No interpreter found", "Failed to initialize cache",
            *(f"(os error {number})" for number in _REFUSED))  # fmt: skip
_UNKNOWN = ("(401 Unauthorized)", "403 Forbidden error")
_ANOTHER = "Report it to whoever runs the index, or pin another version."
# What uv says, what it means, and what to do.
_FAILURES: tuple[tuple[tuple[str, ...], type[JettisonError], str, str], ...] = (
    (_OFFLINE, NetworkError, "the cache holds no index metadata of the requirements",
     "Build once with the network at hand."),
    (_UNKNOWN, NetworkError, "the package index refuses its credentials, or has none",
     "Write user and password into the address of the index, or into ~/.netrc."),
    (("Hash mismatch",), IntegrityError, "the package index sends what its own hash does not fit",
     _ANOTHER),
    (("Received some unexpected", "Missing `Content-Type`", "The structure of `", "Metadata for `",
      "does not match given", "memory allocation of"),
     NetworkError, "the package index sends what cannot be used", _ANOTHER),
    (("no usable wheels", "building from source is disabled",
      "Building from source is disabled"),
     UnsupportedError, "a distribution has no fitting wheel", SOURCES),
    (_MACHINE, ProgramError, "uv, which resolves the requirements, does not work on this machine",
     "Check that the path is there, may be read and run by you, and has space left."),
    (("",), ProjectError, "the requirements cannot be resolved",
     "Correct the requirements; `uv pip compile` reports the same."),
)  # fmt: skip


def resolution_failure(text: str) -> JettisonError:
    """Return the error for what uv says when it could not resolve requirements."""
    lines = [line.strip().removeprefix("cause: ") for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(_UNTOLD)]
    why = "\n".join((told or lines)[:12])
    if is_silent(text) and not any(sign in text for sign in _OFFLINE):
        untrusted = _UNTRUSTED in text
        hint = distrusted(text) if untrusted else "Check the network, HTTPS_PROXY and NO_PROXY."
        return NetworkError("the package index did not answer", why=why, hint=hint)
    if found := without_threads(text):
        return found
    if not lines:
        return ProgramError(
            "uv, which resolves the requirements, ended without a word",
            why="something ended it, or it is damaged",
            hint="Run again with more memory free, or install Jettison again.",
        )
    rows = (row for row in _FAILURES if any(sign in text for sign in row[0]))
    _, kind, what, hint = next(rows)
    return kind(what, why=why, hint=hint)


_IMPORTED_FORMAT = "1"
_NAME = re.compile(rb"""["']([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?::[\w.]+)?["']""")


def imported_modules(
    pins: Sequence[Pin],
    wheels: Mapping[str, Path],
    scheme: Scheme,
    roots: Iterable[str],
    records: Records,
) -> frozenset[str]:
    """Return the paths of modules that are reached; remembered by the wheels and the roots.

    ``roots`` are dotted names that the application imports or names, and names of programs that
    start it, whose entry points count.
    """
    wanted = sorted(set(roots))
    parts = (_IMPORTED_FORMAT, repr(scheme), *wanted, "", *(pin.sha256 for pin in pins))
    words = ("imported modules", hashlib.sha256("\0".join(parts).encode()).hexdigest())

    def reached() -> frozenset[str]:
        with opened_wheels(pins, wheels, scheme) as opened:
            return frozenset(_reached(opened, scheme, wanted))

    return records.kept(frozenset[str], reached, *words)


def named_in(context: Mapping[str, ContextPath]) -> Iterator[str]:
    """Yield the dotted names that strings of the modules of a build context hold."""
    for path, each in context.items():
        if path.endswith(".py") and each.kind is Kind.FILE and each.size <= LARGEST:
            yield from _names(content_of(each))


def _names(source: bytes) -> Iterator[str]:
    for match in _NAME.finditer(source):
        yield match[1].decode()


def _reached(wheels: Sequence[Wheel], scheme: Scheme, roots: Sequence[str]) -> Iterator[str]:
    modules = dict(_modules(wheels, scheme))
    waiting = [*roots, *_started(wheels, frozenset(roots))]
    seen: set[str] = set()
    while waiting:
        for name in outwards(waiting.pop(), "."):
            if name in seen or name not in modules:
                continue
            seen.add(name)
            wheel, placed = modules[name]
            source = b"".join(wheel.chunks(placed))
            package = name.split(".")
            if not placed.path.endswith("/__init__.py"):
                package.pop()
            waiting += _named(source, package)
            yield placed.path


def _modules(wheels: Sequence[Wheel], scheme: Scheme) -> Iterator[tuple[str, tuple[Wheel, Placed]]]:
    inside = f"{scheme.packages}/"
    for wheel in wheels:
        for placed in wheel.files:
            if placed.path.endswith(".py") and placed.path.startswith(inside):
                path = placed.path.removeprefix(inside).removesuffix(".py")
                yield path.removesuffix("/__init__").replace("/", "."), (wheel, placed)


def _started(wheels: Sequence[Wheel], programs: frozenset[str]) -> Iterator[str]:
    """Yield the modules of the entry points among the programs."""
    for wheel in wheels:
        for point in wheel.entry_points:
            if point.group == "console_scripts" and point.name in programs:
                yield point.value.partition(":")[0].strip()


def _named(source: bytes, package: list[str]) -> Iterator[str]:
    for match in IMPORT.finditer(source):
        yield from imported(match, package)
    yield from _names(source)
