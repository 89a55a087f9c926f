"""Layers, wheels and listings that nobody makes by mistake, as data made by code."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Mapping

from wheels import wheel

from jettison.errors import JettisonError
from jettison.images.image import Image

_LOUD = "\x1b[2J\x07\x9b\u202e"
FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def _member(name: str, kind: bytes = FILE, link: str = "", **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.mode = 0o755 if kind == FOLDER else 0o644
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def _layer(*members: tarfile.TarInfo) -> bytes:
    content = io.BytesIO()
    form = {"format": tarfile.PAX_FORMAT, "encoding": "utf-8", "errors": "surrogateescape"}
    with tarfile.open(fileobj=content, mode="w", **form) as tar:  # type: ignore[call-overload]  # by name
        for member in members:
            if member.isreg():
                member.size = 4
            tar.addfile(member, io.BytesIO(b"evil") if member.isreg() else None)
    return content.getvalue()


def _records(**records: str) -> tarfile.TarInfo:
    return _member("file", pax_headers={name.replace("__", "."): v for name, v in records.items()})


LAYERS: Mapping[str, bytes] = {
    name: _layer(*members)
    for name, members in {
        "up and out": [_member("../../evil")],
        "up within": [_member("a/../../evil")],
        "absolute": [_member("/evil")],
        "no name": [_member("")],
        "the root": [_member("/", FOLDER, mode=0o700)],
        "the root as a file": [_member(".")],
        "a line feed": [_member(f"a\nb{_LOUD}")],
        "no text": [_member("caf\udce9\udcff")],
        "a long part": [_member("a" * 300)],
        "a long path": [_member("a/" * 2100 + "b")],
        "many parts": [_member("d/" * 300 + "f")],
        "devices": [_member("sda", tarfile.BLKTYPE, devmajor=8), _member("z", tarfile.CHRTYPE)],
        "a pipe": [_member("pipe", tarfile.FIFOTYPE)],
        "hard link up": [_member("h", HARD, "../../etc/passwd")],
        "hard link to nothing": [_member("h", HARD, "nothing")],
        "hard link to itself": [_member("h", HARD, "h")],
        "hard links in a circle": [_member("h", HARD, "i"), _member("i", HARD, "h")],
        "hard link to a folder": [_member("d", FOLDER), _member("h", HARD, "d")],
        "hard link to the root": [_member("h", HARD, "/")],
        "hard link to a link": [_member("s", LINK, "/etc/shadow"), _member("h", HARD, "s")],
        "links in a circle": [_member("s", LINK, "t"), _member("t", LINK, "s")],
        "a link to itself": [_member("s", LINK, "s/s/s")],
        "a long link": [_member("s", LINK, "a/" * 2100)],
        "an empty link": [_member("s", LINK, "")],
        "through a link": [_member("l", LINK, "/tmp"), _member("l/evil")],
        "through two links": [_member("k", LINK, ".."), _member("l", LINK, "k/.."),
                              _member("l/evil")],
        "a chain of links": [_member(f"c{i}", LINK, f"c{i + 1}") for i in range(200)],
        "links that double": [_member(f"e{i}", LINK, f"e{i - 1}/../e{i - 1}") for i in range(60)],
        "a link for a folder": [_member("d/f"), _member("d", LINK, "/etc")],
        "opaque root": [_member(".wh..wh..opq")],
        "whiteout of the parent": [_member(".wh...")],
        "whiteout of itself": [_member(".wh..")],
        "whiteout of nothing": [_member(".wh.")],
        "whiteout and file": [_member("x"), _member(".wh.x")],
        "a folder as whiteout": [_member(".wh.d", FOLDER)],
        "below a whiteout": [_member(".wh.a/b")],
        "whiteout through a link": [_member("l", LINK, "/etc"), _member("l/.wh.passwd")],
        "below a file": [_member("z"), _member("z/y"), _member("z/y/w")],
        "a file for a folder": [_member("q/a"), _member("q"), _member("q/b")],
        "the same again": [_member("k") for _ in range(500)],
        "all modes": [_member("m", mode=0o7777)],
        "a large owner": [_member("m", uid=2**40, gid=2**40)],
        "before all time": [_member("m", mtime=-(2**40))],
        "after all time": [_member("m", mtime=2**60)],
        "a path by a record": [_records(path="../../evil")],
        "a size by a record": [_records(size="99999999999999")],
        "attributes": [_records(SCHILY__xattr__security__capability="\x01" * 999)],
        "sparse": [_records(GNU__sparse__major="1", GNU__sparse__minor="0",
                            GNU__sparse__name="../x", GNU__sparse__realsize="9999999999999")],
        "a sparse map": [_records(GNU__sparse__map="0,1," * 999, GNU__sparse__size="99999999")],
    }.items()
}  # fmt: skip
LAYERS = {
    **LAYERS,
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
    "cut off": _layer(_member("a"), _member("b"))[:700],
    "no end": _layer(_member("a"))[:1024],
    "more after the end": _layer(_member("a")) + _layer(_member("b")),
}


def seen(image: Image) -> list[object]:
    """What reading the image's layers gives: their entries, and the error at their end."""
    found: list[object] = []
    try:
        for layer in image.layers:
            found += [(read.entry.path, read.entry.kind, sum(map(len, read.chunks())))
                      for read in layer.entries()]  # fmt: skip
    except JettisonError as error:
        found.append(type(error))
    return found


def _linked(name: str, target: bytes, mode: int) -> bytes:
    return wheel("server", files={"server/__init__.py": b"", name: target}, modes={name: mode})


def _with(**files: bytes) -> bytes:
    return wheel("server", files={"server/__init__.py": b""} | files)


def _info(name: str, content: bytes) -> bytes:
    """A wheel with another file in place of one of its dist-info."""
    stream = io.BytesIO()
    place = f"server-1.0.dist-info/{name}"
    with (
        zipfile.ZipFile(io.BytesIO(wheel("server"))) as old,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for entry in old.infolist():
            if entry.filename != place:
                new.writestr(entry, old.read(entry))
        if content:
            new.writestr(place, content)
    return stream.getvalue()


def _encrypted(content: bytes) -> bytes:
    """Set the sign of encryption of every member that the directory lists."""
    changed, at = bytearray(content), -1
    while (at := changed.find(b"PK\1\2", at + 1)) >= 0:
        changed[at + 8] |= 1
    return bytes(changed)


def _beyond(content: bytes) -> bytes:
    """Let the directory give the first member as many bytes as 64 bits can count."""
    changed = bytearray(content)
    at = changed.find(b"PK\1\2")
    (name,) = struct.unpack_from("<H", changed, at + 28)
    struct.pack_into("<I", changed, at + 24, 0xFFFFFFFF)
    struct.pack_into("<H", changed, at + 30, 12)
    changed[at + 46 + name : at + 46 + name] = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    end = changed.find(b"PK\5\6")
    (size,) = struct.unpack_from("<I", changed, end + 12)
    struct.pack_into("<I", changed, end + 12, size + 12)
    return bytes(changed)


_HEAD = b"Metadata-Version: 2.1\nName: server\nVersion: 1.0\n"
WHEELS: Mapping[str, bytes] = {
    "up and out": _with(**{"../../../../evil": b""}),
    "absolute": _with(**{"/evil": b""}),
    "backslashes": _with(**{"..\\..\\evil": b""}),
    "scripts up": _with(**{"server-1.0.data/scripts/../../../../evil": b""}),
    "data up": _with(**{"server-1.0.data/data/../../evil": b""}),
    "data for the system": _with(**{"server-1.0.data/data/etc/passwd": b"root::0:0::/:\n"}),
    "an unknown scheme": _with(**{"server-1.0.data/other/x": b""}),
    "here": _with(**{"./a.py": b"", "server/./b.py": b"", "./": b"", "./c/": b""}),
    "headers": _with(**{"server-1.0.data/headers/x.h": b""}),
    "a link": _linked("link", b"/etc/passwd", 0o120777),
    "through a link": wheel("server", modes={"l": 0o120777}, files={"l": b"/tmp", "l/evil": b""}),
    "a device": _linked("device", b"", 0o020666),
    "set-user-ID": _linked("program", b"x", 0o104755),
    "other letters": _with(**{"Server/__init__.py": b"x = 1\n"}),
    "below a file": _with(**{"a": b"", "a/b": b""}),
    "a line feed": _with(**{f"a\nb{_LOUD}": b""}),
    "a long part": _with(**{"a" * 300: b""}),
    "many parts": _with(**{"d/" * 300 + "x.py": b""}),
    "a module that is no text": _with(**{"bad.py": b"x = '\xff'\n"}),
    "a deep module": _with(**{"deep.py": b"x = " + b"[" * 5000}),
    "a library that is none": _with(**{"a.so": b"\x7fELF" + b"\xff" * 500}),
    "bytecode": _with(**{"__pycache__/a.cpython-313.pyc": b"evil"}),
    "a path file": _with(**{"a.pth": b"import os; os.abort()\n/\n"}),
    "a program up": wheel("server", scripts={"../../../evil": "server:main"}),
    "an absolute program": wheel("server", scripts={"/evil": "server:main"}),
    "a program of several lines": wheel("server", scripts={"x": "server:main;import os"}),
    "a program of nothing": wheel("server", scripts={"x": ":", "y": "", "z": "a:b:c"}),
    "a program in place of Python": wheel("server", scripts={"python3": "server:main"}),
    "a script in place of Python": _with(**{"server-1.0.data/scripts/python": b"#!python\n"}),
    "a file in place of programs": _with(**{"server-1.0.data/data/bin": b""}),
    "a file in place of packages": _with(**{"server-1.0.data/data/lib": b""}),
    "encrypted": _encrypted(wheel("server")),
    "of all bytes": _beyond(wheel("server")),
    "wrong record": wheel("server", records={"server/__init__.py": "sha256=AAAA"}),
    "weak record": wheel("server", records={"server/__init__.py": "md5=AAAA"}),
    "record of others": wheel("server", records={"../../../../etc/passwd": ""}),
    "no record": _info("RECORD", b""),
    "a record of noise": _info("RECORD", b"\xff\xfe\0"),
    "a record of one quote": _info("RECORD", b'"server/__init__.py'),
    "no metadata": _info("METADATA", b""),
    "another name": _info("METADATA", _HEAD.replace(b"server", b"other")),
    "another version": _info("METADATA", _HEAD.replace(b"1.0", b"9.9")),
    "loud metadata": _info("METADATA", _HEAD + f"Requires-Dist: a{_LOUD}\n".encode()),
    "an option as requirement": _info("METADATA", _HEAD + b"Requires-Dist: --no-binary\n"),
    "a file as requirement": _info("METADATA", _HEAD + b"Requires-Dist: x @ file:///etc\n"),
    "itself as requirement": _info("METADATA", _HEAD + b"Requires-Dist: server[a]\n"),
    "a long version as requirement": _info(
        "METADATA", _HEAD + b"Requires-Dist: tools>=" + b"9" * 6000 + b"\n"
    ),
    "no wheel file": _info("WHEEL", b""),
    "a later format": _info("WHEEL", b"Wheel-Version: 99.0\nTag: py3-none-any\n"),
    "programs of noise": _info("entry_points.txt", b"\xff[[[\n=\n"),
    "nothing": b"",
    "noise": bytes(range(256)) * 20,
    "cut off": wheel("server")[:-30],
    "twice": wheel("server") * 2,
    "after a script": b"#!/bin/sh\n" + wheel("server"),
}


def _entry(**changed: object) -> dict[str, object]:
    name = "server-1.0-py3-none-any.whl"
    entry: dict[str, object] = {
        "filename": name, "url": f"../../files/{name}", "size": len(wheel("server")),
        "hashes": {"sha256": hashlib.sha256(wheel("server")).hexdigest()},
    }  # fmt: skip
    return entry | changed


def _page(*entries: object, **more: object) -> bytes:
    document = {"meta": {"api-version": "1.0"}, "name": "server", "files": entries}
    return json.dumps(document | more).encode()


_TAGS = ".".join(f"x{number}" for number in range(200))
LISTINGS: Mapping[str, bytes] = {
    "nothing": b"",
    "noise": b"\xff\xfe\0",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "files that are a number": _page(files=5),
    "files that are none": _page(5, None, []),
    "no files": _page(),
    "a wrong hash": _page(_entry(hashes={"sha256": "0" * 64})),
    "a short hash": _page(_entry(hashes={"sha256": "ab"})),
    "another hash": _page(_entry(hashes={"md5": "0" * 32})),
    "hashes that are a number": _page(_entry(hashes=5)),
    "a size below nothing": _page(_entry(size=-5)),
    "a size beyond all": _page(_entry(size=10**30)),
    "a size that is a text": _page(_entry(size="5")),
    "a file of this machine": _page(_entry(url="file:///etc/passwd")),
    "an address that is none": _page(_entry(url="http://[")),
    "a loud address": _page(_entry(url=f"http://127.0.0.1:1/{_LOUD}")),
    "an address with a password": _page(_entry(url="http://a:b@127.0.0.1:1/x.whl")),
    "a loud reason": _page(_entry(yanked=_LOUD)),
    "a Python that is none": _page(_entry(**{"requires-python": "zz"})),
    "a Python that is a number": _page(_entry(**{"requires-python": 5})),
    "a Python of thousands of digits": _page(_entry(**{"requires-python": ">=" + "9" * 6000})),
    "metadata that are not there": _page(_entry(**{"core-metadata": True})),
    "metadata of a number": _page(_entry(**{"core-metadata": {"sha256": 5}})),
    "a name up": _page(_entry(filename="../../server-1.0-py3-none-any.whl")),
    "a loud name": _page(_entry(filename=f"server-1.0{_LOUD}-py3-none-any.whl")),
    "a name of thousands of digits": _page(
        _entry(filename=f"server-{'9' * 6000}-py3-none-any.whl")
    ),
    "a name of millions of tags": _page(
        _entry(filename=f"server-1.0-{_TAGS}-{_TAGS}-{_TAGS}.whl")
    ),
    "a name of nothing": _page(_entry(filename="")),
}  # fmt: skip
