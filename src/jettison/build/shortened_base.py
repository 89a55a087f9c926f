"""A composed base without the modules of its standard library that nothing reaches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from jettison.build.base import Base
from jettison.build.composed_base import ComposedBase
from jettison.build.context import ContextPath, content_of
from jettison.build.libraries import needed_libraries
from jettison.build.pin import Pin
from jettison.build.reached_library import (
    LibraryUse,
    reached_library,
)
from jettison.build.scheme import Scheme
from jettison.build.wheel import Placed, opened_wheels
from jettison.facts import Project
from jettison.lower.instructions import COMPILED_LIST
from jettison.oci.entry import Kind
from jettison.plan.plan import Plan
from jettison.records import Records
from jettison.removal.listing import HOOK, LIST, SCRIPT
from jettison.settings import Ask

_FORMAT = "2"
_LARGEST_PROGRAM = 1 << 20


class Staying(Struct, frozen=True, kw_only=True):
    """What stays on a base: distributions without ``removed`` paths, the context, and commands.

    ``kept`` are modules and packages of the standard library that the settings keep.
    """

    pins: Sequence[Pin]
    wheels: Mapping[str, Path]
    scheme: Scheme
    removed: frozenset[str]
    context: Mapping[str, ContextPath]
    texts: tuple[str, ...]
    kept: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, plan: Plan, pins: Sequence[Pin], wheels: Mapping[str, Path], *, scheme: Scheme,
        removed: frozenset[str], context: Mapping[str, ContextPath],
    ) -> Staying:  # fmt: skip
        """Return what stays when a plan is carried out."""
        return cls(
            pins=pins,
            wheels=wheels,
            scheme=scheme,
            removed=removed,
            context=context,
            texts=_commands_in(plan.project),
            kept=tuple(wish.text for wish in plan.wishes.of(Ask.KEEP)),
        )


def shortened_base(source: ComposedBase, staying: Staying, records: Records) -> Base:
    """Return the base without what nothing reaches; its choice is remembered.

    It depends on the base, the distributions and the source.
    """
    source = replace(source, libraries=needed_libraries(staying.pins, staying.wheels, records))
    words = ("reached library", _FORMAT, _identity(source, staying))
    known = records.get(tuple[frozenset[str], frozenset[str]], *words)
    if known is None:
        library = source.library_files()
        kept = reached_library(library_use(staying, library, source.wanted.loaded))
        known = kept, frozenset(library) - kept
        records.put(known, *words)
    kept, gone = known
    return replace(replace(source, library=kept).as_it_is(), gone=gone)


def library_use(
    staying: Staying, library: Mapping[str, bytes], loaded: frozenset[str]
) -> LibraryUse:
    """Gather everything on a base that may use its standard library."""
    modules: dict[str, bytes] = {}
    programs: dict[str, bytes] = {}
    inside = f"{staying.scheme.packages}/"
    for placed, content in _installed(staying):
        if placed.script and _is_python(content):
            programs[f"{placed.path}.py"] = content
        elif placed.path.startswith(inside) and placed.path.endswith((".py", ".so")):
            modules[placed.path.removeprefix(inside)] = content
        elif placed.path.startswith(inside) and placed.path.endswith(".pth"):
            lines = [line for line in content.splitlines() if line.startswith(b"import")]
            programs[f"{placed.path}.py"] = b"\n".join(lines)
    return LibraryUse(
        library=library,
        modules=modules,
        application={**programs, **dict(_sources(staying))},
        texts=staying.texts,
        kept=staying.kept,
        loaded=loaded & frozenset(library),
    )


def _installed(staying: Staying) -> Iterator[tuple[Placed, bytes]]:
    """Yield the files of distributions that are or may be Python, with their contents."""
    with opened_wheels(staying.pins, staying.wheels, staying.scheme) as opened:
        for wheel in opened:
            for placed in wheel.files:
                read = placed.script or placed.path.endswith((".py", ".so", ".pth"))
                if read and placed.path not in staying.removed:
                    yield placed, b"".join(wheel.chunks(placed))


def _sources(staying: Staying) -> Iterator[tuple[str, bytes]]:
    """Yield the modules of the context, and its programs in Python as modules."""
    for path, each in staying.context.items():
        if each.kind is not Kind.FILE:
            continue
        if path.endswith(".py"):
            yield path, content_of(each)
        elif each.executable and each.size <= _LARGEST_PROGRAM:
            content = content_of(each)
            if _is_python(content):
                yield f"{path}.py", content


def _is_python(content: bytes) -> bool:
    first = content.partition(b"\n")[0]
    return first.startswith(b"#!") and b"python" in first


def _identity(source: ComposedBase, staying: Staying) -> str:
    running = hashlib.sha256(source.choice.key.encode())
    parts = (
        *sorted(source.wanted.loaded),
        *(pin.sha256 for pin in staying.pins),
        *sorted(staying.removed),
        *staying.texts,
        *staying.kept,
    )
    running.update("\0".join(parts).encode())
    for path, content in _sources(staying):
        running.update(path.encode() + b"\0" + content)
    return running.hexdigest()


def _commands_in(project: Project) -> tuple[str, ...]:
    """Return the texts of a project that may run Python, without the lists of what leaves."""
    lists = {project.own(name) for name in (LIST, SCRIPT, HOOK, COMPILED_LIST)}
    return tuple(text for path, text in sorted(project.texts.items()) if path not in lists)
