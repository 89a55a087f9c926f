"""The build context on disk, and which of its paths a COPY puts where, as BuildKit does."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Container, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from jettison.builder import CopyStep, not_understood
from jettison.errors import InputSyntaxError, ProjectError
from jettison.formats import WILD
from jettison.formats.dockerignore import IgnoreFile, Pattern, Verdict, judge, judged, pattern
from jettison.images.entry import Entry, Kind
from jettison.images.stream import chunks_of, is_swollen
from jettison.images.tar_writer import Member
from jettison.records import opened_below
from jettison.values import OWN_FOLDER, folders_above

if TYPE_CHECKING:
    from jettison.plan import Plan

LOCK_FILE = "jettison.lock"
# What a file takes up is counted in these, see stat(2).
_BLOCK = 512


class ContextPath(Struct, frozen=True, kw_only=True):
    """A path of the context: a file with its bytes, a directory, or a link with its text.

    ``content`` holds the bytes of a file that a plan changed; others are read from ``place``, which
    is below the folder ``root``.
    """

    kind: Kind
    executable: bool = False
    size: int = 0
    link: str = ""
    place: Path | None = None
    root: Path | None = None
    content: bytes | None = None


def read_context(
    root: Path, ignore: IgnoreFile | None, changed: Mapping[str, str], outputs: Container[str] = ()
) -> dict[str, ContextPath]:
    """List the context by path, sorted; ``changed`` are texts of files that differ from the disk.

    The Dockerfile and the ignore file are part of it unless the latter says otherwise, as in
    Docker. A lock at its top is not, nor the folder of what steps of the build read: they say how
    the image came to be. Devices, pipes and sockets
    are omitted, and so are ``outputs``, absolute paths that the build itself writes. ProjectError
    when it cannot be read.
    """
    patterns = ignore.patterns if ignore else ()
    found: dict[str, ContextPath] = {}
    taken = 0
    try:
        for path, entry, verdict in _walk(root, "", patterns, None, outputs):
            if path != LOCK_FILE and not verdict.ignored and (described := _described(entry, root)):
                found[path] = described
                taken += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
    except OSError as error:
        raise ProjectError(f"{error.filename} cannot be read", why=error.strerror or "") from error
    if is_swollen(sum(each.size for each in found.values()), taken):
        raise ProjectError(
            f"{max(found, key=lambda path: found[path].size)} has more holes than content",
            why="an image would have zeros in their place, and these would take hours",
            hint="Remove it, or add it to the .dockerignore.",
        )
    for path, text in changed.items():
        if ignore is None or not ignore.ignores(path):
            before = found.get(path)
            content = text.encode()
            found[path] = ContextPath(
                kind=Kind.FILE, executable=bool(before and before.executable),
                size=len(content), content=content,
            )  # fmt: skip
    own = {path: each for path, each in found.items() if OWN_FOLDER not in path.split("/")}
    return _with_parents(own)


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


def _described(entry: os.DirEntry[str], root: Path) -> ContextPath | None:
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
        place=Path(entry.path),
        root=root,
    )


def _with_parents(found: dict[str, ContextPath]) -> dict[str, ContextPath]:
    """Add the directories of files that an exception of the ignore file brought back."""
    for parent in folders_above(found):
        found.setdefault(parent, ContextPath(kind=Kind.DIRECTORY))
    return dict(sorted(found.items()))


def content_of(found: ContextPath) -> bytes:
    """Return the bytes of a file of the context."""
    return found.content if found.content is not None else b"".join(_read(found))


def changed_texts(plan: Plan) -> dict[str, str]:
    """Return the texts that the plan changed of files of the build context, by paths in it."""
    prefix = plan.project.prefix
    return {
        change.path.removeprefix(prefix): change.after
        for change in plan.files
        if change.path.startswith(prefix)
    }


_MOST_LINKS = 10


def copied(
    step: CopyStep, context: Mapping[str, ContextPath], is_directory: Callable[[str], bool]
) -> Iterator[tuple[str, Member]]:
    """Yield the paths of the image, without a leading slash, and what comes there.

    A directory's content is copied, not itself; a file keeps its name when the destination is a
    directory, ends with a slash, or takes several sources. ``is_directory`` tells what is there.
    ProjectError when a source is not in the context.
    """
    target = step.destination.strip("/")
    sources = [name for source in step.sources for name in _matching(source, context, step)]
    several = len(sources) + len(step.documents) > 1 or any(map(WILD.search, step.sources))
    into = step.destination.endswith("/") or several or is_directory(target)
    if step.parents:
        raise not_understood("COPY --parents", "its paths depend on a pivot", step.origin)
    excluded = tuple(_pattern(text, step) for text in step.exclude)
    for name in sources:
        yield from _source(name, context, target, into=into, excluded=excluded)
    for name, text in step.documents:
        place = posixpath.join(target, name) if into else target
        yield place, Member.file(place, text.encode())


def _matching(source: str, context: Mapping[str, ContextPath], step: CopyStep) -> list[str]:
    name = posixpath.normpath(source.lstrip("/") or ".")
    if name == ".":
        return ["."]
    if name.startswith(".."):
        raise _missing(source, step)
    if not WILD.search(name):
        if name not in context:
            raise _missing(source, step)
        return [name]
    meant = _pattern(name, step)
    found = [path for path in context if meant.matches(path)]
    if not found:
        raise _missing(source, step)
    return found


def _pattern(text: str, step: CopyStep) -> Pattern:
    try:
        return pattern(text)
    except ValueError as error:
        raise InputSyntaxError(
            "COPY has a pattern that is none",
            why=str(error),
            hint="Correct the pattern.",
            origin=step.origin,
        ) from error


def _missing(source: str, step: CopyStep) -> ProjectError:
    return ProjectError(
        f"COPY finds no {source}",
        why="it is not in the build context, or the .dockerignore keeps it out",
        hint="Correct the path, or the .dockerignore.",
        origin=step.origin,
    )


def _source(
    name: str, context: Mapping[str, ContextPath], target: str, *, into: bool,
    excluded: tuple[Pattern, ...],
) -> Iterator[tuple[str, Member]]:  # fmt: skip
    name = _followed(name, context)
    found = context.get(name)
    if name != "." and found is not None and found.kind is not Kind.DIRECTORY:
        place = posixpath.join(target, posixpath.basename(name)) if into else target
        yield place, _member(place, found)
        return
    if target:
        yield target, Member.directory(target)
    prefix = "" if name == "." else f"{name}/"
    for path, each in context.items():
        inner = path.removeprefix(prefix)
        if path.startswith(prefix) and not judged(excluded, inner).ignored:
            place = posixpath.join(target, inner)
            yield place, _member(place, each)


def _followed(name: str, context: Mapping[str, ContextPath]) -> str:
    """Follow a link that is itself the source, within the context."""
    for _ in range(_MOST_LINKS):
        found = context.get(name)
        if found is None or found.kind is not Kind.SYMLINK:
            break
        name = posixpath.normpath(posixpath.join(posixpath.dirname(name), found.link))
    return name


def _member(place: str, found: ContextPath) -> Member:
    usual = 0o755 if found.executable or found.kind is Kind.DIRECTORY else 0o644
    mode = 0o777 if found.kind is Kind.SYMLINK else usual
    entry = Entry(path=place, kind=found.kind, mode=mode, size=found.size, link=found.link)
    if found.content is not None:
        content = found.content
        return Member(entry=entry, content=lambda: (content,))
    if found.place is not None:
        return Member(entry=entry, content=partial(_read, found))
    return Member(entry=entry)


def _read(found: ContextPath) -> Iterator[bytes]:
    """Read a file of the context, and nothing that took its place since the context was listed."""
    if found.place is None or found.root is None:
        return
    try:
        file = opened_below(found.root, found.place)
    except OSError as error:
        raise ProjectError(
            f"{found.place} cannot be read any more",
            why=error.strerror or "",
            hint="Change nothing in the project while it is built.",
        ) from error
    with file:
        yield from chunks_of(file)
