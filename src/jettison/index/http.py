"""HTTP by urllib3: pooled connections, retries with a pause, proxies and certificates."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import urllib3
from msgspec import Struct
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    ResponseError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as SilenceError

from jettison.index.index_settings import Answer, NoAnswerError
from jettison.processes.connections import Pools, distrusted, reason_of
from jettison.processes.patience import PART, TooSlowError, parts_within, patient_parts
from jettison.progress import tell_of_waiting
from jettison.values import whole_number

_RETRIED = (429, 500, 502, 503, 504)
_LONGEST_PAUSE = 20.0
# Seconds of pauses and failed attempts of all requests, after which none is tried again.
_ALL_PAUSES = 35.0
_CHUNK = 1 << 18
# As many as threads ask at once.
_CONNECTIONS = 8
_CONNECT_SECONDS = 10.0
# What will not be better for the next address on the same host.
_LASTING = (NewConnectionError, ProxyError, SSLError, SilenceError, TooSlowError)


class Transport:
    """Connections to indexes; ``trusted`` and ``bundle`` are as pip has them."""

    def __init__(
        self,
        *,
        backoff: float,
        timeout: float,
        trusted: Collection[str] = (),
        bundle: str = "",
    ) -> None:
        self._pools = Pools(most=_CONNECTIONS, block=True, bundle=bundle, trusted=trusted)
        self._timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, timeout), read=timeout)
        self._backoff = backoff
        self._lost = _Lost()

    def get(self, url: str, headers: Mapping[str, str], limit: int) -> Answer:
        """GET and read the body, up to ``limit`` bytes; raises NoAnswerError."""
        try:
            response = self._request(url, headers)
            body = _body(response, limit)
        except HTTPError as error:
            raise _no_answer(error) from error
        return _answer(response, body)

    @contextmanager
    def stream(
        self, url: str, headers: Mapping[str, str]
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """GET; the answer has no body, whose chunks follow as they come; raises NoAnswerError."""
        try:
            response = self._request(url, headers)
            try:
                yield _answer(response, b""), patient_parts(response, _CHUNK)
            finally:
                # A body that was not read to its end would be taken for the next answer.
                response.close()
                response.release_conn()
        except HTTPError as error:
            raise _no_answer(error) from error

    def _request(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        try:
            return self._pools.pool(url).request(
                "GET", url, headers=headers, retries=self._retries(), timeout=self._timeout,
                preload_content=False,
            )  # fmt: skip
        except ValueError as error:
            raise HTTPError(f"it redirects to no address: {error}") from error

    def _retries(self) -> urllib3.Retry:
        retries = _BoundedRetry(
            # ``other`` are certificates that are not trusted and proxies that refuse.
            total=5, connect=2, read=2, redirect=5, status=4, other=1,
            status_forcelist=_RETRIED, allowed_methods=("GET",),
            backoff_factor=self._backoff, backoff_max=_LONGEST_PAUSE, raise_on_status=False,
        )  # fmt: skip
        retries.lost = self._lost
        return retries


class _Lost(Struct):
    """The seconds that all requests waited for nothing."""

    seconds: float = 0.0


class _BoundedRetry(urllib3.Retry):
    """Waits as long as the server asks, but no longer than a person would, all requests together.

    Each attempt has one of its own, which begins with the pause before it.
    """

    lost: _Lost

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 — urllib3's own
        super().__init__(*arguments, **options)
        self._begun = time.monotonic()

    def new(self, **changed: Any) -> Self:  # noqa: ANN401 — urllib3's own
        following = super().new(**changed)
        following.lost = self.lost
        return following

    def increment(self, *arguments: Any, **options: Any) -> Self:  # noqa: ANN401 — urllib3's own
        following = super().increment(*arguments, **options)
        response = options.get("response")
        if response is None or not response.get_redirect_location():
            self.lost.seconds += time.monotonic() - self._begun
            if self.lost.seconds > _ALL_PAUSES:
                raise MaxRetryError(options["_pool"], arguments[1], options.get("error"))
        return following

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_PAUSE)

    def sleep_for_retry(self, response: urllib3.BaseHTTPResponse) -> bool:
        tell_of_waiting(self.get_retry_after(response) or 0.0)
        return super().sleep_for_retry(response)


def _answer(response: urllib3.BaseHTTPResponse, body: bytes | None) -> Answer:
    return Answer(
        status=response.status,
        reason=response.reason or "",
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body or b"",
        whole=body is not None,
    )


def _body(response: urllib3.BaseHTTPResponse, limit: int) -> bytes | None:
    """Read the body, None when it is longer than ``limit``, and give the connection back."""
    stated = whole_number(response.headers.get("content-length", ""))
    too_long = stated is not None and stated > limit
    body, size = [], 0
    try:
        for part in () if too_long else parts_within(response, _CHUNK, PART):
            body.append(part)
            size += len(part)
            if size > limit:
                too_long = True
                break
    finally:
        # What is left unread would be taken for the next answer.
        if not response.closed:
            response.close()
        response.release_conn()
    return None if too_long else b"".join(body)


def _no_answer(error: HTTPError) -> NoAnswerError:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    why = reason_of(cause)
    hint = distrusted(why) if isinstance(cause, SSLError) else ""
    hint = "Check HTTPS_PROXY and NO_PROXY." if isinstance(cause, ProxyError) else hint
    circles = isinstance(cause, ResponseError)
    return NoAnswerError(why, lasting=isinstance(cause, _LASTING), circles=circles, hint=hint)
