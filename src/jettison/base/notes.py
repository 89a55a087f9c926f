"""What may not work in a composed base as it does after a real installation, and why."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from jettison.base.libraries import Missing
from jettison.base.request import BaseChoice
from jettison.base.selection import Selection
from jettison.base.unpacked import Unpacked
from jettison.catalogue.reader import table
from jettison.oci.entry import Kind
from jettison.oci.tar_writer import Member
from jettison.values import Skipped

_LONGEST_SHEBANG = 256


def notes_of(
    choice: BaseChoice,
    packages: dict[str, Unpacked],
    selection: Selection,
    missing: Iterable[Missing],
) -> Iterator[Skipped]:
    """Yield libraries without a package, packages whose scripts matter, scripts without a shell.

    ``missing`` are libraries that plugins need and the tree does not have.
    """
    for name in choice.unknown:
        yield Skipped(what=f"the library {name}", reason="no package is known for it")
    for name, reason in table("composed_base")["needs_scripts"].items():
        if name in packages:
            yield Skipped(what=f"the installation scripts of {name}", reason=reason)
    for each in missing:
        yield Skipped(what=f"the plugin /{each.file}", reason=f"the base has no {each.library}")
    for path, member in sorted(selection.members.items()):
        interpreter = _interpreter(path, member)
        if interpreter and not _is_there(interpreter, selection):
            reason = f"the base has no /{interpreter}"
            yield Skipped(what=f"the script /{path}", reason=reason)


def _interpreter(path: str, member: Member) -> str:
    """Return the program that a script in a directory of programs names, or nothing."""
    directory = posixpath.dirname(path)
    if member.entry.kind is not Kind.FILE or directory not in {"usr/bin", "usr/sbin"}:
        return ""
    head = next(iter(member.content()), b"")[:_LONGEST_SHEBANG]
    words = head.partition(b"\n")[0][2:].split()
    return words[0].decode("utf-8", "replace").lstrip("/") if head[:2] == b"#!" and words else ""


def _is_there(path: str, selection: Selection) -> bool:
    return path in selection.members or f"usr/{path}" in selection.members
