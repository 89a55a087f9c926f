"""What saved objects need: the modules that pickles of the project name."""

from __future__ import annotations

import bz2
import io
import lzma
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.source import Call, ModuleFacts, Text
from jettison.values import replace

SUFFIXES = (
    ".pkl", ".pickle", ".pck", ".pk", ".p", ".joblib", ".jbl", ".sav", ".dill", ".model", ".pt",
    ".pth", ".bin", ".pkl.gz", ".pkl.xz", ".pkl.bz2", ".pkl.z", ".joblib.gz", ".gz", ".z", ".xz",
)  # fmt: skip
# Bytes read of a file after they were expanded.
MOST = 256 * 1024 * 1024
_CHUNK = 1024 * 1024
# What the name of a module and a class takes at most where a chunk ends.
_OVERLAP = 1024
_MOST_NAMES = 100_000
_MOST_LINES = 2_000_000
_LONGEST = 256
_WORD = rb"[A-Za-z_][\w.]{0,255}"
# GLOBAL or INST: a line whose end is a letter and the module, and a line with the class, which is
# looked for first, because between ends of lines there is nothing to look at.
_LINE = re.compile(rb"\n(%(word)s)\n" % {b"word": _WORD})
_OLD = re.compile(rb"[ci](%(word)s)\Z" % {b"word": _WORD})
# The first use of a name by STACK_GLOBAL: two short strings that are remembered.
# Source: Lib/pickletools.py of CPython, protocols 0 to 5.
_NEW = re.compile(rb"\x8c.(%(word)s)\x94?\x8c.(%(word)s)\x94?\x93" % {b"word": _WORD}, re.DOTALL)


def loading_calls(facts: ModuleFacts) -> tuple[Call, ...]:
    """The calls of a file that read pickles."""
    loaders = table(Calls).pickles.names
    return tuple(call for call in facts.calls if call.callee in loaders)


def with_saved(
    modules: Iterable[ModuleFacts], pickles: Mapping[str, frozenset[str]]
) -> Iterator[ModuleFacts]:
    """Let each file that reads pickles name what the pickles name: any of them may be read."""
    texts = tuple(
        Text(file=path, line=1, value=name, role="pickle")
        for path, names in pickles.items()
        for name in sorted(names)
    )
    for facts in modules:
        yield replace(facts, texts=facts.texts + texts) if loading_calls(facts) else facts


def missing_pickle(facts: ModuleFacts, pickles: Iterable[str]) -> Call | None:
    """The first call that reads a pickle which is none of those, as far as its name is written."""
    loading = loading_calls(facts)
    if not loading:
        return None
    known = set(map(posixpath.basename, pickles))
    written = {posixpath.basename(path) for call in facts.calls for path in _paths(call)}
    for call in loading:
        if known.isdisjoint(map(posixpath.basename, _paths(call)) if _paths(call) else written):
            return call
    return None


def _paths(call: Call) -> tuple[str, ...]:
    """The first argument of a call where it is written out; none where it is computed."""
    return tuple(path for path in call.arguments[:1] if isinstance(path, str))


def saved_in(stream: BinaryIO) -> tuple[frozenset[str], int]:
    """Name a class of every module that saved objects name, and the bytes that were looked at.

    Raises ValueError for what is too large or cannot be expanded. Nothing is loaded.
    """
    try:
        return _named(_expanded(stream))
    except (
        EOFError,
        OSError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        RuntimeError,
    ) as error:
        raise ValueError(str(error)) from error


def _named(chunks: Iterable[bytes]) -> tuple[frozenset[str], int]:
    names: set[bytes] = set()
    read, lines, before = 0, 0, b""
    for chunk in chunks:
        read += len(chunk)
        if read > MOST:
            raise ValueError("too large")
        text = before + chunk
        names.update(b".".join(one) for one in _NEW.findall(text))
        for found in _old(text):
            lines += 1
            names.update(found)
            if lines > _MOST_LINES:
                raise ValueError("it has too many lines")
        if len(names) > _MOST_NAMES:
            raise ValueError("it names too many classes")
        before = text[-_OVERLAP:]
    return frozenset(name.decode("ascii") for name in names), read


def _old(text: bytes) -> Iterator[tuple[bytes, ...]]:
    """Give what each two lines of words name: one class, or none."""
    place = 0
    while line := _LINE.search(text, place):
        found = _OLD.search(text, max(line.start() - _LONGEST - 1, 0), line.start())
        yield (b".".join((found[1], line[1])),) if found else ()
        place = line.end() - (not found)


def _expanded(stream: BinaryIO) -> Iterator[bytes]:
    """Give what was saved, however it was compressed (joblib does it in these ways)."""
    start = stream.read(6)
    stream.seek(0)
    if start.startswith(b"PK\x03\x04"):  # of torch
        with zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".pkl"):
                    with archive.open(member) as inner:
                        yield from iter(lambda: inner.read(_CHUNK), b"")
        return
    if start.startswith(b"BZh"):
        yield from _through(stream, bz2.BZ2Decompressor())
    elif start.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        yield from _through(stream, lzma.LZMADecompressor())
    elif start.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")):
        inflating = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            waiting = chunk
            while waiting:
                yield inflating.decompress(waiting, _CHUNK)
                waiting = inflating.unconsumed_tail
    else:
        yield from iter(lambda: stream.read(_CHUNK), b"")


def _through(
    stream: BinaryIO, expanding: bz2.BZ2Decompressor | lzma.LZMADecompressor
) -> Iterator[bytes]:
    while not expanding.eof:
        waiting = stream.read(_CHUNK) if expanding.needs_input else b""
        if expanding.needs_input and not waiting:
            return
        yield expanding.decompress(waiting, _CHUNK)


def names_saved(content: bytes) -> bytes:
    """Give the classes of saved objects as a text."""
    with suppress(ValueError):
        return "\n".join(saved_in(io.BytesIO(content))[0]).encode()
    return b""
