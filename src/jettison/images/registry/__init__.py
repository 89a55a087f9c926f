"""Registries, by the OCI distribution specification: the store that is one, and its mirrors."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jettison.errors import ImageError, NetworkError
from jettison.images.assembly import Publication, read_image
from jettison.images.descriptor import Descriptor, Index, Manifest, Platform
from jettison.images.digest import OCI_INDEX
from jettison.images.image import Image, ImageSet
from jettison.images.reference import DOCKER_HUB, Reference
from jettison.images.registry.authorization import Authorizer, Logins
from jettison.images.registry.session import Session
from jettison.images.registry.transfer import CHUNK_SIZE, Puller, Pusher
from jettison.images.registry.transport import Transport
from jettison.images.stores.blobs import BlobDirectory
from jettison.processes.concurrent import mapped
from jettison.values import is_within, replace

_DAEMON = ("/etc/docker/daemon.json", "~/.config/docker/daemon.json")
_CONTAINERS = ("~/.config/containers/registries.conf", "/etc/containers/registries.conf")


def places(reference: Reference, variables: Mapping[str, str]) -> tuple[Reference, ...]:
    """Give where to ask for an image, in order: mirrors first, the registry itself last."""
    name = f"{reference.registry}/{reference.repository}"
    suffix = str(reference).removeprefix(name)
    found = dict.fromkeys((*_of_podman(name, variables), *_of_docker(name), name))
    return tuple(_read(f"{one}{suffix}" for one in found))


def _read(names: Iterator[str]) -> Iterator[Reference]:
    for name in names:
        try:
            yield Reference.parse(name)
        except ImageError:
            # A setting that names nothing is no mirror.
            continue


def _of_docker(name: str) -> Iterator[str]:
    registry, _, rest = name.partition("/")
    if registry != DOCKER_HUB:
        return
    for path in _DAEMON:
        for mirror in _listed(_json(path), "registry-mirrors"):
            host = str(mirror).partition("://")[2].strip("/")
            if host:
                yield f"{host}/{rest}"


def _of_podman(name: str, variables: Mapping[str, str]) -> Iterator[str]:
    named = variables.get("CONTAINERS_REGISTRIES_CONF", "")
    for path in [named] if named else _CONTAINERS:
        document = _toml(path)
        if not document:
            continue
        tables = [one for one in _listed(document, "registry") if isinstance(one, dict)]
        fitting = [(prefix, one) for one in tables if _holds(prefix := _prefix(one), name)]
        if fitting:
            prefix, table = max(fitting, key=lambda pair: len(pair[0]))
            rest = name.removeprefix(prefix)
            mirrors = [one for one in _listed(table, "mirror") if isinstance(one, dict)]
            for one in (*mirrors, table):
                if location := one.get("location", ""):
                    yield f"{location}{rest}"
        # The first file is the whole of it.
        return


def _prefix(table: dict[str, Any]) -> str:
    return str(table.get("prefix") or table.get("location") or "")


def _holds(prefix: str, name: str) -> bool:
    return bool(prefix) and is_within(name, prefix)


def _listed(document: object, key: str) -> list[Any]:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []


def _json(path: str) -> object:
    try:
        return json.loads(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        return None


def _toml(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}


class RegistryStore:
    """Any number of registries; a reference says which. Safe for several threads."""

    def __init__(
        self,
        cache: BlobDirectory,
        *,
        transport: Transport | None = None,
        logins: Logins | None = None,
        chunk_size: int = CHUNK_SIZE,
    ) -> None:
        """``cache`` takes what is fetched; ``chunk_size`` is the most bytes sent in one request."""
        self._cache = cache
        self._transport = transport or Transport()
        self._authorizer = Authorizer(self._transport, logins or Logins())
        self._chunk_size = chunk_size

    def __str__(self) -> str:
        return "a registry"

    def read(self, reference: Reference | None, platform: Platform) -> Image:
        """Return an image; its layers are fetched into the cache when they are opened.

        A mirror of the machine's settings is asked before the registry itself.
        """
        named = _required(reference)
        *mirrors, own = places(named, os.environ)
        for place in mirrors:
            # What a mirror lacks, or cannot say now, the registry has.
            with suppress(NetworkError, ImageError):
                return self._read(place, named, platform)
        return self._read(own, named, platform)

    def _read(self, place: Reference, named: Reference, platform: Platform) -> Image:
        puller = Puller(session=self._session(place, "pull"), cache=self._cache)
        return read_image(puller, puller.fetched(), platform, str(named), place)

    def write(self, content: Image | ImageSet, reference: Reference | None) -> Descriptor:
        """Push an image, four blobs at a time; the name comes last."""
        named = _required(reference)
        publication = Publication.of(content)
        pusher = Pusher(session=self._session(named, "pull,push"), chunk_size=self._chunk_size)
        mapped(publication.blobs, pusher.blob)
        for descriptor, text in publication.manifests:
            pusher.manifest(descriptor, text, str(descriptor.digest))
        top, text = publication.top
        if publication.attachments and not publication.manifests:
            pusher.manifest(top, text, str(top.digest))
        for descriptor, attached in publication.attachments:
            self._attach(pusher, descriptor, attached)
        if named.digest and named.digest != top.digest:
            raise ImageError(
                f"{named} cannot be written", why=f"the image's digest is {top.digest}"
            )
        pusher.manifest(top, text, named.tag or str(top.digest))
        return top

    def find(self, reference: Reference | None) -> Descriptor | None:
        """Return what a reference stands for."""
        named = _required(reference)
        return Puller(session=self._session(named, "pull"), cache=self._cache).top()

    def _session(self, reference: Reference, actions: str) -> Session:
        return Session(
            transport=self._transport,
            authorizer=self._authorizer,
            reference=reference,
            actions=actions,
        )

    def _attach(self, pusher: Pusher, descriptor: Descriptor, content: bytes) -> None:
        """Store an attachment; registries that keep no referrers get them listed under a tag."""
        answer = pusher.manifest(descriptor, content, str(descriptor.digest))
        subject = Manifest(content=content).subject
        if "oci-subject" in answer.headers or subject is None:
            return
        tag = f"{subject.digest.algorithm}-{subject.digest.hex}"
        listed = self._listed(replace(pusher.session.reference, tag=tag, digest=None))
        if descriptor.digest in {one.digest for one in listed}:
            return
        index = Index.compose((*listed, descriptor), media_type=OCI_INDEX)
        pusher.manifest(index.descriptor, index.content, tag)

    def _listed(self, reference: Reference) -> tuple[Descriptor, ...]:
        puller = Puller(session=self._session(reference, "pull"), cache=self._cache)
        if puller.top() is None:
            return ()
        return Index(content=puller.document(puller.fetched())).manifests


def _required(reference: Reference | None) -> Reference:
    if reference is None:
        raise ImageError("an image in a registry has a name", hint="Name it: registry/app:1.")
    return reference
