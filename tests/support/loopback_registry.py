"""A registry on this machine, in memory, that fails in the ways a test asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

JSON = "application/json"


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next ``times`` requests of ``method`` whose path matches.

    ``status`` answers with it; ``break_after`` gives that many bytes of the body (or takes that
    many of the request's) and closes; ``spoil`` changes the first byte; ``announce`` adds to the
    length that is announced.
    """

    method: str
    path: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    break_after: int | None = None
    spoil: bool = False
    announce: int = 0


@dataclass(slots=True)
class Registry:
    """What the registry holds and what it was asked."""

    host: str = ""
    blobs: dict[str, dict[str, bytes]] = field(default_factory=dict)
    manifests: dict[str, dict[str, tuple[str, bytes]]] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    seen_headers: list[dict[str, str]] = field(default_factory=list)
    login: tuple[str, str] | None = None
    tokens: bool = False
    identity_token: str = ""
    chunks: bool = True
    referrers: bool = True
    ranges: bool = True
    issued: dict[str, list[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, method: str, path: str, **how: object) -> Fault:
        """Let coming requests go wrong."""
        fault = Fault(method, path, **how)  # type: ignore[arg-type]
        self.faults.append(fault)
        return fault

    def asked(self, method: str, path: str = "") -> list[str]:
        """Give the requests of a method whose path matches."""
        return [one for one in self.requests if re.match(f"{method} .*{path}", one)]

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None


@contextmanager
def running() -> Iterator[Registry]:
    """Serve a registry for as long as the block takes."""
    registry = Registry()

    class Handler(_Handler):
        held = registry

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    held: Registry
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def __getattr__(self, name: str) -> object:
        """Serve every method alike."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        self.query = parse_qs(parts.query)
        with self.held.lock:
            self.held.requests.append(f"{self.command} {self.path}")
            self.held.seen_headers.append(dict(self.headers.items()))
        self.fault = self.held.take_fault(self.command, self.path)
        if self.fault and self.fault.status:
            self._body()
            self._answer(self.fault.status, headers=self.fault.headers)
        elif parts.path == "/token":
            self._token()
        elif not self._allowed(parts.path):
            self._body()
            self._challenge()
        else:
            self._route(parts.path)

    def _route(self, path: str) -> None:
        for pattern, action in (
            (r"/v2/(.+)/manifests/([^/]+)", self._manifest),
            (r"/v2/(.+)/blobs/uploads/", self._begin),
            (r"/v2/(.+)/blobs/uploads/([^/]+)", self._upload),
            (r"/v2/(.+)/blobs/([^/]+)", self._blob),
        ):
            if match := re.fullmatch(pattern, path):
                action(*match.groups())
                return
        self._answer(404)

    def _allowed(self, path: str) -> bool:
        sent = self.headers.get("Authorization", "")
        if self.held.tokens:
            granted = self.held.issued.get(sent.removeprefix("Bearer "), [])
            repository = re.sub(r"/(manifests|blobs)/.*", "", path.removeprefix("/v2/"))
            action = "pull" if self.command in {"GET", "HEAD"} else "push"
            source = self.query.get("from", [repository])[0]
            return _granted(granted, repository, action) and _granted(granted, source, "pull")
        return self.held.login is None or sent == _basic(*self.held.login)

    def _challenge(self) -> None:
        header = 'Basic realm="test, registry"'
        if self.held.tokens:
            header = f'Bearer realm="http://{self.held.host}/token",service="test"'
        error = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
        body = json.dumps(error).encode()
        self._answer(401, body, {"WWW-Authenticate": header, "Content-Type": JSON})

    def _token(self) -> None:
        scopes = self.query.get("scope", [])
        form = parse_qs(self._body().decode())
        login = self.headers.get("Authorization", "")
        if self.command == "POST":
            scopes = form["scope"][0].split()
            allowed = form["refresh_token"] == [self.held.identity_token]
        else:
            allowed = self.held.login is None or login == _basic(*self.held.login)
        if not allowed:
            self._answer(401)
            return
        token = uuid.uuid4().hex
        self.held.issued[token] = scopes
        self._answer(200, json.dumps({"token": token}).encode(), {"Content-Type": JSON})

    def _manifest(self, repository: str, target: str) -> None:
        kept = self.held.manifests.setdefault(repository, {})
        if self.command == "PUT":
            body = self._body()
            digest = _digest(body)
            missing = self._missing(repository, json.loads(body))
            if missing:
                error = {"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": missing}]}
                self._answer(400, json.dumps(error).encode())
                return
            kept[target] = kept[digest] = (self.headers["Content-Type"], body)
            headers = {"Docker-Content-Digest": digest}
            subject = json.loads(body).get("subject")
            if subject and self.held.referrers:
                headers["OCI-Subject"] = subject["digest"]
            self._answer(201, headers=headers)
        elif target in kept:
            media_type, body = kept[target]
            headers = {"Content-Type": media_type, "Docker-Content-Digest": _digest(body)}
            self._answer(200, body, headers)
        else:
            self._answer(404)

    def _missing(self, repository: str, manifest: dict) -> str:
        blobs = self.held.blobs.get(repository, {})
        named = [manifest["config"], *manifest["layers"]] if "config" in manifest else []
        return next((one["digest"] for one in named if one["digest"] not in blobs), "")

    def _blob(self, repository: str, digest: str) -> None:
        body = self.held.blobs.get(repository, {}).get(digest)
        if body is None:
            self._answer(404)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and self.held.ranges:
            self._answer(206, body[int(wanted[1]) :])
        else:
            self._answer(200, body)

    def _begin(self, repository: str) -> None:
        if mount := self.query.get("mount"):
            source = self.held.blobs.get(self.query["from"][0], {})
            if mount[0] in source:
                self.held.blobs.setdefault(repository, {})[mount[0]] = source[mount[0]]
                self._answer(201)
                return
        identifier = uuid.uuid4().hex
        self.held.uploads[identifier] = bytearray()
        self._answer(202, headers={"Location": f"/v2/{repository}/blobs/uploads/{identifier}?s=1"})

    def _upload(self, repository: str, identifier: str) -> None:
        held = self.held.uploads.get(identifier)
        place = {"Location": f"/v2/{repository}/blobs/uploads/{identifier}?s=2"}
        if held is None:
            self._answer(404)
        elif self.command == "GET":
            self._answer(204, headers={**place, "Range": f"0-{max(0, len(held) - 1)}"})
        elif self.command == "PATCH" and not self.held.chunks:
            self._body()
            self._answer(405)
        else:
            self._take(repository, held, place)

    def _take(self, repository: str, held: bytearray, place: dict[str, str]) -> None:
        sent = self.headers.get("Content-Range", "")
        if sent and int(sent.partition("-")[0]) != len(held):
            self._body()
            self._answer(416)
            return
        before = len(held)
        held += self._body()
        if self.fault and self.fault.break_after is not None:
            del held[before + self.fault.break_after :]
            self.close_connection = True
            return
        if self.command == "PATCH":
            self._answer(202, headers={**place, "Range": f"0-{len(held) - 1}"})
            return
        digest = self.query["digest"][0]
        if _digest(bytes(held)) != digest:
            self._answer(400, b'{"errors":[{"code":"DIGEST_INVALID"}]}')
            return
        self.held.blobs.setdefault(repository, {})[digest] = bytes(held)
        self._answer(201)

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length)

    def _answer(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        fault = self.fault or Fault("", "")
        if fault.spoil and body:
            body = bytes([body[0] ^ 0xFF]) + body[1:]
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body) + fault.announce))
        self.end_headers()
        if fault.break_after is not None:
            body = body[: fault.break_after]
            self.close_connection = True
        if fault.announce:
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body)


def _granted(scopes: list[str], repository: str, action: str) -> bool:
    for scope in scopes:
        kind, name, actions = scope.split(":")
        if (kind, name) == ("repository", repository) and action in actions.split(","):
            return True
    return False


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
