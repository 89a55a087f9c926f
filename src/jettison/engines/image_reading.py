"""What an image holds, read for reasoning about it: files, packages, libraries and texts."""

from __future__ import annotations

import io
import mmap
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, cast

from msgspec import Struct

from jettison.contents.image import ImageFile, ImageFiles, world
from jettison.contents.stored_files import base_layers
from jettison.engines.engine import Engine
from jettison.engines.measuring import layers_of
from jettison.formats.elf import Content, read_elf
from jettison.images.config import Config
from jettison.images.entry import Entry, Kind, read_entries
from jettison.images.tree import Placed, merge
from jettison.source.pickles import SUFFIXES, saved_in

TEXTS = re.compile(
    r"\.(?:py|pth|sh)$|\.dist-info/(?:METADATA|RECORD|entry_points\.txt)$|\.egg-info(?:/PKG-INFO)?$"
    r"|(?:^|/)pyvenv\.cfg$|^var/lib/dpkg/(?:status(?:\.d/[^/]+)?|info/[^/]+\.list)$"
    r"|^(?:usr/)?lib/apk/db/installed$|^etc/apk/world$|^var/lib/apt/extended_states$|^etc/(?:passwd|group|os-release)$|^usr/lib/os-release$"
)
SETTINGS = re.compile(
    r"\.(?:toml|cfg|ini|ya?ml|json|env|txt|conf)$|(?:^|/)(?:\.env|Procfile|Makefile)$"
)
LARGEST_TEXT = 16 * 2**20
IN_MEMORY = 64 * 2**20
WORLD, STATUS = "etc/apk/world", "var/lib/dpkg/status"
PACKAGE = re.compile(r"^Package: (\S+)", re.MULTILINE)
DATABASE = frozenset({"var/lib/dpkg/status", "lib/apk/db/installed"})
SHOWN = (Kind.FILE, Kind.SYMLINK)
MAGIC = b"\x7fELF"
SCRIPT = b"#!"


class _Read(Struct, frozen=True, kw_only=True):
    """What was read of one layer: its entries, and texts and needed libraries by path."""

    entries: tuple[Entry, ...]
    texts: dict[str, bytes]
    needed: dict[str, tuple[str, ...]]


def read_image_files(engine: Engine, image: str) -> ImageFiles:
    """Read an image from its layers. Raises EngineError when there is no such image."""
    facts = engine.inspect(image)
    folder = facts.working_directory.strip("/")
    with engine.save(image) as stream:
        config, layers = layers_of(stream, lambda _, layer, __: _file_read(layer, folder))
    tree = merge(layer.entries for layer in layers)
    count = _base(config, layers)
    return ImageFiles(
        files={
            f"/{path}": _file(placed, layers)
            for path, placed in tree.paths.items()
            if placed.entry.kind in SHOWN
        },
        config=config,
        base=count,
        of_base=_installed_in(layers[:count]),
    )


def _installed_in(layers: tuple[_Read, ...]) -> frozenset[str]:
    """Give the packages that the base has, or was asked for where that is written down."""
    texts = {path: text for one in layers for path, text in one.texts.items()}
    asked, status = (texts.get(path, b"").decode("utf-8", "replace") for path in (WORLD, STATUS))
    return world(asked) | frozenset(PACKAGE.findall(status))


def _base(config: Config, layers: tuple[_Read, ...]) -> int:
    """Count the layers of the base: by the history, or up to the first with a package database."""
    known = base_layers(config.history, tuple(map(str, config.diff_ids)))
    if known and known.count:
        return known.count
    first = (index for index, layer in enumerate(layers, 1) if DATABASE & layer.texts.keys())
    return next(first, 0)


def _file(placed: Placed, layers: tuple[_Read, ...]) -> ImageFile:
    entry, layer = placed.entry, layers[placed.layer]
    path = placed.linked_to or entry.path
    found = next(
        (one for one in (layer, *reversed(layers)) if path in one.needed or path in one.texts),
        layer,
    )
    return ImageFile(
        kind=entry.kind,
        layer=placed.layer,
        mode=entry.mode,
        size=placed.stored_size,
        target=entry.link if entry.kind is Kind.SYMLINK else "",
        needed=found.needed.get(path),
        text=found.texts.get(path),
    )


def _file_read(stream: BinaryIO, folder: str) -> _Read:
    entries: list[Entry] = []
    texts: dict[str, bytes] = {}
    needed: dict[str, tuple[str, ...]] = {}
    for read in read_entries(stream):
        entry = read.entry
        entries.append(entry)
        if entry.kind is not Kind.FILE or not entry.size:
            continue
        chunks = read.chunks()
        first = next(chunks, b"")
        if first.startswith(MAGIC):
            needed[entry.path] = _needed(first, chunks, entry.size)
        elif entry.size <= LARGEST_TEXT and _is_text(entry, first, folder):
            texts[entry.path] = first + b"".join(chunks)
        elif entry.size <= IN_MEMORY and _is_own(entry.path, folder, SUFFIXES):
            texts[entry.path] = _names_saved(first + b"".join(chunks))
    return _Read(entries=tuple(entries), texts=texts, needed=needed)


def _is_text(entry: Entry, first: bytes, folder: str) -> bool:
    path = entry.path
    own = _is_own(path, folder) and SETTINGS.search(path)
    return bool(own or TEXTS.search(path) or first.startswith(SCRIPT))


def _is_own(path: str, folder: str, suffixes: tuple[str, ...] = ("",)) -> bool:
    return bool(folder) and path.startswith(f"{folder}/") and path.lower().endswith(suffixes)


def _names_saved(content: bytes) -> bytes:
    """Give the classes of saved objects as a text."""
    with suppress(ValueError):
        return "\n".join(saved_in(io.BytesIO(content))[0]).encode()
    return b""


def _needed(first: bytes, chunks: Iterator[bytes], size: int) -> tuple[str, ...]:
    """Give the libraries that an ELF file asks for; a large one is not held in memory."""
    if size <= IN_MEMORY:
        facts = read_elf(first + b"".join(chunks))
        return facts.needed if facts else ()
    with tempfile.TemporaryFile() as file:
        file.write(first)
        file.writelines(chunks)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            facts = read_elf(cast("Content", content))
    return facts.needed if facts else ()
