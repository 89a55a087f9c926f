"""HTTP with patience: retries with back-off, redirects that do not leak credentials."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit
from urllib.request import proxy_bypass

import urllib3
from msgspec import Struct, field
from urllib3.exceptions import HTTPError, SSLError

from jettison import __version__
from jettison.errors import ImageError, JettisonError, NetworkError, TransientNetworkError
from jettison.images.reference import Reference, is_loopback
from jettison.images.stream import CHUNK
from jettison.processes.connections import Pools, distrusted, reason_of
from jettison.processes.patience import PART, parts_within, patient_parts
from jettison.progress import tell_of_waiting
from jettison.values import replace

RETRIED = frozenset({429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_LARGEST_ANSWER = 16 << 20
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 45.0
_LONGEST_WAIT = 60.0
# What one command waits in all, however many requests are put off or not answered.
_ALL_WAITS = 120.0
# More than the transfers that run at once, so that each keeps its connection.
_CONNECTIONS = 8


class Request(Struct, frozen=True, kw_only=True):
    """One request; a ``body`` that is not bytes is read once and needs its ``length``."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | None = None
    length: int | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        whole = self.body is None or isinstance(self.body, bytes)
        return whole and self.method in {"GET", "HEAD", "PUT"}


class Answer(Struct, frozen=True, kw_only=True):
    """A whole, small answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends requests. Safe for several threads."""

    def __init__(self, *, attempts: int = 5, sleep: Callable[[float], None] = time.sleep) -> None:
        """Make a transport; ``attempts`` counts the first, ``sleep`` gets the seconds between."""
        self.attempts = attempts
        self.sleep = sleep
        self._waited = 0.0
        self._pools = Pools(most=_CONNECTIONS, block=False, bypassed=_bypassed)

    def ask(self, request: Request) -> Answer:
        """Send a request and read its answer, at most 16 MiB."""
        with self.stream(request) as response:
            return answer_of(response, request.url)

    @contextmanager
    def stream(self, request: Request) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send a request and give its answer to read; HTTPError may come while it is read."""
        response = self._follow(request)
        try:
            yield response
        finally:
            # What was read to its end keeps its connection, the rest is not worth reading.
            if response.length_remaining:
                response.close()
            response.release_conn()

    def pause(self, attempt: int, asked: str = "") -> None:
        """Wait before the attempt after ``attempt`` (0, 1, …), or as long as a server asked."""
        seconds = 0.25 * 2**attempt
        with suppress(ValueError):
            seconds = max(seconds, float(asked))
        seconds = min(seconds, _LONGEST_WAIT)
        self.lost(seconds)
        tell_of_waiting(seconds)
        self.sleep(seconds)

    def lost(self, seconds: float) -> None:
        """Count time that was waited for nothing."""
        self._waited += seconds

    @property
    def is_patient(self) -> bool:
        """Whether there is patience left: all requests together share it."""
        return self._waited < _ALL_WAITS

    def _follow(self, request: Request) -> urllib3.BaseHTTPResponse:
        for _ in range(_MOST_REDIRECTS):
            response = self._patiently(request)
            target = response.headers.get("location")
            if response.status not in _REDIRECTS or not target or request.method != "GET":
                return response
            response.drain_conn()
            try:
                request = _redirected(request, urljoin(request.url, target))
            except ValueError as error:
                raise NetworkError(
                    f"{urlsplit(request.url).netloc} redirects to nowhere", why=str(error)
                ) from error
        raise NetworkError(
            f"{urlsplit(request.url).netloc} redirects more than {_MOST_REDIRECTS} times"
        )

    def _patiently(self, request: Request) -> urllib3.BaseHTTPResponse:
        attempt = 0
        while True:
            last = attempt + 1 >= self.attempts or not (request.is_repeatable and self.is_patient)
            begun = time.monotonic()
            try:
                response = self._send(request)
            except SSLError as error:
                raise unreachable(request.url, error) from error
            except HTTPError as error:
                self.lost(time.monotonic() - begun)
                if last or not self.is_patient:
                    raise unreachable(request.url, error) from error
                self.pause(attempt)
            else:
                if response.status not in RETRIED or last:
                    return response
                asked = response.headers.get("retry-after", "")
                response.drain_conn()
                self.pause(attempt, asked)
            attempt += 1

    def _send(self, request: Request) -> urllib3.BaseHTTPResponse:
        headers = {
            "User-Agent": f"jettison/{__version__}",
            "Accept-Encoding": "identity",
            **request.headers,
        }
        if request.length is not None:
            headers["Content-Length"] = str(request.length)
        try:
            return self._asked(request, headers)
        except ValueError as error:
            raise NetworkError(
                f"{request.url[:80]} cannot be asked for",
                why=str(error),
                hint="The address or a header came from the registry; report it to its operator.",
            ) from error

    def _asked(self, request: Request, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        return self._pools.pool(request.url).request(
            request.method,
            request.url,
            headers=headers,
            body=request.body,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        )


def answer_of(response: urllib3.BaseHTTPResponse, url: str) -> Answer:
    """Read an answer, at most 16 MiB of it; NetworkError when that takes too long."""
    try:
        body = b""
        for part in parts_within(response, CHUNK, PART):
            body += part[: _LARGEST_ANSWER - len(body)]
            if len(body) == _LARGEST_ANSWER:
                break
    except HTTPError as error:
        raise unreachable(url, error) from error
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status, headers=headers, body=body)


def pieces(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Read a body in chunks; HTTPError is left to the caller, who may resume."""
    return patient_parts(response, CHUNK)


def unreachable(url: str, error: HTTPError) -> NetworkError:
    """Say that a host does not answer as HTTP should."""
    why = reason_of(error)
    if isinstance(error, SSLError):
        return NetworkError(f"{urlsplit(url).netloc} is not trusted", why=why, hint=distrusted(why))
    return TransientNetworkError(
        f"{urlsplit(url).netloc} does not answer",
        why=why,
        hint="Check the name, the network, and HTTPS_PROXY.",
    )


def _redirected(request: Request, url: str) -> Request:
    """Go on at ``url``; credentials stay with the host they were given to."""
    old, new = urlsplit(request.url), urlsplit(url)
    if new.scheme not in {"http", "https"} or (old.scheme, new.scheme) == ("https", "http"):
        raise NetworkError(
            f"{old.netloc} redirects to {new.scheme}://{new.netloc}",
            why="the redirect would drop encryption",
        )
    headers = dict(request.headers)
    if (old.scheme, old.netloc) != (new.scheme, new.netloc):
        headers.pop("Authorization", None)
    return replace(request, url=url, headers=headers)


def _bypassed(host: str) -> bool:
    return is_loopback(host) or bool(proxy_bypass(host))


def failure(answer: Answer, reference: Reference, doing: str) -> JettisonError:
    """Return the error for an answer that is not what was hoped for.

    ``doing`` completes "the registry would not …".
    """
    status = answer.status
    registry = reference.registry
    why = _said(answer)
    if status == HTTPStatus.NOT_FOUND:
        return ImageError(
            f"{reference} does not exist",
            why=why,
            hint=f"Check the name and the tag; if it is private: docker login {registry}.",
        )
    if status == HTTPStatus.UNAUTHORIZED:
        hint = f"Log in: docker login {registry}. If you are, check the name of the image."
    elif status == HTTPStatus.FORBIDDEN:
        hint = f"Ask the owner of {registry}/{reference.repository} for the right to do this."
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        hint = f"Wait, or log in for a higher limit: docker login {registry}."
    elif status in RETRIED:
        hint = "Try again later; if it persists, report it to the registry's operator."
    else:
        hint = "See what the registry says."
    kind = TransientNetworkError if status in RETRIED else NetworkError
    return kind(f"{registry} would not {doing} {reference}", why=why, hint=hint)


def _said(answer: Answer) -> str:
    """Return the status and the registry's own words."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "unknown status"
    words = [f"{answer.status} {phrase}"]
    try:
        errors = json.loads(answer.body)["errors"]
        words += [f"{error['code']}: {error.get('message', '')}".rstrip(": ") for error in errors]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return "; ".join(words)
