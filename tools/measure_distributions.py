"""Measure the map of distributions against a local index that serves a folder of wheels.

    python tools/measure_distributions.py WHEELS REQUIREMENTS

WHEELS is a folder that ``pip download`` filled, REQUIREMENTS a requirements file. The closure is
collected with an empty cache, again with the cache, and again offline; each line gives seconds,
requests and bytes received. The index is on loopback, so that the seconds hold no waiting for a
network, and it lists only what the folder has, where a public index lists every release.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from jettison.index.distribution_map import closure, open_map
from jettison.index.graph import total_size
from jettison.index.target import Target


def main(wheels: Path, requirements: Path) -> None:
    """Print one line for each pass."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    roots = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    target = Target(python=version, libc_version="2.41")
    with served(wheels) as (url, sent), tempfile.TemporaryDirectory() as folder:
        os.environ["PIP_INDEX_URL"] = url
        for label, offline in (("cold", False), ("warm", False), ("offline", True)):
            sent.clear()
            begun = time.perf_counter()
            found = open_map(Path(folder), target, offline=offline)
            brought = closure(found, roots)
            seconds = time.perf_counter() - begun
            sizes = [one.installed_size for one in brought.facts.values() if one.installed_size]
            sys.stdout.write(
                f"{label:8} {seconds:6.2f} s  {len(sent):4} requests  "
                f"{sum(sent):11,} bytes  {len(roots)} requirements, "
                f"{len(brought.facts)} distributions, "
                f"{total_size(sizes, source='sum').bytes:,} bytes installed\n"
            )


@contextmanager
def served(wheels: Path) -> Iterator[tuple[str, list[int]]]:
    """Serve the folder as a simple index with ranges; give its address and the bytes it sends."""
    sent: list[int] = []
    pages: dict[str, list[dict[str, Any]]] = {}
    for wheel in sorted(wheels.glob("*.whl")):
        name = wheel.name.partition("-")[0].lower().replace("_", "-").replace(".", "-")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        size = wheel.stat().st_size
        entry = {
            "filename": wheel.name,
            "url": f"/files/{wheel.name}",
            "size": size,
        }
        pages.setdefault(name, []).append({**entry, "hashes": {"sha256": digest}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answering, wheels, pages, sent))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/simple", sent
    server.shutdown()
    server.server_close()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(
        self,
        wheels: Path,
        pages: dict[str, Any],
        sent: list[int],
        *arguments: Any,  # noqa: ANN401  # passed on
    ) -> None:
        self._wheels = wheels
        self._pages = pages
        self._sent = sent
        super().__init__(*arguments)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Answer a page or a part of a wheel."""
        _, folder, name, *_ = self.path.split("/")
        if folder == "simple":
            files = self._pages.get(name)
            body = json.dumps({"meta": {"api-version": "1.1"}, "files": files}).encode()
            kind = {"content-type": "application/vnd.pypi.simple.v1+json"}
            self._send(404 if files is None else 200, body, kind)
            return
        path = self._wheels / name
        asked = self.headers.get("range", "").removeprefix("bytes=")
        if not asked:
            self._send(200, path.read_bytes(), {})
            return
        first, _, last = asked.partition("-")
        with path.open("rb") as stream:
            stream.seek(int(first))
            body = stream.read(int(last) - int(first) + 1)
        end = int(first) + len(body) - 1
        self._send(206, body, {"content-range": f"bytes {first}-{end}/{path.stat().st_size}"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self._sent.append(len(body))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
