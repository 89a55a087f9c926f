"""Bytecode for the modules among the members of a layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from jettison.bytecode.compiler import Compiler
from jettison.oci.entry import Kind
from jettison.oci.tar_writer import Member


def bytecode_members(compiler: Compiler, members: Iterable[Member]) -> tuple[Member, ...]:
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
