"""HTTP to a container on this machine: no proxy, no redirects, one connection for each request.

The application is not trusted to end what it begins: each request has one deadline for all of it,
and what is kept of bodies is bounded, for one answer and for a whole run.
"""

from __future__ import annotations

import hashlib
import http.client
import math
import re
import select
import socket
import string
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import quote
from weakref import WeakValueDictionary

from jettison.values import replace
from jettison.verify.exchange import Answer
from jettison.verify.exchange.normal import decoded
from jettison.verify.exchange.websocket import METHOD, converse

_SECONDS = 20.0
# A request like one that did not end in time gets no more than this.
IMPATIENT_SECONDS = 3.0
# Of what never ends by its nature, the first events have come by then.
_EVENT_SECONDS = 3.0
_EVENT_TYPES = ("text/event-stream", "application/x-ndjson", "multipart/x-mixed-replace")
_EVENTS = 5
_EVENT = re.compile(rb".*?\r?\n\r?\n", re.DOTALL)
# For a response to the head of a request with a large body.
_REFUSES_SECONDS = 0.2
_READ = 64 * 2**20
_KEPT = 2**20
_KEPT_OF_A_RUN = 24 * 2**20
_KEPT_LATER = 16 * 2**10
_PIECE = 2**16
# part of a path that names one of many things
_NUMBERED = re.compile(r"/[^/]*\d[^/]*")


UNREADABLE = "unreadable response"
"""How a failure begins where something came that is no HTTP, or more of it than is read."""


def send(
    address: tuple[str, int],
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    timeout: float = _SECONDS,
    kept: int = _KEPT,
) -> Answer:
    """Send one request and read its answer for ``timeout`` seconds at most, connecting included.

    The first ``kept`` bytes of the body are kept and all of it is hashed, up to 64 MiB. A stream of
    events is read for some seconds, or some events. What an address may not hold as it is, such as
    umlauts and spaces, is sent as browsers send it.
    """
    connection = http.client.HTTPConnection(*address, timeout=timeout)
    ends = time.monotonic() + timeout
    try:
        connection.connect()
        with _ended_at(ends, connection.sock) as late:
            _request(connection, method, quote(target, safe=string.punctuation), headers, body)
            # the connection gives its socket away to an answer that ends with it
            wire = connection.sock
            response = connection.getresponse()
            answer, first = _answer(response, wire, ends, kept, late)
            return replace(answer, waited=first - ends + timeout)
    except TimeoutError:
        return Answer(status=0, failure=f"no response within {timeout:g} seconds")
    except (OSError, http.client.HTTPException, ValueError) as failure:
        if time.monotonic() >= ends:
            return Answer(status=0, failure=f"no response within {timeout:g} seconds")
        if isinstance(failure, http.client.HTTPException) and not isinstance(failure, OSError):
            return Answer(status=0, failure=f"{UNREADABLE}, {type(failure).__name__}: {failure}")
        return Answer(status=0, failure=f"{type(failure).__name__}: {failure}")
    finally:
        connection.close()


class _Deadlines:
    """Calls what is due at its moment, all in one thread: one for each would cost as much again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[object, tuple[float, Callable[[], None]]] = {}
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    @contextmanager
    def at(self, moment: float, call: Callable[[], None]) -> Iterator[None]:
        """Call something at a moment, unless the block has ended by then."""
        token = object()
        with self._changed:
            self._due[token] = (moment, call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif moment < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(token, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for token in [one for one, (moment, _) in self._due.items() if moment <= now]:
                    self._due.pop(token)[1]()
                self._wakes = min((moment for moment, _ in self._due.values()), default=math.inf)
                self._changed.wait(None if self._wakes == math.inf else self._wakes - now)


_deadlines = _Deadlines()


def _request(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
) -> None:
    """Send a request; of a large body only what the server waits for.

    One that refuses by the head alone closes the connection, and with bytes of the body unread its
    response is lost (RFC 9112, 9.6).
    """
    if len(body) <= _PIECE:
        connection.request(method, target, body=body or None, headers=dict(headers))
        return
    own = {name.lower() for name in headers}
    connection.putrequest(
        method, target, skip_host="host" in own, skip_accept_encoding="accept-encoding" in own
    )
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    if not select.select((connection.sock,), (), (), _REFUSES_SECONDS)[0]:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.send(body)


@contextmanager
def _ended_at(moment: float, connection: socket.socket) -> Iterator[threading.Event]:
    """Break a connection at a moment: a header that comes letter by letter meets no timeout."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    with _deadlines.at(moment, stop):
        yield late


def _answer(
    response: http.client.HTTPResponse,
    wire: socket.socket,
    ends: float,
    kept: int,
    late: threading.Event,
) -> tuple[Answer, float]:
    """Give the answer, and when the first of its body came, or its head without one."""
    if late.is_set():
        raise TimeoutError
    first = time.monotonic()
    headers = {name.lower(): value for name, value in response.getheaders()}
    answer = Answer(
        status=response.status,
        headers=headers,
        cookies=tuple(response.headers.get_all("Set-Cookie") or ()),
        streamed=response.chunked is True,
        wire=f"HTTP/{response.version / 10}, {'closed' if response.will_close else 'kept'}",
        at=time.time(),
    )
    events = answer.content_type == _EVENT_TYPES[0]
    if answer.content_type in _EVENT_TYPES:
        ends = min(ends, time.monotonic() + _EVENT_SECONDS)
    digest, size, body, whole = hashlib.sha256(), 0, bytearray(), False
    encoding = headers.get("content-encoding", "")
    try:
        for piece in _pieces(response, wire, ends):
            first = first if size else time.monotonic()
            read = piece[: _READ - size]
            digest.update(read)
            size += len(read)
            body += read[: max(0, kept - len(body))]
            if size >= _READ or (events and len(_events(body, encoding)) >= _EVENTS):
                break
        else:
            whole = not late.is_set()
    except (OSError, http.client.HTTPException) as failure:
        if not late.is_set() and not isinstance(failure, TimeoutError):
            raise
    told = f"{size} bytes, sha256 {digest.hexdigest()[:16]}"
    kept_events = b"".join(_events(body, encoding)[:_EVENTS]) if events and not whole else None
    answer = replace(
        answer,
        body=decoded(bytes(body), encoding) if kept_events is None else kept_events,
        # of what was cut at a moment the digest would tell the moment
        rest=told if size > len(body) and (whole or size >= _READ) else "",
        unended=not whole,
    )
    return answer, first


def _events(body: bytes | bytearray, encoding: str) -> list[bytes]:
    """Give the events that have come whole."""
    return _EVENT.findall(decoded(bytes(body), encoding))


def _pieces(
    response: http.client.HTTPResponse, wire: socket.socket, ends: float
) -> Iterator[bytes]:
    """Give what comes as it comes, up to a moment.

    Raises TimeoutError then, and IncompleteRead when less came than was announced.
    """
    while True:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        wire.settimeout(left)
        piece = response.read1(_PIECE)
        if not piece:
            break
        yield piece
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)


_SMALL = 2**10
_answers: WeakValueDictionary[bytes, Answer] = WeakValueDictionary()


def shared(answer: Answer) -> Answer:
    """Give an answer with the very body of an equal one that somebody still has.

    Most bodies are alike in all runs of both images, and so they take the memory of one run.
    """
    if len(answer.body) < _SMALL:
        return answer
    key = hashlib.sha256(answer.body).digest()
    known = _answers.get(key)
    if known is None:
        _answers[key] = answer
        return answer
    return replace(answer, body=known.body)


class Requests:
    """Sends the requests of one run to a container.

    A response may take ``response`` seconds. What is like a request that had no end gets less time,
    and once a run has kept many bodies little is kept of further ones: neither hours nor gigabytes
    are spent on one application.
    """

    def __init__(
        self, address: tuple[str, int], seconds: float, response: float = _SECONDS
    ) -> None:
        self._address = address
        self._response = response
        self._begun, self._seconds = time.monotonic(), seconds
        self._left = _KEPT_OF_A_RUN
        self._slow: set[str] = set()

    def spent(self) -> float:
        """Give the share of the time for all requests that is over."""
        return (time.monotonic() - self._begun) / self._seconds

    def __call__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request; over a WebSocket where the method says so."""
        begun = time.monotonic()
        if method == METHOD:
            said = converse(self._address, target, headers, body)
            return shared(replace(said, seconds=time.monotonic() - begun))
        like = f"{method} {_NUMBERED.sub('/#', target.partition('?')[0])}"
        answer = send(
            self._address,
            method,
            target,
            headers,
            body,
            timeout=min(IMPATIENT_SECONDS, self._response)
            if like in self._slow
            else self._response,
            kept=_KEPT if self._left > 0 else _KEPT_LATER,
        )
        answer = shared(replace(answer, seconds=time.monotonic() - begun))
        self._left -= len(answer.body)
        if answer.unended or answer.failure:
            self._slow.add(like)
        return answer
