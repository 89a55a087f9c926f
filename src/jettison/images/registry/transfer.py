"""Pull images from a registry and push them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import BinaryIO, TypeVar
from urllib.parse import urlencode

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError

from jettison.errors import ImageError, IntegrityError, NetworkError, TransientNetworkError
from jettison.images.assembly import LARGEST_DOCUMENT, Blob
from jettison.images.descriptor import Descriptor
from jettison.images.digest import INDEXES, MANIFESTS, Digest, decode, text_field
from jettison.images.registry.session import Session
from jettison.images.registry.transport import Answer, failure, pieces, unreachable
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stream import checked, chunks_of, next_bytes
from jettison.values import whole_number

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
        self._require_ok(answer, "say what it has as")
        digest, length = (
            answer.headers.get("docker-content-digest"),
            answer.headers.get("content-length"),
        )
        size = whole_number(length or "")
        if not digest or size is None:
            return self.fetched()
        return Descriptor(media_type=_media_type(answer), digest=Digest.parse(digest), size=size)

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
            begun, since = offset, time.monotonic()
            try:
                for chunk in self._from(descriptor, offset):
                    offset += len(chunk)
                    yield chunk
            except HTTPError as error:
                attempt = 0 if offset - begun >= _PROGRESS else attempt + 1
                transport.lost(time.monotonic() - since if attempt else 0.0)
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


# A larger blob goes in chunks, so that a broken connection or a proxy's limit costs one of them.
CHUNK_SIZE = 32 << 20
_OCTETS = {"Content-Type": "application/octet-stream"}
# What registries that take no chunks answer to one.
_NO_CHUNKS = frozenset({400, 404, 405, 411, 415, 416, 501})
Result = TypeVar("Result")


class _NoChunksError(Exception):
    """The registry does not take a blob in chunks."""


class Pusher(Struct, frozen=True, kw_only=True):
    """Writes to one repository."""

    session: Session
    chunk_size: int = CHUNK_SIZE

    def blob(self, blob: Blob) -> None:
        """Send a blob unless the repository has it; from a sister repository it is mounted."""
        if self._has(blob.descriptor):
            return
        location = self._patiently(lambda: self._begin(blob))
        if location:
            self._upload(blob, location)

    def manifest(self, descriptor: Descriptor, content: bytes, target: str) -> Answer:
        """Store a manifest or an index under a tag or its digest."""
        headers = {"Content-Type": descriptor.media_type}
        answer = self.session.ask("PUT", f"manifests/{target}", headers=headers, body=content)
        self._require(answer, {HTTPStatus.CREATED, HTTPStatus.OK, HTTPStatus.ACCEPTED}, "take")
        return answer

    def _has(self, descriptor: Descriptor) -> bool:
        answer = self.session.ask("HEAD", f"blobs/{descriptor.digest}")
        if answer.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise failure(answer, self.session.reference, "say which layers it has of")
        return answer.status == HTTPStatus.OK

    def _begin(self, blob: Blob) -> str:
        """Start an upload and return its address, or nothing when the blob was mounted."""
        home, target = blob.home, self.session.reference
        if home and home.registry == target.registry and home.repository != target.repository:
            query = urlencode({"mount": str(blob.descriptor.digest), "from": home.repository})
            answer = self.session.mounting(home.repository).ask("POST", f"blobs/uploads/?{query}")
            if answer.status == HTTPStatus.CREATED:
                return ""
            if answer.status == HTTPStatus.ACCEPTED:
                return self._location(answer, "")
        answer = self.session.ask("POST", "blobs/uploads/", headers={"Content-Length": "0"})
        self._require(answer, {HTTPStatus.ACCEPTED}, "take a layer of")
        return self._location(answer, "")

    def _upload(self, blob: Blob, location: str) -> None:
        transport = self.session.transport
        chunk_size = self.chunk_size
        offset = attempt = 0
        while True:
            try:
                self._send(blob, location, offset, chunk_size)
            except _NoChunksError:
                chunk_size = blob.descriptor.size
                location, offset = self._patiently(lambda: self._begin(blob)), 0
            except TransientNetworkError:
                attempt += 1
                if attempt >= transport.attempts:
                    raise
                transport.pause(attempt)
                if self._has(blob.descriptor):
                    return
                reached = offset
                location, offset = self._resumed(blob, location)
                if offset <= reached and not transport.is_patient:
                    raise
            else:
                return

    def _send(self, blob: Blob, location: str, offset: int, chunk_size: int) -> None:
        """Send what is left from ``offset`` on, all but the last part in chunks."""
        digest, size = blob.descriptor.digest, blob.descriptor.size
        with checked(blob.open(), digest, size, f"the blob {digest}") as stream:
            for _ in next_bytes(stream, offset):
                """These bytes the registry has already."""
            while size - offset > chunk_size:
                location = self._chunk(stream, location, offset, chunk_size)
                offset += chunk_size
            separator = "&" if "?" in location else "?"
            url = f"{location}{separator}{urlencode({'digest': str(digest)})}"
            # To the end of the stream, which checks the digest there.
            rest = chunks_of(stream)
            answer = self.session.ask("PUT", url, headers=_OCTETS, body=rest, length=size - offset)
        self._require(answer, {HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}, "take a layer of")

    def _chunk(self, stream: BinaryIO, location: str, offset: int, count: int) -> str:
        headers = {**_OCTETS, "Content-Range": f"{offset}-{offset + count - 1}"}
        body = next_bytes(stream, count)
        answer = self.session.ask("PATCH", location, headers=headers, body=body, length=count)
        if answer.status in _NO_CHUNKS:
            raise _NoChunksError
        self._require(answer, {HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}, "take a layer of")
        return self._location(answer, location)

    def _resumed(self, blob: Blob, location: str) -> tuple[str, int]:
        """Return where an upload goes on, or a new upload's address and 0."""
        answer = self.session.ask("GET", location)
        last = whole_number(answer.headers.get("range", "").rpartition("-")[2]) or 0
        # A registry that has nothing says 0-0 too, so one byte counts as none.
        if answer.status == HTTPStatus.NO_CONTENT and 0 < last < blob.descriptor.size:
            return self._location(answer, location), last + 1
        return self._patiently(lambda: self._begin(blob)), 0

    def _patiently(self, action: Callable[[], Result]) -> Result:
        transport = self.session.transport
        for attempt in range(1, transport.attempts):
            try:
                return action()
            except TransientNetworkError:
                if not transport.is_patient:
                    raise
                transport.pause(attempt)
        return action()

    def _location(self, answer: Answer, default: str) -> str:
        location = answer.headers.get("location", default)
        if not location:
            raise NetworkError(f"{self.session.reference.registry} gave no address for an upload")
        return self.session.url(location)

    def _require(self, answer: Answer, wanted: set[HTTPStatus], doing: str) -> None:
        if answer.status not in wanted:
            raise failure(answer, self.session.reference, doing)
