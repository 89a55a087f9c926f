"""A polite HTTP client for package indexes: few requests, retries with a pause, one identity."""

from __future__ import annotations

import os
import ssl
import threading
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from jettison import __version__
from jettison.distributions.credentials import Credentials, basic_user
from jettison.errors import NetworkError

USER_AGENT = f"jettison/{__version__}"
_CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_RETRIED = (429, 500, 502, 503, 504)
_LONGEST_PAUSE = 20.0
_CHUNK = 1 << 18
_OK, _PARTIAL, _NOT_MODIFIED = 200, 206, 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response whose body was read: ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def partial(self) -> bool:
        """Whether the server sent the asked range and not the whole."""
        return self.status == _PARTIAL

    @property
    def not_modified(self) -> bool:
        """Whether the cached copy is still good."""
        return self.status == _NOT_MODIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What was sent and received over the network, and what the disk cache answered instead."""

    requests: int = 0
    bytes_received: int = 0
    cache_hits: int = 0


class Client:
    """GET with retries; safe to share between threads.

    After the first connection that cannot be made to a host, further requests to it fail at once,
    so that a machine without a network waits a single time.
    """

    def __init__(
        self,
        *,
        credentials: Credentials | None = None,
        threads: int = 8,
        backoff: float = 0.5,
        timeout: float = 30.0,
    ) -> None:
        self._credentials = credentials or Credentials()
        self._threads = threads
        self._pools: _Pools | None = None
        self._backoff = backoff
        self._timeout = urllib3.Timeout(connect=min(10.0, timeout), read=timeout)
        self._lock = threading.Lock()
        self._unreachable: dict[str, str] = {}
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
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise NetworkError(f"{host} cannot be reached", why=self._unreachable[host])
        sent = {"user-agent": USER_AGENT, **self._credentials.for_url(url), **(headers or {})}
        try:
            answer, reason = self._exchange(url, sent, limit)
        except HTTPError as error:
            why = self._note(host, error)
            raise NetworkError(f"{host} did not answer", why=why) from error
        if answer.status not in {_OK, _PARTIAL, _NOT_MODIFIED, *expected}:
            raise NetworkError(f"{_safe(url)} answered {answer.status} {reason}".rstrip())
        if len(answer.body) > limit:
            raise NetworkError(f"{_safe(url)} is larger than {limit} bytes")
        return answer

    def chunks(self, url: str) -> Iterator[bytes]:
        """GET ``url`` and yield its body as it comes, as the server stores it.

        Raises NetworkError as ``get`` does, and when the body is cut short.
        """
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise NetworkError(f"{host} cannot be reached", why=self._unreachable[host])
        sent = {"user-agent": USER_AGENT, "accept-encoding": "identity"}
        try:
            yield from self._stream(url, {**sent, **self._credentials.for_url(url)})
        except HTTPError as error:
            raise NetworkError(f"{host} did not answer", why=self._note(host, error)) from error

    def _stream(self, address: str, headers: Mapping[str, str]) -> Iterator[bytes]:
        response = self._opened().for_url(address).request(
            "GET", address, headers=headers, retries=self._retries(), timeout=self._timeout,
            preload_content=False,
        )  # fmt: skip
        try:
            if response.status != _OK:
                raise NetworkError(f"{_safe(address)} answered {response.status} {response.reason}")
            for chunk in response.stream(_CHUNK, decode_content=False):
                self._count(0, len(chunk))
                yield chunk
            self._count(1, 0)
        finally:
            response.close()
            response.release_conn()

    def _exchange(self, address: str, headers: Mapping[str, str], limit: int) -> tuple[Answer, str]:
        pool = self._opened().for_url(address)
        response = pool.request(
            "GET", address, headers=headers, retries=self._retries(), timeout=self._timeout,
            preload_content=False,
        )  # fmt: skip
        body = b""
        try:
            body = response.read(limit + 1, decode_content=True)
            while len(body) <= limit and (more := response.read(limit + 1, decode_content=True)):
                body += more
        finally:
            # Of a body that is too long the rest is not read: that connection cannot be used again.
            response.release_conn() if len(body) <= limit else response.close()
        history = response.retries.history if response.retries else ()
        self._count(1 + len(history), len(body))
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status, headers=names, body=body), response.reason or ""

    def _opened(self) -> _Pools:
        """Open the pools when they are first needed: reading the certificates takes a while."""
        with self._lock:
            if self._pools is None:
                self._pools = _pools(self._threads)
            return self._pools

    def _retries(self) -> urllib3.Retry:
        return _BoundedRetry(
            total=5, connect=2, read=2, redirect=5, status=4,
            status_forcelist=_RETRIED, allowed_methods=("GET",),
            backoff_factor=self._backoff, backoff_max=_LONGEST_PAUSE, raise_on_status=False,
        )  # fmt: skip

    def _count(self, requests: int, received: int) -> None:
        with self._lock:
            self._requests += requests
            self._received += received

    def _note(self, host: str, error: HTTPError) -> str:
        """Remember a host that cannot be reached at all, and say why in words."""
        self._count(1, 0)
        cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
        why = str(cause).rpartition("object at 0x")[2].partition(": ")[2] or str(cause)
        if isinstance(cause, NewConnectionError | ProxyError | SSLError):
            self._unreachable[host] = why
        return why


class _BoundedRetry(urllib3.Retry):
    """Waits as long as the server asks, but not longer than a person would."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class _Pools:
    """Direct connections and, by scheme, those through a proxy."""

    direct: urllib3.PoolManager
    proxied: Mapping[str, urllib3.PoolManager]

    def for_url(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxied = self.proxied.get(parts.scheme) or self.proxied.get("all")
        if proxied is None or urllib.request.proxy_bypass(parts.hostname or ""):
            return self.direct
        return proxied


def _pools(threads: int) -> _Pools:
    context = _certificates()
    proxies = {
        scheme: urllib3.ProxyManager(
            address, maxsize=threads, block=True, ssl_context=context,
            proxy_headers=urllib3.make_headers(proxy_basic_auth=basic_user(address)),
        )
        for scheme, address in urllib.request.getproxies().items()
        if scheme in {"http", "https", "all"} and address.startswith(("http://", "https://"))
    }  # fmt: skip
    direct = urllib3.PoolManager(maxsize=threads, block=True, ssl_context=context)
    return _Pools(direct, proxies)


def _certificates() -> ssl.SSLContext:
    """Trust the system's certificates and those that the usual variables name."""
    context = ssl.create_default_context()
    named = {os.environ.get(variable, "") for variable in _CERTIFICATE_VARIABLES}
    # OpenSSL reads what SSL_CERT_FILE names by itself.
    for path in sorted(named - {"", os.environ.get("SSL_CERT_FILE", "")}):
        if Path(path).is_file():
            context.load_verify_locations(cafile=path)
    return context


def _safe(url: str) -> str:
    """Give an address without its query, which may hold a signature."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
