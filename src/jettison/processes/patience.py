"""How long a server is waited for: each silence is bounded by urllib3, the whole by this module.

A server that sends a byte a minute is never silent for long. So what it takes to send its headers,
and each part of a body, has an end too: the connection is shut down, which fails as one that broke.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from http.client import HTTPException
from typing import Any
from weakref import ref

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ProtocolError

from jettison.progress import told_while_waiting

# Seconds for the headers of an answer, and for each part of its body that is read at once.
HEADERS = 60.0
PART = 60.0
SLOW, SLOWEST = 600.0, 16 << 10
# Seconds and bytes for the body of an answer that nobody wants; another connection takes less.
REST = 5.0
_LONGEST_REST = 64 << 10


class TooSlowError(ProtocolError):
    """A server sent something, but not enough of it."""


@contextmanager
def ended_after(connection: object, seconds: float) -> Iterator[None]:
    """Shut the connection down when the block takes longer; TooSlowError then."""
    late = threading.Event()
    plug: socket.socket | None = getattr(connection, "sock", None)
    host = str(getattr(connection, "host", "a server"))
    watched = plug and told_while_waiting(host, seconds, partial(_shut, plug, late))
    try:
        with watched or nullcontext():
            yield
    except ValueError as error:  # a chunk of fewer bytes than none
        raise ProtocolError(str(error)) from error
    finally:
        # What came until then looks like a whole answer.
        if late.is_set():
            raise TooSlowError(f"no whole answer within {seconds:g} seconds")


def parts_within(response: urllib3.BaseHTTPResponse, size: int, seconds: float) -> Iterator[bytes]:
    """Read a body in parts of at most ``size``, all within some time; TooSlowError after it."""
    begun = time.monotonic()
    read = response.read1 if _ends_with_its_connection(response) else response.read
    with ended_after(response.connection, seconds):
        while part := read(size, decode_content=True):
            yield part
            if time.monotonic() - begun > seconds:
                raise TooSlowError(f"no whole answer within {seconds:g} seconds")


def _ends_with_its_connection(response: urllib3.BaseHTTPResponse) -> bool:
    """Whether http.client has let go of the socket, so that nothing is there to be shut down.

    Such a body is read as it comes: ``read`` would wait for a whole part.
    """
    return getattr(response.connection, "sock", None) is None


def patient_parts(response: urllib3.BaseHTTPResponse, size: int) -> Iterator[bytes]:
    """Read a body as it is stored, of which ``size`` bytes come within ``PART`` seconds.

    It may come in smaller parts. After ``SLOW`` seconds of waiting, the whole must have come at
    ``SLOWEST`` bytes a second.
    """
    parts = response.stream(size, decode_content=False)
    if _ends_with_its_connection(response):
        parts = iter(partial(response.read1, size, decode_content=False), b"")
    waited, count, since, got = 0.0, 0, 0.0, 0
    while waited < SLOW or count >= waited * SLOWEST:
        begun = time.monotonic()
        with ended_after(response.connection, PART):
            part = next(parts, None)
        if part is None:
            return
        took = time.monotonic() - begun
        waited, count = waited + took, count + len(part)
        since, got = (since + took, got + len(part)) if got < size else (took, len(part))
        if got < size and since > PART:
            raise TooSlowError(f"{got} bytes came within {PART:g} seconds")
        yield part
    raise TooSlowError(f"{count} bytes came within {waited:.0f} seconds")


def with_patience(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    """Let every connection of a manager end when headers take too long."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager


class _Connection(HTTPConnection):
    def getresponse(self) -> Any:  # noqa: ANN401 — urllib3's own response
        with ended_after(self, HEADERS):
            return _with_bounded_rest(super().getresponse())


class _SecureConnection(HTTPSConnection):
    def getresponse(self) -> Any:  # noqa: ANN401 — as above
        with ended_after(self, HEADERS):
            return _with_bounded_rest(super().getresponse())


def _with_bounded_rest(response: urllib3.HTTPResponse) -> urllib3.HTTPResponse:
    """Let what urllib3 reads of a redirect or a refusal, before it asks again, have an end."""
    # An answer that held itself would keep its socket open until garbage is collected.
    response.drain_conn = partial(_pass_over, ref(response))  # type: ignore[method-assign]  # of it
    return response


def _pass_over(held: ref[urllib3.HTTPResponse]) -> None:
    """Read what is left of an answer that nobody wants; close the connection of a long one."""
    response = held()
    if response is None:
        return
    # Nobody uses a connection again that ends with its answer, and nothing could end that.
    if not _ends_with_its_connection(response):
        with suppress(HTTPError, OSError, HTTPException), ended_after(response.connection, REST):
            response.read(_LONGEST_REST, decode_content=False)
    if not response.closed:
        response.close()
    # A pool of few connections would wait for its own for ever.
    response.release_conn()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _shut(plug: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        plug.shutdown(socket.SHUT_RDWR)
