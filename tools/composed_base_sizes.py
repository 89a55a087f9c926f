"""Write src/jettison/catalogue/composed_base_sizes.toml by composing every base.

Run from the root of the repository with the network at hand:
``python tools/composed_base_sizes.py``. It needs Linux on amd64 or arm64, to compile bytecode.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from jettison.builder.bytecode import Compiler, bytecode_members
from jettison.builder.bytecode_interpreters import composed_compiler, host_architecture
from jettison.builder.minimal_base.choice import chosen
from jettison.builder.minimal_base.compose import composed_base
from jettison.builder.minimal_base.unpacked import merged, unpacked
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.reader import table
from jettison.errors import JettisonError
from jettison.index.debian.archive import Archive
from jettison.plan.minimal_base import TRIPLETS, BaseRequest, group_of, groups

TARGET = Path(__file__).parent.parent / "src/jettison/catalogue/composed_base_sizes.toml"


def main() -> None:
    """Write the file."""
    TARGET.write_text("\n".join((*lines(Archive()), "")), encoding="utf-8")


def lines(archive: Archive) -> Iterator[str]:
    """Yield the lines of the file."""
    yield "# Written by tools/composed_base_sizes.py: uncompressed bytes of composed bases."
    yield "# kept: what single packages take, by name; documentation and the like not counted."
    yield "# files: of all files; bytecode: of the standard library's, compiled for all modules."
    yield f"date = {datetime.now(UTC).date()}"
    yield 'source = "composed from Debian\'s packages and measured"'
    for python in table(ComposedBase).python:
        request = BaseRequest(python=python, architecture=host_architecture())
        tree = composed_base(request, archive)
        yield f'\n[python."{python}"]\npackages = ['
        yield from (f'  "{package.name}",' for package in tree.packages)
        yield "]"
        compiler = composed_compiler(tree, archive.folder / "interpreters")
        if isinstance(compiler, Compiler):
            yield from sizes(archive, python, compiler)
        yield f'\n[python."{python}".kept]'
        yield from kept(archive, request)


def kept(archive: Archive, request: BaseRequest) -> Iterator[str]:
    """Yield the bytes that each package takes of a base, for the packages that are often asked for.

    With them come those that they bring.
    """
    index = archive.index(request.release, request.architecture)
    known = (name for name in table(ComposedBase).counted if name in index)
    choice = chosen(replace(request, packages=tuple(known), shell=True), archive)  # noqa: S604  # no process
    among = groups()
    for package in choice.packages:
        contents = unpacked(archive.deb(package), archive.folder / "unpacked")
        entries = (merged(member.entry) for member in contents.members)
        total = sum(
            entry.size
            for entry in entries
            if entry and not group_of(entry.path, package.name, among)
        )
        yield f'"{package.name}" = {total}'


def sizes(archive: Archive, python: str, compiler: Compiler) -> Iterator[str]:
    """Yield one line for each architecture that can be had."""
    for architecture in TRIPLETS:
        try:
            tree = composed_base(BaseRequest(python=python, architecture=architecture), archive)
        except JettisonError as error:
            sys.stderr.write(f"{python} {architecture}: {error}\n")
            continue
        made = sum(member.entry.size for member in bytecode_members(compiler, tree.members))
        yield f"{architecture} = {{ files = {tree.size}, bytecode = {made} }}"


if __name__ == "__main__":
    main()
