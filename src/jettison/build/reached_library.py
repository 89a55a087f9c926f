"""Which files of the standard library the application and its distributions reach.

Roots are the modules that were loaded while the application was watched; from them, from the
distributions that stay and from the application everything is followed that could be imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.catalogue.reader import table
from jettison.installed.environment import Installed, module_name
from jettison.installed.links import links_of
from jettison.installed.reach import reached
from jettison.installed.standard_reach import LibrarySearch, has_better
from jettison.trace.values import Trace

_EXTENSIONS = "lib-dynload/"
# Compiled code ends the names that it imports with a zero.
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
    names = {path: module_name(path.removeprefix(_EXTENSIONS)) for path in use.library}
    facts = table("composed_base")["library"]
    foreign = {*facts["elsewhere"]} - {names[path] for path in use.loaded if path in names}
    staying = {path: name for path, name in names.items() if name not in foreign}
    places = {path.removeprefix(_EXTENSIONS): path for path in staying}
    known = frozenset(staying.values()) - {""}
    tables = facts["tables"]
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
    roots = {path.removeprefix(_EXTENSIONS) for path in use.loaded} | set(beside)
    roots |= {inner for inner, path in places.items() if staying[path] in facts["always"]}
    found = reached(
        installed,
        Trace(served=frozenset(f"/{path}" for path in roots)),
        search=LibrarySearch(
            installed,
            links_of,
            idle=frozenset(facts["interactive"]),
            others=frozenset(module_name(path) for path in beside),
        ),
    )
    loaded = {names[path] for path in use.loaded if path in names}
    return frozenset(
        path
        for path, name in staying.items()
        if not name or (name in found.modules and (name in loaded or not has_better(name, known)))
    )


def _source(path: str, content: bytes, known: frozenset[str]) -> bytes:
    """Return a source as it is; of compiled code, the names of the library as imports."""
    return content if path.endswith(".py") else _importing(content, known)


def _importing(content: bytes, known: frozenset[str]) -> bytes:
    words = {match[0].decode("ascii") for match in _WORD.finditer(content)}
    return _lines(sorted(words & known))


def _lines(names: Iterable[str]) -> bytes:
    return "".join(_import_lines(names)).encode()


def _import_lines(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if all(part.isidentifier() for part in name.split(".")):
            yield f"import {name}\n"
