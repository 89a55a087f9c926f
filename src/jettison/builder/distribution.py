"""The members that an installed wheel is made of."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

from msgspec import Struct, field

from jettison.builder import FIXED_TIME
from jettison.builder.bytecode import Compiler
from jettison.builder.libraries import Library, shortened
from jettison.builder.wheel import Placed, Scheme, Wheel, encoded, recorded_path
from jettison.errors import IntegrityError
from jettison.images.entry import Entry, Kind
from jettison.images.tar_writer import Member
from jettison.index import EntryPoint
from jettison.plan.removal.listing import links_in

_PROGRAM = """\
#!{interpreter}
import sys

from {module} import {imported}

if __name__ == "__main__":
    sys.exit({function}())
"""


def entry_scripts(points: Iterable[EntryPoint], interpreter: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the program of each console and window entry point."""
    for point in points:
        if point.group in {"console_scripts", "gui_scripts"}:
            module, _, function = point.value.partition(":")
            text = _PROGRAM.format(
                interpreter=interpreter,
                module=module.strip(),
                imported=function.strip().partition(".")[0],
                function=function.strip(),
            )
            yield point.name, text.encode()


def with_interpreter(content: bytes, interpreter: str) -> bytes:
    """Return a shipped script with ``#!python`` replaced, as installers must (PEP 427)."""
    for start, window in ((b"#!pythonw", True), (b"#!python", False)):
        if content.startswith(start):
            line, newline, rest = content.partition(b"\n")
            options = line.removeprefix(start) if not window else b""
            return b"#!" + interpreter.encode() + options.rstrip(b"\r") + newline + rest
    return content


def links_of(listed: str, scheme: Scheme) -> Mapping[str, str]:
    """Return each path of the image that the list links, with the path of the file it names."""

    def place(path: str) -> str:
        inside = scheme.prefix if path.startswith("/") else scheme.packages
        return f"{inside}/{path.lstrip('/')}"

    return {place(path): place(file) for path, file in links_in(listed).items()}


def with_links(
    members: Mapping[str, Member], digests: Mapping[str, str], links: Mapping[str, str]
) -> Iterator[Member]:
    """Yield the files of a distribution, those as hard links that are equal to what they name.

    ``digests`` are those of RECORD, by the path of the image; a file without one is no link.
    """
    for path, member in members.items():
        file = links.get(path, "")
        first = members.get(file)
        equal = first and digests.get(path) and digests[path] == digests.get(file)
        if first and equal and first.entry.mode == member.entry.mode and file not in links:
            yield member.linked_to(file)
        else:
            yield member


INSTALLER = b"jettison\n"


class Treatment(Struct, frozen=True, kw_only=True):
    """What is done to a distribution besides installing it.

    ``compiler`` makes its bytecode, None for none; ``compiled`` are the paths of modules that are
    compiled, None for all, and ``uncompiled`` tells of those which are not after all. ``removed``
    are paths of the image that are omitted. ``shortened`` tells which shared libraries lose what
    no loader reads. ``links`` gives paths that become hard links, with the equal files they name.
    """

    compiler: Compiler | None = None
    compiled: frozenset[str] | None = None
    uncompiled: Callable[[str], bool] = field(default=lambda _: False)
    removed: frozenset[str] = frozenset()
    shortened: Callable[[str], bool] = field(default=lambda _: False)
    links: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def installed_paths(wheel: Wheel) -> tuple[str, ...]:
    """Return the paths of all files that the wheel installs, without bytecode, sorted."""
    folder = f"{wheel.scheme.packages}/{wheel.information}"
    own = [f"{folder}/{name}" for name in ("RECORD", "INSTALLER")]
    points = wheel.entry_points
    made = [f"{wheel.scheme.scripts}/{name}" for name, _ in entry_scripts(points, "")]
    return tuple(sorted({*(file.path for file in wheel.files), *own, *made}))


def installed_members(
    wheel: Wheel, treatment: Treatment, libraries: Mapping[str, Library]
) -> list[Member]:
    """Return the files of an installed wheel, without directories, RECORD among them.

    ``libraries`` is what is known of its libraries. The wheel must stay open until the files are
    written. IntegrityError when a file is not what the wheel's RECORD says, here or then.
    """
    rows: list[tuple[str, str, str]] = []
    members: dict[str, Member] = {}
    digests: dict[str, str] = {}

    def put(member: Member, digest: str) -> None:
        path = member.entry.path
        if path in treatment.removed:
            return
        members[path] = member.dated(FIXED_TIME)
        digests[path] = digest
        rows.append((recorded_path(path, wheel.scheme), digest, str(member.entry.size)))

    for placed in wheel.files:
        put(*_file(wheel, placed, treatment, libraries.get(placed.source)))
    points = wheel.entry_points
    for name, content in entry_scripts(points, wheel.scheme.interpreter):
        path = f"{wheel.scheme.scripts}/{_program_name(name, wheel)}"
        put(Member.file(path, content, mode=0o755), _hash(content))
    folder = f"{wheel.scheme.packages}/{wheel.information}"
    put(Member.file(f"{folder}/INSTALLER", INSTALLER), _hash(INSTALLER))
    for path, content in _bytecode(wheel, treatment):
        put(Member.file(path, content), _hash(content))
    record = f"{folder}/RECORD"
    members[record] = Member.file(record, _record(rows, recorded_path(record, wheel.scheme))).dated(
        FIXED_TIME
    )
    return list(with_links(members, digests, treatment.links))


def _file(
    wheel: Wheel, placed: Placed, treatment: Treatment, library: Library | None
) -> tuple[Member, str]:
    mode = 0o755 if placed.executable else 0o644
    if placed.script:
        content = b"".join(wheel.chunks(placed))
        content = with_interpreter(content, wheel.scheme.interpreter)
        return Member.file(placed.path, content, mode=mode), _hash(content)
    short = library.short if library else None
    if short and treatment.shortened(placed.path):
        entry = Entry(path=placed.path, kind=Kind.FILE, mode=mode, size=short.size)

        def cut() -> Iterator[bytes]:
            return shortened(wheel.chunks(placed), short.size)

        return Member(entry=entry, content=cut), f"sha256={encoded(short.digest)}"
    entry = Entry(path=placed.path, kind=Kind.FILE, mode=mode, size=placed.size)
    digest = f"sha256={placed.digest}" if placed.digest else ""
    return Member(entry=entry, content=partial(wheel.chunks, placed)), digest


def _program_name(name: str, wheel: Wheel) -> str:
    if "/" in name or name in {"", ".", ".."}:
        raise IntegrityError(
            f"{wheel.name} is an invalid wheel", why=f"it has an entry point named {name!r}"
        )
    return name


def _bytecode(wheel: Wheel, treatment: Treatment) -> Iterator[tuple[str, bytes]]:
    if treatment.compiler is None:
        return
    modules = [
        placed for placed in wheel.files
        if placed.path.endswith(".py")
        and not placed.script
        and placed.path not in treatment.removed
        and placed.path.startswith(f"{wheel.scheme.packages}/")
        and (treatment.compiled is None or placed.path in treatment.compiled)
        and not treatment.uncompiled(placed.path)
    ]  # fmt: skip
    sources = ((placed.path, b"".join(wheel.chunks(placed))) for placed in modules)
    shipped = {placed.path for placed in wheel.files}
    for path, content in treatment.compiler.compiled(sources):
        if path not in shipped:
            yield path, content


def _hash(content: bytes) -> str:
    return f"sha256={encoded(hashlib.sha256(content).digest())}"


def _record(rows: list[tuple[str, str, str]], own: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(sorted(rows))
    writer.writerow((own, "", ""))
    return text.getvalue().encode()
