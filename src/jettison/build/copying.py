"""Which paths a COPY lays where, by the rules of BuildKit."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from jettison.build.context import ContextPath
from jettison.build.not_understood import not_understood
from jettison.build.recipe import CopyStep
from jettison.errors import ProjectError
from jettison.oci.entry import Entry, Kind
from jettison.oci.stream import chunks_of
from jettison.oci.tar_writer import Member
from jettison.project.dockerignore.match import Pattern, judge, pattern

_WILD = re.compile(r"[*?\[]")
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
    several = len(sources) + len(step.documents) > 1 or any(map(_WILD.search, step.sources))
    into = step.destination.endswith("/") or several or is_directory(target)
    if step.parents:
        raise not_understood("COPY --parents", "its paths depend on a pivot", step.origin)
    excluded = tuple(pattern(text) for text in step.exclude)
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
    if not _WILD.search(name):
        if name not in context:
            raise _missing(source, step)
        return [name]
    meant = pattern(name)
    found = [path for path in context if meant.matches(path)]
    if not found:
        raise _missing(source, step)
    return found


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
        if path.startswith(prefix) and not _is_excluded(inner, excluded):
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


def _is_excluded(path: str, excluded: tuple[Pattern, ...]) -> bool:
    verdict = None
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        verdict = judge(excluded, "/".join(parts[:end]), verdict)
    return bool(verdict and verdict.ignored)


def _member(place: str, found: ContextPath) -> Member:
    usual = 0o755 if found.executable or found.kind is Kind.DIRECTORY else 0o644
    mode = 0o777 if found.kind is Kind.SYMLINK else usual
    entry = Entry(path=place, kind=found.kind, mode=mode, size=found.size, link=found.link)
    if found.content is not None:
        content = found.content
        return Member(entry=entry, content=lambda: (content,))
    if found.place is not None:
        return Member(entry=entry, content=partial(_read, found.place))
    return Member(entry=entry)


def _read(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        yield from chunks_of(file)
