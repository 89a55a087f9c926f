from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from jettison.errors import IntegrityError, NetworkError
from jettison.index.client import Client

from .conftest import LocalIndex


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_a_silent_host_is_given_up_for_good(
    silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = Client(backoff=0.0, timeout=0.05)
    with pytest.raises(NetworkError, match="did not answer"):
        client.get(silent_server, limit=10)
    with pytest.raises(NetworkError, match="cannot be reached"):
        client.get(silent_server, limit=10)


def test_a_body_longer_than_allowed_is_not_read(local_index: LocalIndex) -> None:
    local_index.files["big.bin"] = b"x" * 1000
    client = Client(backoff=0.0)
    url = local_index.url.replace("/simple", "/files/big.bin")
    with pytest.raises(NetworkError, match="larger than 10 bytes"):
        client.get(url, limit=10)
    assert client.get(url, limit=1000).body == b"x" * 1000


def test_a_query_is_not_told(local_index: LocalIndex) -> None:
    client = Client(backoff=0.0)
    with pytest.raises(NetworkError) as caught:
        client.get(f"{local_index.url}/missing?signature=secret", limit=10)
    assert "secret" not in str(caught.value)


def test_a_proxy_of_the_environment_is_used(
    local_index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", local_index.url.removesuffix("/simple"))
    with pytest.raises(NetworkError, match="404"):
        Client(backoff=0.0).get("http://files.invalid/some.whl", limit=10)
    assert local_index.seen == [("http://files.invalid/some.whl", "")]


def test_a_body_can_be_taken_in_chunks(local_index: LocalIndex) -> None:
    local_index.files["big.bin"] = b"x" * 1_000_000
    client = Client(backoff=0.0)
    url = local_index.url.replace("/simple", "/files/big.bin")
    chunks = list(client.chunks(url))
    assert b"".join(chunks) == b"x" * 1_000_000
    assert len(chunks) > 1
    assert len(local_index.seen) == 1
    with pytest.raises(IntegrityError, match="larger than 999999 bytes"):
        list(client.chunks(url, limit=999_999))


def test_chunks_of_what_is_not_there_or_cut_short_raise(local_index: LocalIndex) -> None:
    client = Client(backoff=0.0)
    with pytest.raises(NetworkError, match="404"):
        list(client.chunks(local_index.url.replace("/simple", "/files/missing")))
    local_index.files["big.bin"] = b"x" * 1000
    local_index.truncate = True
    with pytest.raises(NetworkError, match="did not answer"):
        list(client.chunks(local_index.url.replace("/simple", "/files/big.bin")))
