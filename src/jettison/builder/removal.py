"""Which files of the environment leave it, by the list that a plan writes.

The list means what ``jettison.plan.removal.remove_files`` says, which applies it in a Dockerfile;
here it is applied to wheels that are not unpacked.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct, field

from jettison.builder import Pin
from jettison.builder.bytecode import Compiler
from jettison.builder.distribution import links_of
from jettison.builder.libraries import Library, wheel_libraries
from jettison.builder.wheel import Placed, Scheme, Wheel, opened_wheels
from jettison.catalogue import removal_hook
from jettison.images.tar_writer import Member
from jettison.plan.removal import Matcher, jettison_removed
from jettison.plan.removal.listing import NOT_COUNTING, WORDS, paths_in, sections_in, takes_modules
from jettison.plan.removal.remove_files import (
    Together,
    lines_together,
    module,
    removable,
    uses_of_libraries,
    uses_of_sources,
)
from jettison.records import Records
from jettison.values import Skipped

_FORMAT = "4"
_LIBRARY = "\n# unreached-modules: modules of the standard library that nothing reaches"
BYTECODE = "__pycache__/"
_Group = Together[str]


class Removal(Struct, frozen=True, kw_only=True):
    """Paths of the image that are omitted, what shortens libraries, and what was kept after all.

    ``shortened`` tells by the path of the image whether the list names a library's sections, and
    ``uncompiled`` whether it names the byte code of a module. ``links`` gives the paths that become
    other names of equal files.
    """

    paths: frozenset[str] = frozenset()
    shortened: Callable[[str], bool] = field(default=lambda _: False)
    uncompiled: Callable[[str], bool] = field(default=lambda _: False)
    sections: str = ""
    bytecode: str = ""
    links: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    kept: tuple[Skipped, ...] = ()


def removal_of(
    pins: Sequence[Pin], wheels: Mapping[str, Path], scheme: Scheme, listed: str, records: Records
) -> Removal:
    """Decide removed packages; remembered by the wheels and the list.

    A group stays when a module that stays imports one of its modules and must, or a library that
    stays names one of its libraries.
    """
    parts = (_FORMAT, repr(scheme), listed, *(pin.sha256 for pin in pins))
    words = ("removal", hashlib.sha256("\0".join(parts).encode()).hexdigest())

    def decided() -> tuple[frozenset[str], dict[str, str]]:
        with opened_wheels(pins, wheels, scheme) as opened:
            libraries = _libraries(pins, wheels, opened, records)
            return _decided(opened, scheme, listed, libraries)

    gone, kept = records.kept(tuple[frozenset[str], dict[str, str]], decided, *words)
    sections = sections_in(listed)
    bytecode = tuple(line for line in paths_in(listed) if BYTECODE in line)
    named = _matching(bytecode, scheme)
    return Removal(
        paths=gone,
        shortened=_matching(sections, scheme),
        uncompiled=lambda path: named(bytecode_of(path, scheme)),
        sections=" ".join(sections),
        bytecode=" ".join(bytecode),
        links=links_of(listed, scheme),
        kept=tuple(
            Skipped(what=f"removing {what}", reason=why) for what, why in sorted(kept.items())
        ),
    )


def _libraries(
    pins: Sequence[Pin], wheels: Mapping[str, Path], opened: Sequence[Wheel], records: Records
) -> dict[str, Library]:
    """Return what is known of the libraries, by the path of the image."""
    found: dict[str, Library] = {}
    for pin, wheel in zip(pins, opened, strict=True):
        known = wheel_libraries(pin, wheels[pin.name], records)
        found |= {each.path: known[each.source] for each in wheel.files if each.source in known}
    return found


def bytecode_of(path: str, scheme: Scheme) -> str:
    """Give where the byte code of a module lies."""
    folder, name = posixpath.split(path.removesuffix(".py"))
    return f"{folder}/{BYTECODE}{name}.cpython-{scheme.python.replace('.', '')}.pyc"


def explanation(
    removal: Removal, listed: str, scheme: Scheme, compiler: Compiler | None,
    library: Iterable[str] = (),
) -> Iterator[Member]:  # fmt: skip
    """Yield what a Dockerfile gets from ``jettison_removed.py``: the manifest, and itself.

    ``library`` are the modules of the standard library that left, by their paths below it.
    """
    gone = sorted(path.removeprefix("lib-dynload/") for path in library)
    if not takes_modules(listed) and not gone:
        return
    paths = (path for path in removal.paths if not path.endswith(".pyc"))
    files = sorted([*(posixpath.relpath(path, scheme.packages) for path in paths), *gone])
    listed += "".join(f"{line}\n" for line in (_LIBRARY, *gone)) if gone else ""
    yield Member.file(jettison_removed.MANIFEST, jettison_removed.manifest(listed, files))
    own = f"{scheme.packages}/{jettison_removed.NAME}"
    source = jettison_removed.installed(removal_hook(), files).encode()
    yield Member.file(f"{own}.py", source)
    yield Member.file(f"{own}.pth", jettison_removed.LINE.encode())
    if compiler:
        for path, content in compiler.compiled([(f"{own}.py", source)]):
            yield Member.file(path, content)


def _decided(
    wheels: Sequence[Wheel], scheme: Scheme, listed: str, libraries: Mapping[str, Library]
) -> tuple[frozenset[str], dict[str, str]]:
    files = {placed.path: (wheel, placed) for wheel in wheels for placed in wheel.files}
    inside = f"{scheme.packages}/"

    def uses(groups: Sequence[_Group], gone: set[str]) -> Iterator[tuple[_Group, str, str]]:
        stay = [(path, *each) for path, each in files.items() if path not in gone]
        yield from uses_of_sources(groups, (
            (path, path.removeprefix(inside), partial(_content, wheel, placed))
            for path, wheel, placed in stay if _is_module(path, scheme)
        ))  # fmt: skip
        yield from uses_of_libraries(groups, (
            (path, libraries[path].names)
            for path, _, _ in stay if ".so" in path.rpartition("/")[2] and path in libraries
        ))  # fmt: skip

    gone, kept = removable(_groups(listed, tuple(files), scheme), uses)
    return frozenset(gone), {
        what: f"{files[user][1].recorded} needs it" for what, user in kept.items()
    }


def _content(wheel: Wheel, placed: Placed) -> bytes:
    return b"".join(wheel.chunks(placed))


def _groups(listed: str, files: Sequence[str], scheme: Scheme) -> list[_Group]:
    """The groups of a list with the files that each of them means."""
    parts = list(lines_together(listed))
    lines = [(line, index) for index, part in enumerate(parts) for line in part]
    owner = _marked([(line, index) for line, index in lines if not line.startswith(WORDS)], scheme)
    found: list[set[str]] = [set() for _ in parts]
    for path in files:
        index = owner(path)
        if index is not None:
            found[index].add(path)
    return [_group(part, found[index], files, scheme) for index, part in enumerate(parts)]


def _group(lines: Sequence[str], own: set[str], files: Sequence[str], scheme: Scheme) -> _Group:
    mark = NOT_COUNTING.strip()
    beside = [line.removeprefix(mark).strip() for line in lines if line.startswith(mark)]
    not_counting = _matching(beside, scheme)
    inside = f"{scheme.packages}/"
    return Together(
        files=own,
        not_counting=(path for path in files if beside and not_counting(path)),
        modules=(module(path.removeprefix(inside)) for path in own if _is_module(path, scheme)),
    )


def _matching(lines: Sequence[str], scheme: Scheme) -> Callable[[str], bool]:
    """Return what tells whether lines of the list mean a path of the image."""
    mark = _marked([(line, 0) for line in lines], scheme)
    return lambda path: mark(path) is not None


def _marked(lines: Sequence[tuple[str, int]], scheme: Scheme) -> Callable[[str], int | None]:
    """Return what gives the number of the first line that means a path of the image."""
    matcher = Matcher.of(lines)
    inside, prefix = f"{scheme.packages}/", f"{scheme.prefix}/"

    def mark(path: str) -> int | None:
        found = None
        if path.startswith(inside):
            found = matcher.find(path.removeprefix(inside))
        if found is None and path.startswith(prefix):
            found = matcher.find(f"/{path.removeprefix(prefix)}")
        return found[1] if found else None

    return mark


def _is_module(path: str, scheme: Scheme) -> bool:
    return path.endswith(".py") and path.startswith(f"{scheme.packages}/")
