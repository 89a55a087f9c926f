"""Write src/jettison/catalogue/composed_base_sizes.json by composing every base.

Run from the root of the repository with the network at hand:
``python tools/composed_base_sizes.py``. It needs Linux on amd64 or arm64, to compile bytecode.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import json
from msgspec.structs import replace

from jettison.builder.bytecode import Compiler, bytecode_members
from jettison.builder.bytecode_interpreters import composed_compiler, host_architecture
from jettison.builder.minimal_base import chosen, composed_base
from jettison.builder.minimal_packages import merged, unpacked
from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase, ComposedBaseSizes, ComposedSizes, Measured
from jettison.errors import JettisonError
from jettison.index.debian import Archive
from jettison.plan.minimal_base import TRIPLETS, BaseRequest, group_of, groups

TARGET = Path(__file__).parent.parent / "src/jettison/catalogue/composed_base_sizes.json"


def main() -> None:
    """Write the file: bytes of all files of each base and of its byte code, and of packages."""
    archive = Archive()
    found = ComposedBaseSizes(
        date=datetime.now(UTC).date(),
        source="composed from Debian's packages and measured",
        python={python: measured(archive, python) for python in table(ComposedBase).python},
    )
    TARGET.write_bytes(json.format(json.encode(found), indent=1) + b"\n")


def measured(archive: Archive, python: str) -> ComposedSizes:
    """Compose a base for each architecture that can be had, and measure it."""
    request = BaseRequest(python=python, architecture=host_architecture())
    tree = composed_base(request, archive)
    compiler = composed_compiler(tree, archive.folder / "interpreters")
    known = by_architecture(archive, python, compiler) if isinstance(compiler, Compiler) else ()
    sizes = dict(known)
    return ComposedSizes(
        packages=tuple(package.name for package in tree.packages),
        kept=dict(kept(archive, request)),
        amd64=sizes.get("amd64"),
        arm64=sizes.get("arm64"),
    )


def kept(archive: Archive, request: BaseRequest) -> Iterator[tuple[str, int]]:
    """Yield the bytes that each package takes of a base, for the packages that are often asked for.

    With them come those that they bring; documentation and the like does not count.
    """
    index = archive.index(request.release, request.architecture)
    known = (name for name in table(ComposedBase).counted if name in index)
    choice = chosen(replace(request, packages=tuple(known), shell=True), archive)  # noqa: S604  # no process
    among = groups()
    for package in choice.packages:
        contents = unpacked(archive.deb(package), archive.folder / "unpacked")
        entries = (merged(member.entry) for member in contents.members)
        yield (
            package.name,
            sum(
                entry.size
                for entry in entries
                if entry and not group_of(entry.path, package.name, among)
            ),
        )


def by_architecture(
    archive: Archive, python: str, compiler: Compiler
) -> Iterator[tuple[str, Measured]]:
    """Yield what a base weighs on each architecture that can be had."""
    for architecture in TRIPLETS:
        try:
            tree = composed_base(BaseRequest(python=python, architecture=architecture), archive)
        except JettisonError as error:
            sys.stderr.write(f"{python} {architecture}: {error}\n")
            continue
        made = sum(member.entry.size for member in bytecode_members(compiler, tree.members))
        yield architecture, Measured(files=tree.size, bytecode=made)


if __name__ == "__main__":
    main()
