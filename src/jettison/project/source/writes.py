"""Files and folders that the source writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from jettison.catalogue.reader import table
from jettison.project.source.facts import Call, Literal, ModuleFacts
from jettison.project.source.literals import HOLE
from jettison.values import Origin

_WRITING_MODES = frozenset("wax+")


class FileWrite(Struct, frozen=True, kw_only=True):
    """A call that writes.

    ``path`` is what is written down of it, empty when it is computed from its beginning; computed
    parts behind it are ``{}``. ``folder`` says that a folder is made.
    """

    path: str
    folder: bool
    callee: str
    origin: Origin


def files_written(modules: Iterable[ModuleFacts]) -> tuple[FileWrite, ...]:
    """Every call of the files that writes a file or makes a folder, in file order."""
    writes = table("calls")["writes"]
    readers = {
        **dict.fromkeys(writes["opened"], _opened),
        **dict.fromkeys(writes["files"], _first),
        **dict.fromkeys(writes["folders"], _folder),
        **dict.fromkeys(writes["targets"], _second),
        **dict.fromkeys(writes["downloads"], _downloaded),
    }
    methods = frozenset(writes["methods"])
    savers = frozenset(writes["savers"])
    found: list[FileWrite] = []
    for module in modules:
        for call in module.calls:
            read = readers.get(call.callee)
            name = call.callee.rpartition(".")[2]
            if read is not None:
                found.extend(read(call))
            elif name in methods or (name in savers and _takes_a_path(call)):
                found.append(_write(call, None))
    return tuple(found)


def _opened(call: Call) -> Iterator[FileWrite]:
    mode = call.arguments[1] if len(call.arguments) > 1 else call.keyword("mode")
    if isinstance(mode, str) and not _WRITING_MODES & set(mode):
        return
    if mode is None and len(call.arguments) < 2 and not _has_keyword(call, "mode"):  # noqa: PLR2004
        return
    yield _write(call, call.arguments[0] if call.arguments else None)


def _first(call: Call) -> Iterator[FileWrite]:
    yield _write(call, call.arguments[0] if call.arguments else None)


def _folder(call: Call) -> Iterator[FileWrite]:
    yield _write(call, call.arguments[0] if call.arguments else None, folder=True)


def _second(call: Call) -> Iterator[FileWrite]:
    yield _write(call, call.arguments[1] if len(call.arguments) > 1 else None)


def _downloaded(call: Call) -> Iterator[FileWrite]:
    """A folder that is named; without one it is that of the user, which is writable."""
    for name in table("calls")["writes"]["download_keywords"]:
        place = call.keyword(name)
        if isinstance(place, str):
            yield _write(call, place, folder=True)


def _takes_a_path(call: Call) -> bool:
    """Whether a method such as ``save`` is given something to save to: ``model.save()`` is not."""
    receiver = call.callee.rpartition(".")[0].rpartition(".")[2]
    if receiver in table("calls")["writes"]["records"]:
        return False
    return bool(call.arguments) and not isinstance(call.arguments[0], bool)


def _has_keyword(call: Call, name: str) -> bool:
    return any(keyword == name for keyword, _ in call.keywords)


def _write(call: Call, path: Literal, *, folder: bool = False) -> FileWrite:
    text = path if isinstance(path, str) and not path.startswith(HOLE) else ""
    return FileWrite(path=text, folder=folder, callee=call.callee, origin=call.origin)
