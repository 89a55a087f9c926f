"""A package index on this machine, in memory, that fails where a test asks for it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class PackageIndex:
    """Files by name; ``spoiled`` are sent with other bytes, ``missing`` answered with 404.

    ``refused`` are answered with another status, ``broken`` end in the middle, and ``yanked`` are
    listed as such. With ``login`` everybody else is refused.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    spoiled: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    yanked: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    login: tuple[str, str] | None = None
    asked: list[str] = field(default_factory=list)

    def add(self, filename: str, content: bytes) -> None:
        """Offer a file."""
        self.files[filename] = content

    def page(self, project: str) -> bytes | None:
        """Give the listing of a project (PEP 691), None when there is none."""
        if project in self.pages:
            return self.pages[project]
        names = [name for name in self.files if _project(name) == project]
        listed = [
            {
                "filename": name,
                "url": f"{self.url}/files/{name}",
                "hashes": {"sha256": hashlib.sha256(self.files[name]).hexdigest()},
                "size": len(self.files[name]),
                "yanked": name in self.yanked,
            }
            for name in names
        ]
        document = {"meta": {"api-version": "1.0"}, "name": project, "files": listed}
        return json.dumps(document).encode() if names else None


def _project(filename: str) -> str:
    return filename.partition("-")[0].lower().replace("_", "-").replace(".", "-")


@contextmanager
def serving() -> Iterator[PackageIndex]:
    """Serve an index for as long as the block takes; its simple API is below ``url``/simple."""
    index = PackageIndex()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            head, _, name = self.path.strip("/").rpartition("/")
            wanted = base64.b64encode(":".join(index.login or ()).encode()).decode()
            if index.login and self.headers.get("authorization") != f"Basic {wanted}":
                self.send_error(401)
            elif name in index.refused:
                self._answer(b"", "text/plain", status=index.refused[name])
            elif head == "files" and name in index.files and name not in index.missing:
                content = index.files[name]
                if name in index.spoiled:
                    content = content[:-1] + b"?"
                sent = content[:-1] if name in index.broken else content
                self._answer(sent, "application/octet-stream", len(content))
            elif head == "simple" and (page := index.page(name)) is not None:
                self._answer(page, "application/vnd.pypi.simple.v1+json")
            else:
                self.send_error(404)

        def _answer(
            self, content: bytes, kind: str, length: int | None = None, status: int = 200
        ) -> None:
            self.send_response(status)
            # whoever is refused and tries again need not wait
            self.send_header("retry-after", "0")
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content) if length is None else length))
            self.end_headers()
            self.wfile.write(content)

        def do_HEAD(self) -> None:
            self.send_error(405)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    index.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
