"""What of a project the plan depends on, as one digest.

A plan reads the texts that describe the project, the names of its files, and of Python source only
the facts: imports, calls, strings that name modules. So a changed line that changes no fact leaves
the state as it was, and what was planned for that state holds.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jettison.records import GRAIN_NS, Records, open_regular, regular_bytes
from jettison.values import UNREAD_FOLDERS, replace

# As large as a text that describes a project may be.
_LARGEST_TEXT = 2 << 20
_PART = 1 << 20
# Kind, digest, size and time of modification.
_Entry = tuple[str, str, int | None, int | None]


def state_of(
    root: Path, records: Records, now_ns: int, outputs: Container[str] = (), *, exact: bool = False
) -> str:
    """Return the digest; files whose size and time are as they were are not read again.

    ``now_ns`` is the present in nanoseconds since 1970. ``outputs``, absolute paths that the build
    itself writes, do not count. With ``exact``, the content of all files counts.
    """
    words = ("state of files", _package_state(), str(root.resolve()), str(exact))
    kept = records.get(dict[str, _Entry], *words) or {}
    found: dict[str, _Entry] = {}
    for path, entry in _walk(root, "", outputs):
        found[path] = _entry(root, path, entry, kept.get(path), exact=exact)
    lines = sorted("\0".join((path, *entry[:2])) for path, entry in found.items())
    fresh = {
        path: entry for path, entry in found.items()
        if entry[3] is None or now_ns - entry[3] > GRAIN_NS
    }  # fmt: skip
    if fresh != kept:
        records.put(fresh, *words)
    return hashlib.sha256("\n".join((_package_state(), root.name, *lines)).encode(
        "utf-8", "surrogateescape"
    )).hexdigest()  # fmt: skip


def _walk(
    folder: Path, prefix: str, outputs: Container[str] = ()
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        listed = [entry for entry in entries if entry.path not in outputs]
    for entry in listed:
        yield prefix + entry.name, entry
        if entry.is_dir(follow_symlinks=False) and entry.name not in UNREAD_FOLDERS:
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", outputs)


def _entry(
    root: Path, path: str, entry: os.DirEntry[str], kept: _Entry | None, *, exact: bool
) -> _Entry:
    if entry.is_symlink():
        return "link", str(Path(entry.path).readlink()), None, None
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode):
        return "folder", "", None, None
    kind = "program" if status.st_mode & stat.S_IXUSR else "file"
    same = kept and kept[0] == kind and kept[2:] == (status.st_size, status.st_mtime_ns)
    digest = (
        kept[1]
        if kept and same
        else _digest(root, path, status.st_size, executable=kind == "program", exact=exact)
    )
    return kind, digest, status.st_size, status.st_mtime_ns


def _digest(root: Path, path: str, size: int, *, executable: bool, exact: bool) -> str:
    """Return what a plan would see of a file; nothing for one that is known by its name alone."""
    if exact:
        with open_regular(root / path) as file:
            running = hashlib.sha256()
            while part := file.read(_PART):
                running.update(part)
            return running.hexdigest()
    # Late: most files are as they were.
    from jettison.source import is_read, may_be_crontab  # noqa: PLC0415
    from jettison.source.reading import LARGEST  # noqa: PLC0415
    from jettison.tasks.loading.project import is_known_name  # noqa: PLC0415

    if size > LARGEST:  # too large to be read
        return ""
    text = (size <= _LARGEST_TEXT and is_known_name(path)) or may_be_crontab(path, size)
    if text or path.endswith(".ipynb") or is_read(path, size=size, executable=executable):
        return hashlib.sha256(regular_bytes(root / path, LARGEST)).hexdigest()
    content = regular_bytes(root / path, LARGEST) if path.endswith(".py") else b""
    return _facts_digest(path, content) if path.endswith(".py") else ""


def _facts_digest(path: str, content: bytes) -> str:
    """Hash what a plan learns from a module, without the places where it is."""
    from jettison.source.parse import parse  # noqa: PLC0415

    found = parse(path, content)
    groups = (found.imports, found.texts, found.calls, found.references, found.environment,
              found.switches)  # fmt: skip
    facts = [sorted({repr(replace(fact, line=0)) for fact in group}) for group in groups]
    return hashlib.sha256(repr((facts, found.skipped)).encode("utf-8", "surrogatepass")).hexdigest()


# What else decides what is planned, resolved and fetched.
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "HOME")


def key_of(
    root: Path, asked: str, records: Records, outputs: Container[str] = (), *, exact: bool = False
) -> str:
    """Return the key of what is made of a project; ``asked`` is all that the user asks for.

    It changes with the day, as package indexes and archives do, and not with what is in
    ``outputs``, which is written meanwhile. ``exact`` is as for :func:`state_of`. It is empty for
    a project that cannot be read: planning says what of it is unreadable.
    """
    try:
        state = state_of(root, records, time.time_ns(), outputs, exact=exact)
    except OSError:
        return ""
    day = datetime.now(UTC).date().isoformat()
    variables = [f"{name}={os.environ.get(name, '')}" for name in _VARIABLES]
    variables += sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith("JETTISON_"))
    parts = "\0".join((state, day, asked, *variables))
    return hashlib.sha256(parts.encode()).hexdigest()


@cache
def _package_state() -> str:
    """Name the state of Jettison itself: another version may plan otherwise."""
    return stamp(Path(__file__).parents[1])


def stamp(folder: Path) -> str:
    """Return a digest of names, sizes and times of the files below a folder.

    Folders do not count: theirs change when Python keeps bytecode in them.
    """
    running = hashlib.sha256()
    for path, entry in sorted(_walk(folder, ""), key=lambda each: each[0]):
        if entry.is_dir(follow_symlinks=False):
            continue
        status = entry.stat(follow_symlinks=False)
        running.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return running.hexdigest()
