"""A conversation over a WebSocket is an answer like any other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from jettison.verify.exchange import websocket
from jettison.verify.exchange.client import Requests

UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n"


def frame(text: str, kind: int = 1) -> bytes:
    return bytes((128 | kind, len(text))) + text.encode()


def message(*fields: tuple[int, bytes | int]) -> bytes:
    """Write short fields of Protocol Buffers."""
    return b"".join(
        bytes((number << 3, value))
        if isinstance(value, int)
        else bytes((number << 3 | 2, len(value))) + value
        for number, value in fields
    )


def received(connection: socket.socket) -> tuple[int, str]:
    """Read a short masked frame."""
    first, second = connection.recv(2, socket.MSG_WAITALL)
    mask = connection.recv(4, socket.MSG_WAITALL)
    content = connection.recv(second & 127, socket.MSG_WAITALL) if second & 127 else b""
    return first & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(content)).decode("latin-1")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Requests]]:
    for name in ("_FIRST_SECONDS", "_ANSWER_SECONDS", "_SILENCE_SECONDS"):
        monkeypatch.setattr(websocket, name, 0.2)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(*replies: bytes) -> Requests:
        def run() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError, ValueError):
                connection.recv(1 << 16)
                connection.sendall(replies[0])
                for reply in replies[1:]:
                    received(connection)
                    connection.sendall(reply)
                connection.recv(1 << 16)

        threading.Thread(target=run, daemon=True).start()
        return Requests(listener.getsockname(), seconds=60)

    yield serve
    listener.close()


def test_what_the_server_says_and_how_it_closes_is_the_body(
    serve: Callable[..., Requests],
) -> None:
    closing = frame("\x03", 8)[:1] + b"\x02\x03\xe8"
    exchange = serve(UPGRADE + frame("who is there?"), frame("hello!"), frame("pong"), closing)(
        "WEBSOCKET", "/chat", {"Host": "x"}, b""
    )
    assert exchange.status == 101
    assert exchange.body.decode().splitlines() == [
        "< who is there?",
        "> hello",
        "< hello!",
        '> {"type": "ping", "message": "hello", "id": 1}',
        "< pong",
        '> {"type": "ping", "message": "hello", "id": 1}',
        "closed 1000",
    ]


def test_what_was_not_said_before_the_server_closed_is_said_in_another_conversation() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    codes = {"hello": b"\x03\xe8", "stop": b"\x0f\xa1"}

    def answer() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(UPGRADE)
                    connection.sendall(b"\x88\x02" + codes[received(connection)[1]])

    threading.Thread(target=answer, daemon=True).start()
    send = Requests(listener.getsockname(), seconds=60)
    exchange = send("WEBSOCKET", "/feed", {"Host": "x"}, b"hello\nstop")
    listener.close()
    told = ["> hello", "closed 1000", "> stop", "closed 4001"]
    assert exchange.body.decode().splitlines() == told


def test_a_server_that_refuses_answers_over_http(serve: Callable[..., Requests]) -> None:
    refused = serve(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
    exchange = refused("WEBSOCKET", "/chat", {"Host": "x"}, b"")
    assert (exchange.status, exchange.body) == (403, b"")


def test_messages_without_end_are_cut(serve: Callable[..., Requests]) -> None:
    exchange = serve(UPGRADE + frame("tick") * 1000)("WEBSOCKET", "/", {"Host": "x"}, b"")
    lines = exchange.body.decode().splitlines()
    assert lines[:6] == ["< tick"] * 5 + ["> hello"]
    assert len(lines) < 30


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (b"\r\n\r\n", "ValueError"),
        (b"HTTP/1.1\r\n\r\n", "ValueError"),
        (b"HTTP/1.1 101 x\r\n" + b"x: y\r\n" * 99_999, "no end"),
    ],
)
def test_what_is_no_head_of_a_response_is_told(
    serve: Callable[..., Requests], said: bytes, failure: str
) -> None:
    exchange = serve(said)("WEBSOCKET", "/", {"Host": "x"}, b"")
    assert exchange.status == 0
    assert failure in exchange.failure


def test_a_ping_that_is_longer_than_any_ends_the_conversation(
    serve: Callable[..., Requests],
) -> None:
    exchange = serve(UPGRADE + b"\x89\x7e\xff\xff" + b"x" * 65_535)(
        "WEBSOCKET", "/", {"Host": "x"}, b""
    )
    assert exchange.body == b"broken off"


def test_a_page_of_streamlit_is_asked_for_and_read_to_its_end(
    serve: Callable[..., Requests],
) -> None:
    text = message((3, message((9, message((1, b"# Books"))))))
    page = [message((1, b"ab"), (5, text)), message((10, b"timings")), message((6, 0))]
    pieces = b"".join(bytes((130, len(one))) + one for one in page)
    closing = b"\x88\x02\x03\xe8"
    found = serve(UPGRADE, pieces, closing)("WEBSOCKET", "/books/_stcore/stream", {}, b"")
    assert found.body.decode().splitlines() == [
        '< 1:"ab" 5:(3:(9:(1:"# Books")))',
        '< 10:"timings"',
        "closed 1000",
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"\x0a\xff", b"\x00\x01", b"\x0f\x01"])
def test_what_is_no_message_is_not_read_as_one(content: bytes) -> None:
    assert not websocket.members(content)


def test_a_client_says_what_the_request_holds_however_long(
    serve: Callable[..., Requests],
) -> None:
    long = f'421["say", "{"x" * 200}"]'
    send = serve(UPGRADE, frame('40{"sid":"a"}'), frame("431[]"))
    answer = send("WEBSOCKET", "/socket.io/", {}, f"40\n{long}".encode())
    lines = answer.body.decode().splitlines()
    assert lines[:3] == ["> 40", '< 40{"sid":"a"}', f"> {long}"]


def test_a_line_that_begins_with_a_zero_byte_is_sent_as_bytes_before_the_usual_texts(
    serve: Callable[..., Requests],
) -> None:
    exchange = serve(UPGRADE, frame("olleh", 2), b"", b"")("WEBSOCKET", "/ws", {}, b"\0hello")
    lines = exchange.body.decode().splitlines()
    assert lines[:3] == ["> hello in bytes", "< olleh", "> hello"]


def test_what_the_server_answers_is_said_again_so_that_later_answers_are_compared(
    serve: Callable[..., Requests],
) -> None:
    counted = [frame(f"message {number}") for number in range(1, 7)]
    exchange = serve(UPGRADE, *counted, frame("\x03", 8)[:1] + b"\x02\x03\xe8")(
        "WEBSOCKET", "/chat", {"Host": "x"}, b""
    )
    heard = [line for line in exchange.body.decode().splitlines() if line.startswith("< ")]
    assert heard == [f"< message {number}" for number in range(1, 7)]


def test_nothing_is_said_again_to_a_server_that_does_not_answer(
    serve: Callable[..., Requests],
) -> None:
    exchange = serve(UPGRADE, b"", b"")("WEBSOCKET", "/chat", {"Host": "x"}, b"")
    said = [line for line in exchange.body.decode().splitlines() if line.startswith("> ")]
    assert len(said) == 2


def test_a_server_that_never_stops_to_speak_is_left_and_counts_as_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_FIRST_SECONDS", "_ANSWER_SECONDS", "_SILENCE_SECONDS"):
        monkeypatch.setattr(websocket, name, 0.2)
    listener = socket.create_server(("127.0.0.1", 0))

    def flood() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(UPGRADE)
            while True:
                connection.sendall(frame("more"))

    threading.Thread(target=flood, daemon=True).start()
    begun = time.monotonic()
    exchange = Requests(listener.getsockname(), seconds=60)("WEBSOCKET", "/", {"Host": "x"}, b"")
    listener.close()
    assert time.monotonic() - begun < 8
    assert 0.1 < exchange.seconds < 8
    assert exchange.body.decode().splitlines()[-1] == "not closed"
