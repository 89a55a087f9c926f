"""Requests reach a server as browsers send them; what cannot be sent is an answer too."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count

import pytest

from jettison.verify.exchange import client
from jettison.verify.exchange.client import Requests, send


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode("ascii"))

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield "127.0.0.1", server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    ("target", "received"),
    [
        ("/sorted?words=Zebra,Äpfel", "/sorted?words=Zebra,%C3%84pfel"),
        ("/two words", "/two%20words"),
        ("/%C3%84?a=1&b=[2]+3#x", "/%C3%84?a=1&b=[2]+3#x"),
    ],
)
def test_letters_beyond_ascii_are_encoded_and_nothing_else(
    address: tuple[str, int], target: str, received: str
) -> None:
    answer = send(address, "GET", target, {})
    assert (answer.status, answer.body.decode()) == (200, received)


def test_a_header_that_cannot_be_sent_is_told(address: tuple[str, int]) -> None:
    answer = send(address, "GET", "/", {"X-Name": "Ж"})
    assert answer.status == 0
    assert "UnicodeEncodeError" in answer.failure


def served(handler: Callable[[socket.socket], None]) -> tuple[str, int]:
    """Answer every connection in a thread; what breaks off ends it."""

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(1 << 16)
            handler(connection)

    def accept(listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    host, port = listener.getsockname()
    return host, port


def repeat(connection: socket.socket, head: bytes, piece: bytes, pause: float) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
    while True:
        connection.sendall(piece)
        time.sleep(pause)


def test_whether_the_connection_stays_is_told(address: tuple[str, int]) -> None:
    def answers(head: bytes) -> str:
        told = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n" + head + b"\r\n"
        return send(served(lambda one: one.sendall(told)), "GET", "/", {}).wire

    assert answers(b"") == "HTTP/1.1, kept"
    assert answers(b"connection: close\r\n") == "HTTP/1.1, closed"
    assert send(address, "GET", "/", {}).wire == "HTTP/1.0, closed"


@pytest.mark.parametrize("head", [b"", b"x: "], ids=["silent", "a header without end"])
def test_a_server_that_never_answers_is_given_up(head: bytes) -> None:
    address = served(lambda one: repeat(one, head, b"a" if head else b"", 0.02))
    answer = send(address, "GET", "/", {}, timeout=0.5)
    assert (answer.status, answer.failure) == (0, "no response within 0.5 seconds")


def test_each_of_several_requests_ends_at_its_own_moment() -> None:
    address = served(lambda one: repeat(one, b"x: ", b"a", 0.02))
    seconds = (3.0, 0.5, 1.0)

    def took(timeout: float) -> float:
        begun = time.monotonic()
        assert send(address, "GET", "/", {}, timeout=timeout).failure
        return time.monotonic() - begun

    with ThreadPoolExecutor(len(seconds)) as pool:
        one, two, three = pool.map(took, seconds)
    assert 0.5 <= two < one
    assert 1.0 <= three < one
    assert one >= 3.0


def test_a_stream_of_events_is_read_for_its_first_events() -> None:
    head = b"content-type: text/event-stream\r\n\r\n"
    answer = send(served(lambda one: repeat(one, head, b"data: x\n\nda", 0.001)), "GET", "/", {})
    assert answer.body == b"data: x\n\n" + b"dadata: x\n\n" * 4
    assert answer.unended


def test_events_that_come_compressed_are_read_like_others() -> None:
    head = b"content-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n"

    def told(connection: socket.socket) -> None:
        packed = zlib.compressobj(wbits=31)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        for number in count():
            event = packed.compress(f"data: {number}\n\n".encode())
            connection.sendall(event + packed.flush(zlib.Z_SYNC_FLUSH))
            time.sleep(0.001)

    answer = send(served(told), "GET", "/", {})
    assert answer.body == b"".join(b"data: %d\n\n" % number for number in range(5))


def test_how_long_the_first_of_a_body_takes_is_noted() -> None:
    def late(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        time.sleep(0.3)
        connection.sendall(b"x")

    answer = send(served(late), "GET", "/", {})
    assert answer.waited >= 0.3


def test_a_body_without_end_is_cut_at_the_deadline() -> None:
    address = served(lambda one: repeat(one, b"\r\n", b"line\n", 0.01))
    answer = send(address, "GET", "/", {}, timeout=4.0)
    assert answer.status == 200
    assert answer.unended
    assert answer.body.startswith(b"line\nline\n")


def test_of_a_large_body_little_is_kept_and_all_is_hashed() -> None:
    def large(connection: socket.socket, last: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 3000001\r\n\r\n")
        connection.sendall(b"x" * 3_000_000 + last)

    one, other = (
        send(served(lambda each, last=last: large(each, last)), "GET", "/", {}, kept=1000)
        for last in (b"a", b"b")
    )
    assert one.body == other.body == b"x" * 1000
    assert one.rest.startswith("3000001 bytes")
    assert one.rest != other.rest


def test_equal_bodies_of_several_runs_are_held_once(address: tuple[str, int]) -> None:
    long, other = "/" + 2000 * "a", "/" + 2000 * "b"
    runs = [Requests(address, 60.0) for _ in range(2)]
    one, again, unlike = (
        run("GET", to, {}, b"")
        for run, to in zip((*runs, runs[1]), (long, long, other), strict=True)
    )
    assert one.body is again.body
    assert unlike.body == other.encode()


def test_more_than_is_ever_read_is_cut_at_the_same_byte() -> None:
    head = b"content-length: 1073741824\r\n\r\n"
    answer = send(served(lambda one: repeat(one, head, b"x" * (1 << 20), 0)), "GET", "/", {})
    assert answer.unended
    assert answer.rest.startswith("67108864 bytes")


def test_less_than_was_announced_is_no_answer() -> None:
    address = served(lambda one: one.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"))
    assert "IncompleteRead" in send(address, "GET", "/", {}).failure


def test_what_is_like_a_request_without_end_gets_less_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "IMPATIENT_SECONDS", 0.1)
    address = served(lambda one: repeat(one, b"", b"", 1))
    requests = Requests(address, seconds=60, response=0.6)
    failures = [requests("GET", target, {}, b"").failure for target in ("/a/1", "/a/2?x", "/b")]
    assert failures == [f"no response within {seconds} seconds" for seconds in (0.6, 0.1, 0.6)]


def test_a_large_body_that_is_refused_by_its_head_loses_no_response() -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.close()

    headers = {"Host": "x", "Accept-Encoding": "gzip"}
    for _ in range(5):
        assert send(served(refuse), "POST", "/", headers, b"x" * 2_000_000).status == 413


def test_a_large_body_arrives_whole() -> None:
    came: list[bytes] = []  # behind the head

    def take(connection: socket.socket) -> None:
        while sum(map(len, came)) < 300_000:
            came.append(connection.recv(1 << 16))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    assert send(served(take), "POST", "/a", {"Host": "x"}, b"y" * 300_000).status == 200
    assert b"".join(came) == b"y" * 300_000
