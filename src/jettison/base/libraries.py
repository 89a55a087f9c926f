"""Shared libraries of a tree: what each file needs, and whether it is there."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.elf.facts import ElfFacts

_ORIGIN = ("$ORIGIN", "${ORIGIN}")


def search_directories(triplet: str) -> tuple[str, ...]:
    """Return where the loader looks, in its order, as Debian configures it."""
    return ("usr/local/lib", f"usr/local/lib/{triplet}", f"usr/lib/{triplet}", "usr/lib")


class Missing(Struct, frozen=True, kw_only=True):
    """A library that a file needs and the tree does not have.

    ``required`` is False for a plugin: a library outside the loader's directories, which something
    may load or not.
    """

    file: str
    library: str
    required: bool


def needed_names(facts: Iterable[ElfFacts]) -> frozenset[str]:
    """Return the names of all libraries that the files need."""
    return frozenset(name for each in facts for name in each.needed)


def missing_libraries(
    facts: Mapping[str, ElfFacts], paths: Collection[str], triplet: str
) -> Iterator[Missing]:
    """Yield what the loader would not find, in order of the files.

    ``facts`` are the ELF files by path, ``paths`` all files and links of the tree.
    """
    usual = search_directories(triplet)
    for path, each in sorted(facts.items()):
        own = tuple(_directory(text, path) for text in (*each.rpath, *each.runpath))
        for name in each.needed:
            places = (*own, *usual)
            if not any(f"{place}/{name}" in paths for place in places if place):
                required = posixpath.dirname(path) in {*usual, "usr/bin", "usr/sbin"}
                yield Missing(file=path, library=name, required=required)


def _directory(text: str, path: str) -> str:
    """Return the directory of a search path without a leading ``/``."""
    for origin in _ORIGIN:
        text = text.replace(origin, f"/{posixpath.dirname(path)}")
    return posixpath.normpath(text).lstrip("/")
