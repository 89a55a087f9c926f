"""A polite HTTP client for package indexes: few requests, retries with a pause, one identity."""

from __future__ import annotations

import os
import ssl
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from jettison import __version__
from jettison.errors import NetworkError

USER_AGENT = f"jettison/{__version__}"
_CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_RETRIED = (429, 500, 502, 503, 504)
_LONGEST_PAUSE = 20.0
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

    def __init__(self, *, threads: int = 8, backoff: float = 0.5, timeout: float = 30.0) -> None:
        self._pools = _pools(threads)
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

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, limit: int) -> Answer:
        """GET ``url`` and read the whole body of at most ``limit`` bytes.

        Raises NetworkError when no answer comes, the status is not 200, 206 or 304, or the body
        is cut short or longer than ``limit``.
        """
        address, credentials = split_credentials(url)
        host = urlsplit(address).netloc
        if host in self._unreachable:
            raise NetworkError(f"{host} cannot be reached", why=self._unreachable[host])
        sent = {"user-agent": USER_AGENT, **credentials, **(headers or {})}
        try:
            return self._exchange(address, sent, limit)
        except HTTPError as error:
            why = self._note(host, error)
            raise NetworkError(f"{host} did not answer", why=why) from error

    def _exchange(self, address: str, headers: Mapping[str, str], limit: int) -> Answer:
        pool = self._pools.for_url(address)
        response = pool.request(
            "GET", address, headers=headers, retries=self._retries(), timeout=self._timeout,
            preload_content=False,
        )  # fmt: skip
        try:
            body = response.read(limit + 1, decode_content=True)
            while len(body) <= limit and (more := response.read(limit + 1, decode_content=True)):
                body += more
        finally:
            response.release_conn()
        history = response.retries.history if response.retries else ()
        self._count(1 + len(history), len(body))
        if response.status not in {_OK, _PARTIAL, _NOT_MODIFIED}:
            raise NetworkError(f"{_safe(address)} answered {response.status} {response.reason}")
        if len(body) > limit:
            response.close()
            raise NetworkError(f"{_safe(address)} is larger than {limit} bytes")
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status, headers=names, body=body)

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
            proxy_headers=urllib3.make_headers(proxy_basic_auth=_user(address)),
        )
        for scheme, address in urllib.request.getproxies().items()
        if scheme in {"http", "https", "all"} and address.startswith(("http://", "https://"))
    }  # fmt: skip
    direct = urllib3.PoolManager(maxsize=threads, block=True, ssl_context=context)
    return _Pools(direct, proxies)


def _certificates() -> ssl.SSLContext:
    """Trust the system's certificates and those that the usual variables name."""
    context = ssl.create_default_context()
    for variable in _CERTIFICATE_VARIABLES:
        path = os.environ.get(variable)
        if path and os.path.isfile(path):  # noqa: PTH113  # a name from outside, used as it is
            context.load_verify_locations(cafile=path)
    return context


def _user(address: str) -> str | None:
    parts = urlsplit(address)
    if not parts.username:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def split_credentials(url: str) -> tuple[str, dict[str, str]]:
    """Take ``user:password@`` out of an address and give the header that replaces it."""
    parts = urlsplit(url)
    user = _user(url)
    if user is None:
        return url, {}
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(bare), urllib3.make_headers(basic_auth=user)


def _safe(url: str) -> str:
    """Give an address without its query, which may hold a signature."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
