"""Container images as immutable values, and the places that hold them, by their names."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from jettison.errors import EngineError, ImageError, ProgramError
from jettison.images.descriptor import Descriptor, Platform
from jettison.images.image import Image, ImageSet
from jettison.images.reference import Reference
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.layout import LayoutStore


class Store(Protocol):
    """Reads and writes images.

    A store that holds one image (a layout, an archive) takes None for its reference.
    """

    def read(self, reference: Reference | None, platform: Platform) -> Image:
        """Return the image for a platform; layers are fetched when they are opened.

        ImageError when there is none, NetworkError or EngineError when the store does not answer.
        """

    def write(self, content: Image | ImageSet, reference: Reference | None) -> Descriptor:
        """Store an image under a name and return what the name now stands for.

        Nothing is visible under the name before all of it is there. WriteError or NetworkError
        when it cannot be stored.
        """

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a name stands for (a manifest or an index), or None."""


DAEMONS = ("docker", "podman")
_KINDS = ("oci", "archive", *DAEMONS)


class Location(Struct, frozen=True, kw_only=True):
    """A store and the name of an image in it; None where the store holds but one."""

    store: Store
    reference: Reference | None


def locate(text: str, cache: BlobDirectory) -> Location:
    """Read where an image is.

    ``oci:DIRECTORY`` and ``archive:FILE``, each with ``:NAME`` after it when there are several,
    ``docker:NAME``, ``podman:NAME``, and anything else is the name of an image in a registry.
    ImageError when it is none of these.
    """
    kind, _, rest = text.partition(":")
    if is_remote(text):
        return Location(store=_registries(cache), reference=Reference.parse(text))
    if kind in DAEMONS:
        return Location(store=_daemon(kind, cache), reference=Reference.parse(rest))
    path, _, name = rest.partition(":")
    if not path:
        raise ImageError(f"{text!r} names no path", hint=f"Write it as {kind}:PATH.")
    store = LayoutStore(Path(path)) if kind == "oci" else _archive(Path(path), cache)
    return Location(store=store, reference=Reference.parse(name) if name else None)


def is_remote(text: str) -> bool:
    """Tell whether a text names an image in a registry."""
    kind, colon, _ = text.partition(":")
    return not colon or kind not in _KINDS


def nearest(text: str, cache: BlobDirectory) -> Location:
    """Read where an image is, as ``locate`` does, but look for a bare name on this machine first.

    It is in a registry when no daemon that answers has it.
    """
    if is_remote(text):
        from jettison import processes  # noqa: PLC0415 — late, as below

        for daemon in filter(processes.installed, DAEMONS):
            place = locate(f"{daemon}:{text}", cache)
            with suppress(EngineError, ProgramError):
                if place.store.find(place.reference):
                    return place
    return locate(text, cache)


def _daemon(program: str, cache: BlobDirectory) -> Store:
    # Late, here and below: each store loads what the others do not need.
    from jettison.images.stores.daemon import DaemonStore  # noqa: PLC0415

    return DaemonStore(program, cache)


def _archive(path: Path, cache: BlobDirectory) -> Store:
    from jettison.images.stores.archive import ArchiveStore  # noqa: PLC0415

    return ArchiveStore(path, cache)


def _registries(cache: BlobDirectory) -> Store:
    from jettison.images.registry import RegistryStore  # noqa: PLC0415

    return RegistryStore(cache)
