"""What the source does outside Python: programs, libraries, zones, files it writes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import asdict

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.source import Call, Literal, ModuleFacts
from jettison.source.literals import HOLE
from jettison.values import Origin, replace

_Reader = Callable[[Call], Iterator["ProgramCall"]]
PROGRAM = re.compile(r"[A-Za-z][\w.+-]*")
# Builtins that run the program behind them.
FORWARDING = frozenset({"exec", "command"})
# Those that run one which stands somewhere behind them.
WRAPPING = frozenset(
    {
        *("xargs", "find", "sudo", "doas", "nohup", "time", "nice", "ionice", "setsid", "stdbuf"),
        *("timeout", "flock", "env", "gosu", "su-exec", "setpriv", "watch", "parallel", "tini"),
    }
)
_SEPARATORS = re.compile(r"\|\||&&|[;|&\n]|\$\(")


class ProgramCall(Struct, frozen=True, kw_only=True):
    """A program that the code runs or looks for.

    ``program`` is its last path component, empty when it is computed; ``searched`` says that the
    program is looked for (``shutil.which``), not run, ``perhaps`` that it is a word behind one that
    runs others (``timeout``), and may be an argument.
    """

    program: str
    origin: Origin
    callee: str
    searched: bool = False
    perhaps: bool = False


class NamedUse(Struct, frozen=True, kw_only=True):
    """A shared library that the code loads, or a time zone or a locale that it asks for, by name.

    ``name`` is empty when it is computed.
    """

    name: str
    origin: Origin
    callee: str


def programs_called(modules: Iterable[ModuleFacts]) -> tuple[ProgramCall, ...]:
    """Every program that the files run or look for, in file order."""
    readers = _readers_by_callee()
    return tuple(
        program
        for call in _calls(modules, readers)
        for read in readers[call.callee]
        for program in read(call)
    )


def libraries_loaded(modules: Iterable[ModuleFacts]) -> tuple[NamedUse, ...]:
    """Every shared library that the files load with ctypes or cffi."""
    found = map(_named, _calls(modules, _names("libraries", "load", "find")))
    return tuple(replace(each, name=_file_name(each.name)) for each in found)


def _file_name(path: str) -> str:
    """The last part of a path; empty where it is computed."""
    name = path.rpartition("/")[2]
    return "" if HOLE in name else name


def time_zones(modules: Iterable[ModuleFacts]) -> tuple[NamedUse, ...]:
    """Every time zone that the files construct from the system's or a package's database."""
    return tuple(map(_named, _calls(modules, _names("zones", "names"))))


def locales(modules: Iterable[ModuleFacts]) -> tuple[NamedUse, ...]:
    """Every locale that the files set."""
    return tuple(map(_named, _calls(modules, {"locale.setlocale"})))


def _list(call: Call) -> Iterator[ProgramCall]:
    first = call.arguments[0] if call.arguments else call.keyword("args")
    if isinstance(first, str) and (call.keyword("shell") or " " in first):
        yield from _shell(call)
    else:
        yield from _programs(call, _flat([first]))


def _shell(call: Call) -> Iterator[ProgramCall]:
    text = call.arguments[0] if call.arguments else call.keyword("args")
    if not isinstance(text, str):
        yield from _programs(call, _flat([text]))
        return
    for part in _SEPARATORS.split(text):
        words = _split(part)
        if words:
            yield from _programs(call, words)


def _words(call: Call) -> Iterator[ProgramCall]:
    yield from _programs(call, _flat(call.arguments))


def _spawn(call: Call) -> Iterator[ProgramCall]:
    yield from _programs(call, _flat(call.arguments[1:]))


def _search(call: Call) -> Iterator[ProgramCall]:
    yield _program(call, _flat(call.arguments[:1]), searched=True)


_READERS = {"list": _list, "shell": _shell, "words": _words, "spawn": _spawn, "search": _search}


@cache
def _readers_by_callee() -> dict[str, tuple[_Reader, ...]]:
    groups = asdict(table(Calls).programs)
    callees = {callee for group in _READERS for callee in groups[group]}
    return {
        callee: tuple(read for group, read in _READERS.items() if callee in groups[group])
        for callee in callees
    }


def _programs(call: Call, words: tuple[str | None, ...]) -> Iterator[ProgramCall]:
    yield _program(call, words)
    for word in wrapped([word or HOLE for word in words]):
        yield replace(_program(call, (word,)), perhaps=True)
    if runs_pip(words):
        yield _program(call, (PIP,))


def wrapped(words: Sequence[str]) -> tuple[str, ...]:
    """The words behind a program that runs another one, each of which may be that one."""
    behind = words[1:] if words[:1] and words[0] in FORWARDING else words
    if not behind or behind[0].rpartition("/")[2] not in WRAPPING:
        return ()
    return tuple(word for word in behind[1:] if PROGRAM.fullmatch(word.rpartition("/")[2]))


PIP = "pip"
_PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[\d.]*")


def runs_pip(words: Sequence[str | None]) -> bool:
    """Whether a command is ``python -m pip``."""
    python = bool(words) and _PYTHON.fullmatch(words[0] or "") is not None
    return python and ("-m", PIP) in pairwise(words[1:])


def _program(call: Call, words: tuple[str | None, ...], *, searched: bool = False) -> ProgramCall:
    first = words[0] if words else None
    computed = first is None or first.startswith("{")
    return ProgramCall(
        program="" if computed or first is None else first.rpartition("/")[2],
        origin=call.origin,
        callee=call.callee,
        searched=searched,
    )


def _split(text: str) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    while words and re.match(r"[A-Za-z_]\w*=", words[0]):
        words.pop(0)
    return tuple(words)


def _flat(arguments: Iterable[Literal]) -> tuple[str | None, ...]:
    words: list[str | None] = []
    for argument in arguments:
        if isinstance(argument, tuple):
            words.extend(argument)
        else:
            words.append(argument if isinstance(argument, str) else None)
    return tuple(words)


def _named(call: Call) -> NamedUse:
    texts = (argument for argument in call.arguments if isinstance(argument, str))
    return NamedUse(name=next(texts, ""), origin=call.origin, callee=call.callee)


def _calls(modules: Iterable[ModuleFacts], callees: Container[str]) -> Iterator[Call]:
    return (call for each in modules for call in each.calls if call.callee in callees)


@cache
def _names(section: str, *groups: str) -> frozenset[str]:
    known = getattr(table(Calls), section)
    return frozenset(name for group in groups for name in getattr(known, group))


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
    writes = table(Calls).writes
    readers: dict[str, Callable[[Call], Iterator[FileWrite]]] = {
        **dict.fromkeys(writes.opened, _opened),
        **dict.fromkeys(writes.files, partial(_argument, 0)),
        **dict.fromkeys(writes.logs, _logged),
        **dict.fromkeys(writes.folders, partial(_argument, 0, folder=True)),
        **dict.fromkeys(writes.targets, partial(_argument, 1)),
        **dict.fromkeys(writes.downloads, _downloaded),
    }
    methods = frozenset(writes.methods)
    savers = frozenset(writes.savers)
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
    if mode is None and len(call.arguments) < 2 and "mode" not in dict(call.keywords):  # noqa: PLR2004
        return
    yield from _argument(0, call)


def _argument(number: int, call: Call, *, folder: bool = False) -> Iterator[FileWrite]:
    path = call.arguments[number] if len(call.arguments) > number else None
    yield _write(call, path, folder=folder)


def _logged(call: Call) -> Iterator[FileWrite]:
    if "filename" in dict(call.keywords):
        yield _write(call, call.keyword("filename"))


def _downloaded(call: Call) -> Iterator[FileWrite]:
    """A folder that is named; without one it is that of the user, which is writable."""
    for name in table(Calls).writes.download_keywords:
        place = call.keyword(name)
        if isinstance(place, str):
            yield _write(call, place, folder=True)


def _takes_a_path(call: Call) -> bool:
    """Whether a method such as ``save`` is given something to save to: ``model.save()`` is not."""
    receiver = call.callee.rpartition(".")[0].rpartition(".")[2]
    if receiver in table(Calls).writes.records:
        return False
    return bool(call.arguments) and not isinstance(call.arguments[0], bool)


def _write(call: Call, path: Literal, *, folder: bool = False) -> FileWrite:
    text = path if isinstance(path, str) and not path.startswith(HOLE) else ""
    return FileWrite(path=text, folder=folder, callee=call.callee, origin=call.origin)
