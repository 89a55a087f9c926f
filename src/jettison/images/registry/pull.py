"""Fetching: manifests whole, blobs as streams into the cache, resumed where they broke."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import BinaryIO

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError

from jettison.errors import ImageError, IntegrityError
from jettison.images.assembly import LARGEST_DOCUMENT
from jettison.images.descriptor import Descriptor
from jettison.images.digest import INDEXES, MANIFESTS, Digest, decode, text_field
from jettison.images.registry.session import Session
from jettison.images.registry.transport import Answer, failure, pieces, unreachable
from jettison.images.stores.blobs import BlobDirectory

_ACCEPT = ", ".join(sorted(MANIFESTS | INDEXES))
# A server that breaks off is asked again as long as it gives this much each time.
_PROGRESS = 1 << 20


class Puller(Struct, frozen=True, kw_only=True):
    """Reads one repository through a cache."""

    session: Session
    cache: BlobDirectory

    def top(self) -> Descriptor | None:
        """Return what the reference stands for, or None when the registry does not know it."""
        answer = self._manifest("HEAD", self.session.reference.target)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        self._require_ok(answer, "tell what it has as")
        digest, length = (
            answer.headers.get("docker-content-digest"),
            answer.headers.get("content-length"),
        )
        if not digest or not length or not length.isdecimal():
            return self.fetched()
        media_type = _media_type(answer)
        return Descriptor(media_type=media_type, digest=Digest.parse(digest), size=int(length))

    def fetched(self) -> Descriptor:
        """Fetch the manifest or index that the reference stands for into the cache.

        A digest that the cache knows is not asked for.
        """
        reference = self.session.reference
        if reference.digest and (known := self._known(reference.digest)):
            return known
        answer = self._manifest("GET", reference.target)
        self._require_ok(answer, "give")
        digest = reference.digest or Digest.of(answer.body)
        announced = answer.headers.get("docker-content-digest")
        if not reference.digest and announced and announced.startswith("sha256:"):
            digest = Digest.parse(announced)
        descriptor = Descriptor(
            media_type=_media_type(answer), digest=digest, size=len(answer.body)
        )
        self.cache.add(descriptor, (answer.body,), f"the manifest of {reference}")
        return descriptor

    def document(self, descriptor: Descriptor) -> bytes:
        """Return a manifest, an index or a config, from the cache when it is there."""
        if descriptor.size > LARGEST_DOCUMENT:
            raise ImageError(f"{self.session.reference} has a document of {descriptor.size} bytes")
        is_manifest = descriptor.media_type in MANIFESTS | INDEXES
        if is_manifest and not self.cache.has(descriptor):
            answer = self._manifest("GET", str(descriptor.digest))
            self._require_ok(answer, "give a manifest of")
            self.cache.add(descriptor, (answer.body,), self._name(descriptor))
        with self.open(descriptor) as stream:
            return stream.read()

    def open(self, descriptor: Descriptor) -> BinaryIO:
        """Open a blob, fetched into the cache first unless it is there."""
        if not self.cache.has(descriptor):
            self.cache.add(descriptor, self._chunks(descriptor), self._name(descriptor))
        return self.cache.open(descriptor)

    def _known(self, digest: Digest) -> Descriptor | None:
        size = self.cache.size(digest)
        if size is None or size > LARGEST_DOCUMENT:
            return None
        plain = Descriptor(media_type="", digest=digest, size=size)
        with self.cache.open(plain) as stream:
            fields = decode(stream.read(), f"the manifest {digest}")
        media_type = text_field(fields, "mediaType")
        return Descriptor(media_type=media_type, digest=digest, size=size) if media_type else None

    def _manifest(self, method: str, target: str) -> Answer:
        return self.session.ask(method, f"manifests/{target}", headers={"Accept": _ACCEPT})

    def _chunks(self, descriptor: Descriptor) -> Iterator[bytes]:
        """Fetch a blob; a connection that breaks is taken up again where it broke."""
        transport = self.session.transport
        offset = attempt = 0
        while True:
            begun = offset
            try:
                for chunk in self._from(descriptor, offset):
                    offset += len(chunk)
                    yield chunk
            except HTTPError as error:
                attempt = 0 if offset - begun >= _PROGRESS else attempt + 1
                if attempt >= transport.attempts or not transport.is_patient:
                    raise unreachable(self.session.url(""), error) from error
                transport.pause(attempt)
            else:
                return

    def _from(self, descriptor: Descriptor, offset: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with self.session.stream(f"blobs/{descriptor.digest}", headers) as response:
            if isinstance(response, Answer):
                raise failure(response, self.session.reference, "give a layer of")
            partial_content = response.status == HTTPStatus.PARTIAL_CONTENT
            self._require_length(response, descriptor.size - offset * partial_content)
            skip = 0 if partial_content else offset
            for chunk in pieces(response):
                rest = chunk[skip:]
                skip -= len(chunk) - len(rest)
                if rest:
                    yield rest

    def _require_length(self, response: urllib3.BaseHTTPResponse, expected: int) -> None:
        with suppress(TypeError, ValueError):
            announced = int(response.headers.get("content-length", ""))
            if announced != expected:
                raise IntegrityError(
                    f"{self.session.reference.registry} sends a blob of another size",
                    why=f"{announced} bytes are announced, the manifest says {expected}",
                )

    def _require_ok(self, answer: Answer, doing: str) -> None:
        if answer.status != HTTPStatus.OK:
            raise failure(answer, self.session.reference, doing)

    def _name(self, descriptor: Descriptor) -> str:
        return f"{descriptor.digest} of {self.session.reference}"


def _media_type(answer: Answer) -> str:
    named = answer.headers.get("content-type", "").partition(";")[0].strip()
    if named in MANIFESTS | INDEXES or not answer.body:
        return named
    return text_field(decode(answer.body, "a manifest"), "mediaType") or named
