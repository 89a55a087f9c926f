"""The layer of what the project itself brings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jettison.build.scheme import FIXED_TIME
from jettison.bytecode.members import Compiles, bytecode_members
from jettison.oci.entry import Kind
from jettison.oci.layer import Layer
from jettison.oci.tar_writer import Member
from jettison.stores.segments import SegmentCache


def application_layer(
    members: Iterable[Member],
    time: int,
    cache: SegmentCache,
    *,
    compiler: Compiles | None,
    uncompiled: str,
) -> Layer | None:
    """Pack files and their bytecode; None when there is nothing.

    Files carry ``time``: web frameworks tell browsers by it whether a file changed. Directories
    carry a fixed one. ``uncompiled`` is a regular expression that is looked for in the path of a
    module, as compileall does.
    """
    found = list(members)
    if compiler is not None:
        leave_out = re.compile(uncompiled) if uncompiled else None
        modules = [m for m in found if not (leave_out and leave_out.search(f"/{m.entry.path}"))]
        there = {member.entry.path for member in found}
        found += [m for m in bytecode_members(compiler, modules) if m.entry.path not in there]
    if not found:
        return None
    dated = [m.dated(FIXED_TIME if m.entry.kind is Kind.DIRECTORY else time) for m in found]
    return cache.layer([cache.pack(dated)])
