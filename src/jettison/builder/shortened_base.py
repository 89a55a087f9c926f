"""What an image needs and where its base comes from; a base without what nothing reaches."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from jettison.builder import BaseWanted, Pin
from jettison.builder.base import Base, BaseSource
from jettison.builder.composed_base import ComposedBase
from jettison.builder.context import ContextPath, content_of
from jettison.builder.foundation import BuildOptions, Bytecode
from jettison.builder.image_base import ImageBase
from jettison.builder.libraries import needed_libraries
from jettison.builder.wheel import Placed, Scheme, opened_wheels
from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase as bases_ComposedBase
from jettison.contents import Installed, Trace, module_name
from jettison.contents.links import links_of
from jettison.contents.reach import reached
from jettison.contents.standard_reach import EXTENSIONS, LibrarySearch
from jettison.formats.compiled import Names
from jettison.formats.own_settings import Ask
from jettison.images.entry import Kind
from jettison.images.stores.blobs import SegmentCache
from jettison.index.debian import Archive
from jettison.lift import Project
from jettison.lower import COMPILED_LIST
from jettison.plan import Plan
from jettison.plan.removal.listing import HOOK, LIST, SCRIPT
from jettison.records import Records
from jettison.source.reading import LARGEST
from jettison.values import replace

# Most compilers end the names that code imports with a zero.
_WORD = re.compile(rb"(?<=\0)[A-Za-z_]\w*(?:\.\w+)*(?=\0)")
# What commands and texts of the project run: python -m json.tool, python -c "import json".
_RUN = re.compile(r"(?:-m|\bimport|\bfrom)[\s\"',]+([A-Za-z_]\w*(?:\.\w+)*)")


class LibraryUse(Struct, frozen=True, kw_only=True):
    """What may use the standard library.

    ``library`` are its files by their paths below it. ``modules`` are sources and extension modules
    of distributions by their paths below site-packages, ``application`` sources by any path,
    ``texts`` commands and settings. ``loaded`` are the files of the library that were loaded,
    ``kept`` names of modules and packages that stay whole.
    """

    library: Mapping[str, bytes]
    modules: Mapping[str, bytes]
    application: Mapping[str, bytes]
    texts: tuple[str, ...]
    loaded: frozenset[str]
    kept: tuple[str, ...] = ()


def reached_library(use: LibraryUse) -> frozenset[str]:
    """Return the files of the library that stay, by their paths below it."""
    names = {path: module_name(path.removeprefix(EXTENSIONS)) for path in use.library}
    facts = table(bases_ComposedBase).library
    foreign = {*facts.elsewhere} - {names[path] for path in use.loaded if path in names}
    staying = {path: name for path, name in names.items() if name not in foreign}
    places = {path.removeprefix(EXTENSIONS): path for path in staying}
    tables = facts.tables
    known = Names(name for name in staying.values() if name)
    sources = {
        inner: b"" if staying[path] in tables else _source(path, use.library[path], known)
        for inner, path in places.items()
    }
    beside = {path: _source(path, content, known) for path, content in use.modules.items()}
    installed = Installed(
        site="",
        library="",
        files={path: len(text) for path, text in (beside | sources).items()},
        owners={},
        entry_points=(),
        sources=beside | sources,
        words={},
        application={
            **{path: text for path, text in use.application.items() if path.endswith(".py")},
            "settings.py": repr(use.kept).encode(),
            "commands.py": _lines(found for text in use.texts for found in _RUN.findall(text)),
        },
    )
    roots = {path.removeprefix(EXTENSIONS) for path in use.loaded} | set(beside)
    roots |= {inner for inner, path in places.items() if staying[path] in facts.always}
    found = reached(
        installed,
        Trace(served=frozenset(f"/{path}" for path in roots)),
        search=LibrarySearch(
            installed,
            links_of,
            idle=frozenset(facts.interactive),
            others=frozenset(module_name(path) for path in beside),
        ),
    )
    return frozenset(path for path, name in staying.items() if not name or name in found.modules)


def _source(path: str, content: bytes, known: Names) -> bytes:
    """Return a source as it is; of compiled code, the names of the library as imports."""
    if path.endswith(".py"):
        return content
    words = {match[0].decode("ascii") for match in _WORD.finditer(content)}
    return _lines(sorted(known.modules & (words | known.glued(content))))


def _lines(names: Iterable[str]) -> bytes:
    return "".join(_import_lines(names)).encode()


def _import_lines(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if all(part.isidentifier() for part in name.split(".")):
            yield f"import {name}\n"


_FORMAT = "3"
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
            kept=tuple(override.text for override in plan.overrides.of(Ask.KEEP)),
        )


def shortened_base(source: ComposedBase, staying: Staying, records: Records) -> Base:
    """Return the base without what nothing reaches; its choice is remembered.

    It depends on the base, the distributions and the source.
    """
    source = replace(source, libraries=needed_libraries(staying.pins, staying.wheels, records))
    words = ("reached library", _FORMAT, _identity(source, staying))

    def chosen() -> tuple[frozenset[str], frozenset[str]]:
        library = source.library_files()
        kept = reached_library(library_use(staying, library, source.wanted.loaded))
        return kept, frozenset(library) - kept

    kept, gone = records.kept(tuple[frozenset[str], frozenset[str]], chosen, *words)
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
        if path.endswith(".py") and each.size <= LARGEST:
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


class BuildNeeds(Struct, frozen=True, kw_only=True):
    """A base, the libraries that distributions want of it, and the distributions.

    ``marks`` has a text for each distribution; equal texts stand for equal files in the image.
    ``family`` is the Python and the place of the environment.
    """

    wanted: BaseWanted
    libraries: frozenset[str] = frozenset()
    pins: tuple[Pin, ...] = ()
    marks: tuple[str, ...] = ()
    family: str = ""

    @classmethod
    def of(
        cls, wanted: BaseWanted, pins: Sequence[Pin], scheme: Scheme, how: str, *,
        libraries: frozenset[str] = frozenset(),
        gone: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> BuildNeeds:  # fmt: skip
        """Return them; ``how`` is what all are treated by, ``gone`` what leaves of which."""
        return cls(
            wanted=wanted,
            libraries=libraries,
            pins=tuple(pins),
            marks=tuple(
                hashlib.sha256("\0".join(parts).encode()).hexdigest()
                for pin in pins
                for parts in [(pin.sha256, repr(scheme), how, *sorted(gone.get(pin.name, ())))]
            ),
            family=f"{scheme.python} /{scheme.prefix}",
        )


def base_source(
    wanted: BaseWanted,
    options: BuildOptions,
    archive: Archive,
    cache: SegmentCache,
    folder: Path,
    *,
    locked: str,
) -> BaseSource:
    """Return where the base comes from; ``locked`` is the digest that an image must have."""
    interpreters = folder / "interpreters"
    bytecode = options.bytecode is not Bytecode.NONE
    if wanted.kind == "image":
        return ImageBase(
            wanted=wanted,
            platform=options.platform,
            cache=cache,
            interpreters=interpreters,
            bytecode=bytecode,
            locked=locked,
        )
    return ComposedBase(
        wanted=wanted,
        platform=options.platform,
        archive=archive,
        cache=cache,
        interpreters=interpreters,
        bytecode=bytecode,
        core_apart=options.shared is not None,
    )
