"""Bytecode for the modules among the members of a layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import Protocol

from jettison.oci.entry import Kind
from jettison.oci.tar_writer import Member


class Compiles(Protocol):
    """What makes bytecode, anew or from what was kept."""

    def cached_path(self, path: str) -> str:
        """Return where the bytecode of a module is."""

    def compiled(self, modules: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield path and content for each module that compiles."""


def bytecode_members(compiler: Compiles, members: Iterable[Member]) -> tuple[Member, ...]:
    """Return the .pyc files of all modules among ``members``, and their directories.

    Owners and groups are those of the modules. Raises ProgramError when the compiler fails.
    """
    modules = {
        compiler.cached_path(member.entry.path): member
        for member in members
        if member.entry.kind is Kind.FILE and member.entry.path.endswith(".py")
    }
    sources = ((member.entry.path, b"".join(member.content())) for member in modules.values())
    made: dict[str, Member] = {}
    for path, content in compiler.compiled(sources):
        entry = modules[path].entry
        directory = posixpath.dirname(path)
        made.setdefault(directory, Member.directory(directory).owned(entry.uid, entry.gid))
        made[path] = Member.file(path, content).owned(entry.uid, entry.gid)
    return tuple(made[path] for path in sorted(made))
