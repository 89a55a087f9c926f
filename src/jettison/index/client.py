"""A polite client for package indexes: few requests, one identity, wheels read by ranges."""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jettison import __version__
from jettison.errors import IntegrityError, NetworkError
from jettison.index import WheelFile
from jettison.index.index_settings import (
    NOT_MODIFIED,
    OK,
    PARTIAL,
    Answer,
    Credentials,
    IndexSettings,
    NoAnswerError,
)

if TYPE_CHECKING:
    from jettison.index.http import Transport

_OVERLOADED = frozenset({429, 502, 503, 504})
_MOST_REFUSALS = 3
# Larger than any wheel: what has no end fills no disk.
LARGEST_FILE = 8 << 30
USER_AGENT = f"jettison/{__version__}"


class Client:
    """GET with retries; safe to share between threads.

    After the first connection that cannot be made to a host, further requests to it fail at once,
    so that a machine without a network waits a single time. ``backoff`` is the first pause before
    a retry and ``timeout`` the longest silence of a server, both in seconds.
    """

    def __init__(
        self,
        *,
        credentials: Credentials | None = None,
        settings: IndexSettings | None = None,
        backoff: float = 0.5,
        timeout: float = 30.0,
    ) -> None:
        self._credentials = credentials or Credentials()
        self._settings = settings or IndexSettings()
        self._patience = {"backoff": backoff, "timeout": timeout}
        self._transport: Transport | None = None
        self._lock = threading.Lock()
        self._unreachable: dict[str, tuple[str, str]] = {}
        self._refusals: dict[str, int] = {}

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        limit: int,
        expected: Collection[int] = (),
    ) -> Answer:
        """GET ``url`` and read the whole body of at most ``limit`` bytes.

        Raises NetworkError when no answer comes, the status is not 200, 206, 304 or one that is
        ``expected``, or the body is cut short or longer than ``limit``.
        """
        self._require_reachable(url)
        try:
            answer = self._opened().get(url, self._headers(url, headers or {}), limit)
        except NoAnswerError as error:
            raise self._failure(url, error) from error
        if answer.status not in {OK, PARTIAL, NOT_MODIFIED, *expected}:
            if answer.status in _OVERLOADED:
                self._count_refusal(url, f"it answered {answer.status} again and again")
            raise NetworkError(f"{_safe(url)} answered {answer.status} {answer.reason}".rstrip())
        if not answer.whole:
            raise NetworkError(f"{_safe(url)} is larger than {limit} bytes")
        return answer

    def chunks(self, url: str, *, limit: int = LARGEST_FILE) -> Iterator[bytes]:
        """GET ``url`` and yield its body as it comes, as the server stores it.

        Raises IntegrityError when it is longer than ``limit``, NetworkError when the status is not
        200, and as ``get`` does.
        """
        count = 0
        self._require_reachable(url)
        headers = self._headers(url, {"accept-encoding": "identity"})
        try:
            with self._opened().stream(url, headers) as (answer, chunks):
                if answer.status != OK:
                    reason = f"{answer.status} {answer.reason}".rstrip()
                    raise NetworkError(f"{_safe(url)} answered {reason}")
                for chunk in chunks:
                    count += len(chunk)
                    if count > limit:
                        raise IntegrityError(f"{_safe(url)} is larger than {limit} bytes")
                    yield chunk
        except NoAnswerError as error:
            raise self._failure(url, error) from error

    def _count_refusal(self, url: str, why: str, hint: str = "") -> None:
        """Give up a host after several requests that took all their pauses or redirects."""
        host = urlsplit(url).netloc
        self._refusals[host] = self._refusals.get(host, 0) + 1
        if self._refusals[host] >= _MOST_REFUSALS:
            self._unreachable[host] = why, hint

    def _require_reachable(self, url: str) -> None:
        host = urlsplit(url).netloc
        if host in self._unreachable:
            why, hint = self._unreachable[host]
            raise NetworkError(f"{host} cannot be reached", why=why, hint=hint)

    def _headers(self, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        return {"user-agent": USER_AGENT, **self._credentials.for_url(url), **headers}

    def _failure(self, url: str, error: NoAnswerError) -> NetworkError:
        """Remember a host that cannot be reached, and say why in words."""
        host = urlsplit(url).netloc
        hint = error.hint or f"Check that {host} is the right server, or set another one."
        if error.lasting:
            self._unreachable[host] = error.why, hint
        elif error.circles:
            self._count_refusal(url, error.why, hint)
        return NetworkError(f"{host} did not answer", why=error.why, hint=hint)

    def _opened(self) -> Transport:
        """Open when first needed: what the cache can answer shall not wait for certificates."""
        with self._lock:
            if self._transport is None:
                from jettison.index.http import Transport  # noqa: PLC0415  # takes 60 ms

                known = self._settings
                self._transport = Transport(
                    **self._patience, trusted=known.trusted, bundle=known.bundle
                )
            return self._transport


def _safe(url: str) -> str:
    """Give an address without its query, which may hold a signature."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


# Small wheels are fetched whole: one request then, and the hash can be checked.
_WHOLE_BELOW = 96 << 10


_SMALLEST_TAIL, _LARGEST_TAIL = 48 << 10, 256 << 10


# Without ranges a wheel is fetched whole, but not one that would hold up a plan for minutes.
_LARGEST_WHEEL = 64 << 20


_AROUND = 16 << 10


_NO_SUCH_RANGE = 416


def open_wheel(client: Client, wheel: WheelFile) -> io.BufferedIOBase:
    """Open a wheel as a file of which the pieces that are read are fetched."""
    if wheel.size is not None and wheel.size <= _WHOLE_BELOW:
        return _whole(client, wheel)
    headers = {"range": f"bytes={_tail_range(wheel.size)}", "accept-encoding": "identity"}
    answer = client.get(wheel.url, headers, limit=_LARGEST_WHEEL, expected=(_NO_SUCH_RANGE,))
    if answer.status == _NO_SUCH_RANGE:
        return _whole(client, wheel)
    if not answer.partial:
        return _checked(answer, wheel)
    start, total = _content_range(answer)
    return _RangeFile(_fetcher(client, wheel.url), start, total, answer.body)


def _tail_range(size: int | None) -> str:
    if size is None:
        return f"-{_SMALLEST_TAIL}"
    tail = min(max(size // 24, _SMALLEST_TAIL), _LARGEST_TAIL, size)
    return f"{size - tail}-{size - 1}"


def _whole(client: Client, wheel: WheelFile) -> io.BytesIO:
    headers = {"accept-encoding": "identity"}
    return _checked(client.get(wheel.url, headers, limit=_LARGEST_WHEEL), wheel)


def _checked(answer: Answer, wheel: WheelFile) -> io.BytesIO:
    if wheel.sha256 and hashlib.sha256(answer.body).hexdigest() != wheel.sha256:
        raise NetworkError(f"{wheel.filename} does not match its hash")
    return io.BytesIO(answer.body)


def _content_range(answer: Answer) -> tuple[int, int]:
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers.get("content-range", ""))
    if match is None:
        raise ValueError("the range that was sent is not stated")
    start, end, total = (int(one) for one in match.groups())
    if end - start + 1 != len(answer.body) or end >= total:
        raise ValueError("the range that was sent is cut short")
    return start, total


def _fetcher(client: Client, url: str) -> Callable[[int, int], bytes]:
    def fetch(start: int, end: int) -> bytes:
        headers = {"range": f"bytes={start}-{end - 1}", "accept-encoding": "identity"}
        answer = client.get(url, headers, limit=_LARGEST_WHEEL)
        if not answer.partial or _content_range(answer)[0] != start:
            raise ValueError("the server stopped serving ranges")
        return answer.body

    return fetch


class _RangeFile(io.BufferedIOBase):
    """A remote file of which the pieces that are read are fetched; ``end`` is exclusive."""

    def __init__(
        self, fetch: Callable[[int, int], bytes], start: int, total: int, tail: bytes
    ) -> None:
        self._fetch = fetch
        self._total = total
        self._place = 0
        self._pieces: list[tuple[int, bytes]] = [(start, tail)]

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._total}[whence]
        self._place = max(0, origin + offset)
        return self._place

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._total - self._place if size is None or size < 0 else size
        end = min(self._place + wanted, self._total)
        if end <= self._place:
            return b""
        piece = self._piece(self._place, end)
        self._place = end
        return piece

    def _piece(self, start: int, end: int) -> bytes:
        for first, content in self._pieces:
            if first <= start and end <= first + len(content):
                return content[start - first : end - first]
        # The metadata lies before the directory and members lie close together, so a piece is
        # fetched with its surroundings, up to the next one that is known.
        known = min((first for first, _ in self._pieces if first > start), default=self._total)
        since = max(0, start - _AROUND)
        until = max(end, min(end + _AROUND, known))
        content = self._fetch(since, until)
        self._pieces.append((since, content))
        return content[start - since : end - since]
