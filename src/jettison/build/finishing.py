"""From a foundation to an image: the application layer and the time are what is left."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from pathlib import Path

from msgspec import Struct

from jettison.build.accounts import Accounts
from jettison.build.application_layer import application_layer
from jettison.build.context import read_context
from jettison.build.created import creation_time, rfc3339
from jettison.build.dating import dated_document
from jettison.build.files import Files
from jettison.build.foundation import Foundation, FoundationLayer
from jettison.bytecode.kept import KeptBytecode
from jettison.bytecode.program_tree import is_whole
from jettison.errors import ImageError
from jettison.oci.config import Config
from jettison.oci.history import History
from jettison.oci.image import Image
from jettison.oci.layer import Attachment, Layer
from jettison.oci.reference import Reference
from jettison.project.dockerignore import parse as parse_ignore
from jettison.stores.segments import SegmentCache

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
    image = image.with_config(image.config.with_created(created))
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
