"""A polite client for package indexes: few requests, one identity, no waiting twice in vain."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from jettison import __version__
from jettison.errors import NetworkError
from jettison.index.settings import (
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
_MOST_OVERLOADS = 3
USER_AGENT = f"jettison/{__version__}"


class Statistics(Struct, frozen=True, kw_only=True):
    """What was sent and received over the network, and what the disk cache answered instead."""

    requests: int = 0
    bytes_received: int = 0
    cache_hits: int = 0


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
        threads: int = 8,
        backoff: float = 0.5,
        timeout: float = 30.0,
    ) -> None:
        self._credentials = credentials or Credentials()
        self._settings = settings or IndexSettings()
        self._patience = {"threads": threads, "backoff": backoff, "timeout": timeout}
        self._transport: Transport | None = None
        self._lock = threading.Lock()
        self._unreachable: dict[str, tuple[str, str]] = {}
        self._overloads: dict[str, int] = {}
        self._requests = 0
        self._received = 0

    @property
    def statistics(self) -> Statistics:
        """Counts so far; a retry and a redirect are requests too."""
        with self._lock:
            return Statistics(requests=self._requests, bytes_received=self._received)

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
        self._count(answer.requests, len(answer.body))
        if answer.status not in {OK, PARTIAL, NOT_MODIFIED, *expected}:
            self._count_refusal(url, answer)
            raise NetworkError(f"{_safe(url)} answered {answer.status} {answer.reason}".rstrip())
        if not answer.whole:
            raise NetworkError(f"{_safe(url)} is larger than {limit} bytes")
        return answer

    def chunks(self, url: str) -> Iterator[bytes]:
        """GET ``url`` and yield its body as it comes, as the server stores it.

        Raises NetworkError when the status is not 200, and as ``get`` does.
        """
        self._require_reachable(url)
        headers = self._headers(url, {"accept-encoding": "identity"})
        try:
            with self._opened().stream(url, headers) as (answer, chunks):
                self._count(answer.requests, 0)
                if answer.status != OK:
                    reason = f"{answer.status} {answer.reason}".rstrip()
                    raise NetworkError(f"{_safe(url)} answered {reason}")
                for chunk in chunks:
                    self._count(0, len(chunk))
                    yield chunk
        except NoAnswerError as error:
            raise self._failure(url, error) from error

    def _count_refusal(self, url: str, answer: Answer) -> None:
        """Give up a host that was overloaded for several requests, with all their pauses."""
        host = urlsplit(url).netloc
        if answer.status in _OVERLOADED:
            self._overloads[host] = self._overloads.get(host, 0) + 1
            if self._overloads[host] >= _MOST_OVERLOADS:
                self._unreachable[host] = f"it answered {answer.status} again and again", ""

    def _require_reachable(self, url: str) -> None:
        host = urlsplit(url).netloc
        if host in self._unreachable:
            why, hint = self._unreachable[host]
            raise NetworkError(f"{host} cannot be reached", why=why, hint=hint)

    def _headers(self, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        return {"user-agent": USER_AGENT, **self._credentials.for_url(url), **headers}

    def _failure(self, url: str, error: NoAnswerError) -> NetworkError:
        """Count the attempt, remember a host that cannot be reached, and say why in words."""
        host = urlsplit(url).netloc
        self._count(1, 0)
        if error.lasting:
            self._unreachable[host] = error.why, error.hint
        return NetworkError(f"{host} did not answer", why=error.why, hint=error.hint)

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

    def _count(self, requests: int, received: int) -> None:
        with self._lock:
            self._requests += requests
            self._received += received


def _safe(url: str) -> str:
    """Give an address without its query, which may hold a signature."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
