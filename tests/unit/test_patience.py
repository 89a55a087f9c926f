"""Servers that answer a byte at a time, or never, are given up."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from images import small_image

from jettison.errors import NetworkError
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.registry.authorization import Authorizer, Logins
from jettison.images.registry.session import Session
from jettison.images.registry.transport import Request, Transport
from jettison.images.stores.blobs import BlobDirectory
from jettison.index.client import Client
from jettison.processes import patience


@contextmanager
def server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Let ``talk`` answer each connection until the block ends."""
    ended = threading.Event()

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                plug, _ = listening.accept()
                threading.Thread(target=answer, args=(plug,), daemon=True).start()

    def answer(plug: socket.socket) -> None:
        with plug, suppress(OSError):
            plug.recv(65536)
            talk(plug, ended)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            ended.set()


def slow_headers(plug: socket.socket, ended: threading.Event) -> None:
    plug.sendall(b"HTTP/1.1 200 OK\r\n")
    while not ended.wait(0.02):
        plug.sendall(b"a: b\r\n" if ended.is_set() else b"a")


def slow_body(plug: socket.socket, ended: threading.Event) -> None:
    plug.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    while not ended.wait(0.02):
        plug.sendall(b"x")


def slow_body_of_any_length(plug: socket.socket, ended: threading.Event) -> None:
    plug.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not ended.wait(0.02):
        plug.sendall(b"x")


def slow_refusal(plug: socket.socket, ended: threading.Event) -> None:
    plug.sendall(b"HTTP/1.1 404 No\r\ncontent-length: 1000000\r\n\r\n")
    while not ended.wait(0.02):
        plug.sendall(b"x")


def absurd_chunk(plug: socket.socket, ended: threading.Event) -> None:
    plug.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nabc\r\n")


def overloaded(plug: socket.socket, ended: threading.Event) -> None:
    plug.sendall(
        b"HTTP/1.1 503 No\r\nretry-after: 50\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEADERS", 0.2)
    for module in ("processes.patience", "index.http", "images.registry.transport"):
        monkeypatch.setattr(f"jettison.{module}.PART", 0.2)


impatient = pytest.mark.usefixtures("_little_patience")


TRICKLES = [slow_headers, slow_body, slow_body_of_any_length, absurd_chunk]


@impatient
@pytest.mark.parametrize("talk", TRICKLES)
def test_an_index_that_trickles_is_given_up(
    talk: Callable[[socket.socket, threading.Event], None],
) -> None:
    with server(talk) as url:
        with pytest.raises(NetworkError):
            Client(backoff=0.0).get(url, limit=1 << 20)
        with pytest.raises(NetworkError):
            list(Client(backoff=0.0).chunks(url))


@impatient
@pytest.mark.parametrize("talk", TRICKLES)
def test_a_registry_that_trickles_is_given_up(
    talk: Callable[[socket.socket, threading.Event], None],
) -> None:
    with server(talk) as url, pytest.raises(NetworkError):
        Transport(attempts=2, sleep=lambda _: None).ask(Request(method="GET", url=url))


@impatient
def test_a_server_that_is_waited_for_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("jettison.progress._SILENT_SECONDS", 0.05)
    with server(slow_headers) as url, pytest.raises(NetworkError):
        Transport(attempts=1).ask(Request(method="GET", url=url))
    assert "waiting for 127.0.0.1 (0 s so far)\n" in capsys.readouterr().err


def silent(plug: socket.socket, ended: threading.Event) -> None:
    ended.wait()


@impatient
@pytest.mark.parametrize("talk", [slow_headers, silent])
def test_silence_uses_up_the_patience_with_a_registry(
    talk: Callable[[socket.socket, threading.Event], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jettison.images.registry.transport._READ_SECONDS", 0.2)
    monkeypatch.setattr("jettison.images.registry.transport._ALL_WAITS", 0.1)
    waits: list[float] = []
    transport = Transport(sleep=waits.append)
    with server(talk) as url, pytest.raises(NetworkError):
        transport.ask(Request(method="GET", url=url))
    assert waits == []


@pytest.mark.parametrize("stalled", ["POST", "PUT"])
def test_a_registry_that_stalls_a_push_is_given_up(
    stalled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jettison.images.registry.transport._READ_SECONDS", 0.2)
    monkeypatch.setattr("jettison.images.registry.transport._ALL_WAITS", 0.1)
    asked: list[str] = []
    ended = threading.Event()

    class Stalling(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            method = self.rfile.readline().decode().partition(" ")[0]
            asked.append(method)
            if method == stalled:
                ended.wait()
            status = "202 Yes\r\nlocation: /v2/a/u" if method == "POST" else "404 No"
            self.wfile.write(f"HTTP/1.0 {status}\r\ncontent-length: 0\r\n\r\n".encode())

    transport = Transport(sleep=lambda _: None)
    store = RegistryStore(BlobDirectory(tmp_path), transport=transport, logins=Logins(()))
    with ThreadingHTTPServer(("127.0.0.1", 0), Stalling) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        name = Reference.parse(f"127.0.0.1:{listening.server_port}/app:1")
        with pytest.raises(NetworkError, match="does not answer"):
            store.write(small_image(), name)
        ended.set()
        listening.shutdown()
    assert asked.count(stalled) <= 4  # at once


@impatient
def test_an_index_that_trickles_is_not_asked_again() -> None:
    client = Client(backoff=0.0)
    with server(slow_body) as url:
        with pytest.raises(NetworkError):
            client.get(url, limit=1 << 20)
        with pytest.raises(NetworkError, match="cannot be reached"):
            client.get(url, limit=1 << 20)


def test_all_requests_to_a_registry_share_one_patience(
    capsys: pytest.CaptureFixture[str],
) -> None:
    waits: list[float] = []
    transport = Transport(sleep=waits.append)
    with server(overloaded) as url:
        for _ in range(10):
            assert transport.ask(Request(method="GET", url=url)).status == 503
    assert sum(waits) < 300
    assert "waiting 50 s for a server" in capsys.readouterr().err


def test_all_requests_to_indexes_share_one_patience(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("jettison.index.http._LONGEST_PAUSE", 0.1)
    monkeypatch.setattr("jettison.index.http._ALL_PAUSES", 0.15)
    monkeypatch.setattr("jettison.progress._WORTH_TELLING", 0.1)
    asked: list[float] = []

    def overloaded(plug: socket.socket, ended: threading.Event) -> None:
        asked.append(time.monotonic())
        plug.sendall(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: 1000000\r\n"
                     b"connection: close\r\n\r\n")  # fmt: skip

    client = Client(backoff=0.0)
    with server(overloaded) as url:
        for _ in range(3):
            with pytest.raises(NetworkError, match="503"):
                client.get(url, limit=10)
    assert len(asked) == 5
    assert capsys.readouterr().err.count("waiting 0 s for a server") == 2


def test_an_overloaded_index_is_given_up_for_good() -> None:
    client = Client(backoff=0.0)
    with server(
        lambda plug, ended: plug.sendall(
            b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    ) as url:
        for _ in range(3):
            with pytest.raises(NetworkError, match="503"):
                client.get(url, limit=10)
        with pytest.raises(NetworkError, match="cannot be reached"):
            client.get(url, limit=10)


def test_a_body_that_comes_by_bytes_for_ever_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SLOW", 0.2)
    monkeypatch.setattr("jettison.index.http._CHUNK", 1)
    with server(slow_body) as url, pytest.raises(NetworkError) as caught:
        list(Client(backoff=0.0).chunks(url))
    assert "bytes came within" in caught.value.why


def slow_chunks(plug: socket.socket, ended: threading.Event) -> None:
    plug.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not ended.wait(0.02):
        plug.sendall(b"1\r\nx\r\n")


@impatient
@pytest.mark.parametrize("talk", [slow_chunks, slow_body_of_any_length])
def test_a_file_that_comes_in_small_parts_is_given_up(
    talk: Callable[[socket.socket, threading.Event], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SLOW", 2.0)
    with server(talk) as url, pytest.raises(NetworkError, match="did not answer") as caught:
        list(Client(backoff=0.0).chunks(url))
    assert "within 0.2 seconds" in caught.value.why


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_redirect_to_no_address_is_an_error() -> None:
    def astray(plug: socket.socket, ended: threading.Event) -> None:
        plug.sendall(b"HTTP/1.1 302 Found\r\nlocation: http://[::1/\r\ncontent-length: 0\r\n\r\n")

    with server(astray) as url, pytest.raises(NetworkError) as caught:
        Client(backoff=0.0).get(url, limit=10)
    assert "it redirects to no address" in caught.value.why
    del caught
    gc.collect()  # urllib3 leaves the socket of such an answer to it


@pytest.mark.parametrize("kind", [b"connection: close", b"content-length: 1000000"])
def test_a_server_whose_redirects_say_nothing_more_is_given_up_by_its_name(
    kind: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(plug: socket.socket, ended: threading.Event) -> None:
        plug.sendall(b"HTTP/1.1 302 Found\r\nlocation: /next/\r\n%s\r\n\r\n" % kind)
        while not ended.wait(0.02):
            plug.sendall(b"x")

    monkeypatch.setattr(patience, "REST", 0.05)
    with server(silent) as url:
        client = Client(backoff=0.0)
        for _ in range(3):
            with pytest.raises(NetworkError) as caught:
                client.get(url, limit=10)
            assert caught.value.why == "too many redirects"
            assert url.split("/")[2] in caught.value.hint
        with pytest.raises(NetworkError, match="cannot be reached"):
            client.get(url, limit=10)


def answered_without_end(line: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def talk(plug: socket.socket, ended: threading.Event) -> None:
        plug.sendall(b"HTTP/1.1 %s\r\nlocation: /next\r\nconnection: close\r\n\r\n" % line)
        for _ in range(_ENDLESS):
            plug.sendall(b"x" * (1 << 20))

    return talk


# Megabytes; more than a process may take for what nobody wants.
_ENDLESS = 2_000
endless = pytest.mark.parametrize("line", [b"302 Found", b"503 No"])


@endless
def test_an_index_whose_refusal_has_no_end_is_given_up(line: bytes) -> None:
    with server(answered_without_end(line)) as url:
        client = Client(backoff=0.0)
        # More often than there are connections to one server.
        for _ in range(3):
            with pytest.raises(NetworkError):
                client.get(url, limit=10)


@endless
def test_a_registry_whose_refusal_has_no_end_is_given_up(line: bytes) -> None:
    begun = time.monotonic()
    with server(answered_without_end(line)) as url, suppress(NetworkError):
        Transport(attempts=2, sleep=lambda _: None).ask(Request(method="GET", url=url))
    assert time.monotonic() - begun < patience.REST


@impatient
def test_a_registry_that_trickles_a_refusal_of_a_blob_is_given_up() -> None:
    transport = Transport(attempts=2, sleep=lambda _: None)
    with server(slow_refusal) as url:
        session = Session(
            transport=transport,
            authorizer=Authorizer(transport, Logins(())),
            reference=Reference.parse(url.removeprefix("http://") + "a"),
            actions="pull",
        )
        with pytest.raises(NetworkError), session.stream("blobs/x", {}):
            """Nothing is there to read."""
