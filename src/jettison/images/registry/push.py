"""Sending: blobs that are not there yet, then manifests, then the name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import BinaryIO, TypeVar
from urllib.parse import urlencode, urljoin

from msgspec import Struct

from jettison.errors import NetworkError, TransientNetworkError
from jettison.images.assembly import Blob
from jettison.images.descriptor import Descriptor
from jettison.images.registry.session import Session
from jettison.images.registry.transport import Answer, failure
from jettison.images.stream import CHUNK, checked, chunks_of

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
            raise failure(answer, self.session.reference, "tell which layers it has of")
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
                location, offset = self._resumed(blob, location)
            else:
                return

    def _send(self, blob: Blob, location: str, offset: int, chunk_size: int) -> None:
        """Send what is left from ``offset`` on, all but the last part in chunks."""
        digest, size = blob.descriptor.digest, blob.descriptor.size
        with checked(blob.open(), digest, size, f"the blob {digest}") as stream:
            for _ in _part(stream, offset):
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
        body = _part(stream, count)
        answer = self.session.ask("PATCH", location, headers=headers, body=body, length=count)
        if answer.status in _NO_CHUNKS:
            raise _NoChunksError
        self._require(answer, {HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}, "take a layer of")
        return self._location(answer, location)

    def _resumed(self, blob: Blob, location: str) -> tuple[str, int]:
        """Return where an upload goes on, or a new upload's address and 0."""
        answer = self.session.ask("GET", location)
        last = answer.headers.get("range", "").rpartition("-")[2]
        # A registry that has nothing says 0-0 too, so one byte counts as none.
        if answer.status == HTTPStatus.NO_CONTENT and last.isdigit() and int(last):
            return self._location(answer, location), int(last) + 1
        return self._patiently(lambda: self._begin(blob)), 0

    def _patiently(self, action: Callable[[], Result]) -> Result:
        transport = self.session.transport
        for attempt in range(1, transport.attempts):
            try:
                return action()
            except TransientNetworkError:
                transport.pause(attempt)
        return action()

    def _location(self, answer: Answer, default: str) -> str:
        location = answer.headers.get("location", default)
        if not location:
            raise NetworkError(f"{self.session.reference.registry} gave no address for an upload")
        return urljoin(self.session.url(""), location)

    def _require(self, answer: Answer, wanted: set[HTTPStatus], doing: str) -> None:
        if answer.status not in wanted:
            raise failure(answer, self.session.reference, doing)


def _part(stream: BinaryIO, count: int) -> Iterator[bytes]:
    """Read the next ``count`` bytes."""
    while count and (chunk := stream.read(min(count, CHUNK))):
        count -= len(chunk)
        yield chunk
