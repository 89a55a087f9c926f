"""Bytecode for the standard library of a base image that has none, as a layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.builder.base import BaseFacts
from jettison.builder.bytecode import Compiler, bytecode_members
from jettison.builder.foundation import FoundationLayer, layer_of
from jettison.builder.recipe import FIXED_TIME
from jettison.images.entry import Kind
from jettison.images.image import Image
from jettison.images.stores.blobs import SegmentCache
from jettison.images.tar_writer import Member

_FORMAT = "1"
# What servers never import.
_UNCOMPILED = ("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip",
               "pydoc_data", "site-packages", "dist-packages")  # fmt: skip


def is_compiled(path: str) -> bool:
    """Tell whether a module of the standard library is worth its bytecode in an image."""
    return not set(path.split("/")[:-1]) & set(_UNCOMPILED)


def library_layer(
    image: Image, facts: BaseFacts, compiler: Compiler, cache: SegmentCache
) -> FoundationLayer | None:
    """Compile the standard library; None when the image has bytecode of it already."""
    folder = _folder(facts)
    if any(path.startswith(f"{folder}/") and path.endswith("/__pycache__") and is_compiled(path)
           and path.count("/") == folder.count("/") + 1 for path in facts.directories):  # fmt: skip
        return None
    parts = ("standard library", _FORMAT, str(image.config.digest), compiler.identity)
    key = "\n".join(parts)
    segment = cache.get(key)
    if segment is None:
        members = bytecode_members(compiler, _sources(image, folder))
        segment = cache.put(key, [member.dated(FIXED_TIME) for member in members])
    return layer_of([segment], cache)


def _folder(facts: BaseFacts) -> str:
    prefix = posixpath.dirname(posixpath.dirname(facts.interpreter)).lstrip("/")
    return f"{prefix}/lib/python{facts.python}"


def _sources(image: Image, folder: str) -> Iterator[Member]:
    """Yield the modules that are visible in the image."""
    tree = image.tree()
    for number, layer in enumerate(image.layers):
        for read in layer.entries():
            path = read.entry.path
            placed = tree.paths.get(path)
            if (
                path.startswith(f"{folder}/")
                and path.endswith(".py")
                and read.entry.kind is Kind.FILE
                and placed is not None
                and placed.layer == number
                and is_compiled(path)
            ):
                yield Member.file(path, b"".join(read.chunks()))
