"""From the prefix of an image to the image: application layer, time, bill of materials."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec import Struct

from jettison.builder import FIXED_TIME
from jettison.builder.bytecode import Compiler, KeptBytecode, bytecode_members, is_whole
from jettison.builder.context import read_context
from jettison.builder.files import Files
from jettison.builder.foundation import Accounts, Foundation, FoundationLayer
from jettison.errors import ImageError
from jettison.formats.dockerignore import parse as parse_ignore
from jettison.images.config import Config, History
from jettison.images.digest import encode
from jettison.images.entry import Kind
from jettison.images.image import Attachment, Image, Layer
from jettison.images.reference import Reference
from jettison.images.stores.blobs import SegmentCache
from jettison.images.tar_writer import Member
from jettison.processes.git import last_commit, stated_time


def application_layer(
    members: Iterable[Member],
    time: int,
    cache: SegmentCache,
    *,
    compiler: Compiler | KeptBytecode | None,
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
        made = bytecode_members(compiler, modules, checked=True)
        found += [member for member in made if member.entry.path not in there]
    if not found:
        return None
    dated = [m.dated(FIXED_TIME if m.entry.kind is Kind.DIRECTORY else time) for m in found]
    return cache.layer([cache.pack(dated)])


def creation_time(root: Path) -> int:
    """Return seconds since 1970: SOURCE_DATE_EPOCH, else the last commit, else a fixed time.

    Raises as ``stated_time`` does.
    """
    stated = stated_time()
    if stated is not None:
        return stated
    return last_commit(root) or FIXED_TIME


def rfc3339(seconds: int) -> str:
    """Return a time as configs have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dated_document(text: str, created: str) -> bytes:
    """Return a CycloneDX document with its time and a serial number made of all its content."""
    document = json.loads(text)
    document["metadata"]["timestamp"] = created
    digest = bytearray(hashlib.sha256(encode(document)).digest()[:16])
    # RFC 9562: a UUID of version 8, whose bits are the maker's own.
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    return encode({**document, "serialNumber": f"urn:uuid:{'-'.join(parts)}"})


APPLICATION = History(created_by="jettison: application")


class Lost(Struct, frozen=True, kw_only=True):
    """A part of a foundation that the cache has no more."""

    what: str

    @property
    def error(self) -> ImageError:
        """The same as an error, for a part that was there a moment ago."""
        return ImageError(
            f"{self.what} is missing from the cache",
            why="the cache was cleaned while the image was built",
            hint="Build again.",
        )


def files_of(foundation: Foundation, root: Path, outputs: Container[str] = ()) -> Files:
    """Read the context of a project at ``root`` and carry out the steps."""
    ignore = foundation.ignore
    context = read_context(
        root / foundation.context,
        None if ignore is None else parse_ignore(ignore, file=".dockerignore"),
        foundation.changed,
        outputs,
    )
    accounts = Accounts(passwd=foundation.passwd, group=foundation.group)
    files = Files(
        context, foundation.directories, accounts, foundation.environment, foundation.skeleton
    )
    for step in foundation.steps:
        files.take(step)
    return files


def finished(
    foundation: Foundation,
    root: Path,
    cache: SegmentCache,
    kept: Path,
    outputs: Container[str] = (),
) -> Image | Lost:
    """Return the whole image; Lost when the cache was cleaned in the meantime.

    ``kept`` is where the bytecode of single modules is kept, ``outputs`` as in ``read_context``.
    """
    layers = [_layer(each, cache) for each in foundation.layers]
    lost = next((each for each in layers if isinstance(each, Lost)), None)
    if lost is not None:
        return lost
    image = Image.compose(
        Config(content=foundation.config.encode()),
        [each for each in layers if isinstance(each, Layer)],
    )
    time = creation_time(root / foundation.context)
    compiler = foundation.compiler
    if compiler and compiler.tree and not is_whole(Path(compiler.tree), compiler):
        return Lost(what=f"Python {compiler.version}, which compiles,")
    layer = application_layer(
        files_of(foundation, root, outputs).members,
        time,
        cache,
        compiler=KeptBytecode(compiler=compiler, folder=kept) if compiler else None,
        uncompiled=foundation.uncompiled,
    )
    if layer is not None:
        image = image.append(layer, APPLICATION)
    created = rfc3339(time)
    image = image.with_config(image.config.evolve(created=created or None))
    return image.with_attachments(
        Attachment(artifact_type=kind, content=dated_document(text, created))
        for kind, text in foundation.documents
    )


def _layer(found: FoundationLayer, cache: SegmentCache) -> Layer | Lost:
    if found.segments:
        lost = next((s for s in found.segments if not cache.blobs.has(s.descriptor)), None)
        return Lost(what=str(lost.descriptor.digest)) if lost else cache.layer(found.segments)
    if not cache.blobs.has(found.blob):
        return Lost(what=str(found.blob.digest))
    opening = partial(cache.blobs.open, found.blob)
    home = Reference.parse(found.home) if found.home else None
    return Layer(descriptor=found.blob, diff_id=found.diff_id, open=opening, home=home)
