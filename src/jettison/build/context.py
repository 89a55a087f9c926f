"""The build context on disk: every path that the ignore file lets in."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from jettison.errors import ProjectError
from jettison.oci.entry import Kind
from jettison.project.dockerignore import IgnoreFile
from jettison.project.dockerignore.match import Pattern, Verdict, judge

if TYPE_CHECKING:
    from jettison.plan.plan import Plan

LOCK_FILE = "jettison.lock"


class ContextPath(Struct, frozen=True, kw_only=True):
    """A path of the context: a file with its bytes, a directory, or a link with its text.

    ``content`` holds the bytes of a file that a plan changed; others are read from ``place``.
    """

    kind: Kind
    executable: bool = False
    size: int = 0
    modified_ns: int = 0
    link: str = ""
    place: Path | None = None
    content: bytes | None = None


def read_context(
    root: Path,
    ignore: IgnoreFile | None,
    changed: Mapping[str, str],
    outputs: Container[str] = (),
) -> dict[str, ContextPath]:
    """List the context by path, sorted; ``changed`` are texts of files that differ from the disk.

    The Dockerfile and the ignore file are part of it unless the latter says otherwise, as in
    Docker. A lock at its top is not: it says how the image came to be. Devices, pipes and sockets
    are left out, and so are ``outputs``, absolute paths that the build itself writes. ProjectError
    when it cannot be read.
    """
    patterns = ignore.patterns if ignore else ()
    found: dict[str, ContextPath] = {}
    try:
        for path, entry, verdict in _walk(root, "", patterns, None, outputs):
            if path != LOCK_FILE and not verdict.ignored and (described := _described(entry)):
                found[path] = described
    except OSError as error:
        raise ProjectError(f"{error.filename} cannot be read", why=error.strerror or "") from error
    for path, text in changed.items():
        if ignore is None or not ignore.ignores(path):
            before = found.get(path)
            content = text.encode()
            found[path] = ContextPath(
                kind=Kind.FILE, executable=bool(before and before.executable),
                size=len(content), content=content,
            )  # fmt: skip
    return _with_parents(found)


def _walk(
    folder: Path,
    prefix: str,
    patterns: tuple[Pattern, ...],
    parent: Verdict | None,
    outputs: Container[str],
) -> Iterator[tuple[str, os.DirEntry[str], Verdict]]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if entry.path in outputs:
            continue
        path = prefix + entry.name
        verdict = judge(patterns, path, parent) if patterns else _KEPT
        yield path, entry, verdict
        if entry.is_dir(follow_symlinks=False) and (
            not verdict.ignored or any(one.exception for one in patterns)
        ):
            yield from _walk(Path(entry.path), f"{path}/", patterns, verdict, outputs)


_KEPT = Verdict(ignored=False, by=None, matched=())


def _described(entry: os.DirEntry[str]) -> ContextPath | None:
    if entry.is_symlink():
        return ContextPath(kind=Kind.SYMLINK, link=str(Path(entry.path).readlink()))
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        return ContextPath(kind=Kind.DIRECTORY)
    if not stat.S_ISREG(status.st_mode):
        return None
    return ContextPath(
        kind=Kind.FILE,
        executable=bool(status.st_mode & stat.S_IXUSR),
        size=status.st_size,
        modified_ns=status.st_mtime_ns,
        place=Path(entry.path),
    )


def _with_parents(found: dict[str, ContextPath]) -> dict[str, ContextPath]:
    """Add the directories of files that an exception of the ignore file brought back."""
    for path in list(found):
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found[parent] = ContextPath(kind=Kind.DIRECTORY)
            parent = parent.rpartition("/")[0]
    return dict(sorted(found.items()))


def content_of(found: ContextPath) -> bytes:
    """Return the bytes of a file of the context."""
    if found.content is not None:
        return found.content
    return found.place.read_bytes() if found.place else b""


def changed_texts(plan: Plan) -> dict[str, str]:
    """Return the texts that the plan changed of files of the build context, by paths in it."""
    context = plan.project.context
    prefix = f"{context}/" if context else ""
    return {
        change.path.removeprefix(prefix): change.after
        for change in plan.files
        if change.path.startswith(prefix)
    }
