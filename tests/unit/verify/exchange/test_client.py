"""Requests reach a server as browsers send them; what cannot be sent is an answer too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from jettison.verify.exchange.client import send


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
        threading.Thread(target=server.serve_forever, daemon=True).start()
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
