"""A package index on loopback that serves wheels made by the tests."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jettison.index import package_index
from jettison.index.client import Client
from jettison.index.distribution_map import DistributionMap
from jettison.index.index_settings import split_credentials
from jettison.index.package_index import Index
from jettison.index.target import Target
from jettison.records import Records

TARGET = Target(python="3.12", libc_version="2.36")


def make_wheel(
    files: Mapping[str, str],
    *,
    name: str,
    version: str = "1.0",
    metadata: str = "",
    entry_points: str = "",
    padding: int = 0,
) -> bytes:
    """A wheel; ``padding`` bytes that do not compress come first, as large packages have them."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    members = {
        **files,
        f"{folder}/METADATA": head + metadata,
        f"{folder}/WHEEL": "Wheel-Version: 1.0\n",
        **({f"{folder}/entry_points.txt": entry_points} if entry_points else {}),
        f"{folder}/RECORD": "",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if padding:
            noise = hashlib.shake_256(name.encode()).digest(padding)
            archive.writestr(f"{name.replace('-', '_')}/noise.bin", noise)
        for path, text in members.items():
            archive.writestr(path, text)
    return buffer.getvalue()


@dataclass
class LocalIndex:
    """What the server has and how it behaves; ``seen`` are requests since a map was opened."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    fields: dict[str, dict[str, object]] = field(default_factory=dict)
    ranges: bool = True
    failures: dict[str, list[int]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    truncate: bool = False
    password: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)

    def add(self, filename: str, body: bytes, **fields: object) -> None:
        self.files[filename] = body
        self.fields[filename] = fields

    def page(self, name: str) -> bytes | None:
        found = [
            {
                "filename": filename,
                "url": f"../../files/{filename}",
                "size": len(body),
                "hashes": {"sha256": hashlib.sha256(body).hexdigest()},
                **self.fields[filename],
            }
            for filename, body in self.files.items()
            if filename.split("-")[0].lower().replace("_", "-") == name
        ]
        return (
            json.dumps({"meta": {"api-version": "1.1"}, "files": found}).encode() if found else None
        )


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        index: LocalIndex = self.server.index  # type: ignore[attr-defined]  # set by the fixture
        index.seen.append((self.path, self.headers.get("range", "")))
        queued = index.failures.get(self.path, [])
        if queued:
            self._send(queued.pop(0), b"", {"retry-after": "0"})
        elif self.path in index.redirects:
            self._send(302, b"", {"location": index.redirects[self.path]})
        elif index.password and self.headers.get("authorization") != _basic(index.password):
            self._send(401, b"", {})
        elif self.path in index.bodies:
            kind, body = index.bodies[self.path]
            self._send(200, body, {"content-type": kind})
        elif self.path.startswith("/simple/"):
            self._page(index)
        else:
            self._file(index)

    def _page(self, index: LocalIndex) -> None:
        body = index.page(self.path.split("/")[2])
        if body is None:
            self._send(404, b"", {})
            return
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        if self.headers.get("if-none-match") == etag:
            self._send(304, b"", {"etag": etag})
            return
        kind = "application/vnd.pypi.simple.v1+json"
        self._send(200, body, {"content-type": kind, "etag": etag})

    def _file(self, index: LocalIndex) -> None:
        body = index.files.get(self.path.rpartition("/")[2])
        asked = self.headers.get("range", "")
        if body is None:
            self._send(404, b"", {})
        elif index.ranges and asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start = int(first) if first else max(0, len(body) - int(last))
            end = min(int(last), len(body) - 1) if first and last else len(body) - 1
            headers = {"content-range": f"bytes {start}-{end}/{len(body)}"}
            self._send(206, body[start : end + 1], headers)
        else:
            self._send(200, body, {"accept-ranges": "bytes"} if index.ranges else {})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        index: LocalIndex = self.server.index  # type: ignore[attr-defined]  # set by the fixture
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = index.truncate and self.path.startswith("/files/")
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True


def _basic(password: str) -> str:
    return f"Basic {base64.b64encode(password.encode()).decode()}"


@pytest.fixture
def local_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalIndex]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    server.daemon_threads = True
    index = LocalIndex(url=f"http://127.0.0.1:{server.server_port}/simple")
    server.index = index  # type: ignore[attr-defined]  # read by the request class
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield index
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_local(
    local_index: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., DistributionMap]:
    def opened(
        *, offline: bool = False, lifetime: float = 3600.0, url: str = "", **more: object
    ) -> DistributionMap:
        local_index.seen.clear()
        monkeypatch.setattr(package_index, "_LIFETIME", lifetime)
        bare, credentials = split_credentials(url or local_index.url)
        index = Index(
            url=bare,
            client=Client(credentials=credentials, backoff=0.0, timeout=5.0),
            cache=Records(tmp_path / "cache"),
            offline=offline,
        )
        return DistributionMap(**{"target": TARGET, "index": index, "catalogue": {}, **more})

    return opened
