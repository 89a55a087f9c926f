"""An index on loopback with large wheels, made on the spot."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_FILES = 4
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
_WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheel(folder: Path, number: int, size: int) -> Path:
    """Write a wheel of about ``size`` bytes that compresses no further."""
    name = f"large{number}"
    file = folder / f"{name}-1.0-py3-none-any.whl"
    source = random.Random(number)  # noqa: S311 — any bytes will do
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        rows = []
        contents = {f"{name}/__init__.py": b"", f"{name}-1.0.dist-info/WHEEL": _WHEEL.encode()}
        contents[f"{name}-1.0.dist-info/METADATA"] = _METADATA.format(name=name).encode()
        for part in range(_FILES):
            contents[f"{name}/part{part}.bin"] = source.randbytes(size // _FILES)
        for path, content in contents.items():
            archive.writestr(path, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
            rows.append(f"{path},sha256={digest.rstrip('=')},{len(content)}\n")
        record = f"{name}-1.0.dist-info/RECORD"
        archive.writestr(record, "".join([*rows, f"{record},,\n"]))
    return file


def make_index(folder: Path, count: int, size: int) -> list[str]:
    """Write wheels and the pages that list them; return the names of the distributions."""
    names = []
    for number in range(count):
        file = make_wheel(folder, number, size)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        name = file.name.partition("-")[0]
        page = folder / "simple" / name / "index.html"
        page.parent.mkdir(parents=True)
        # As public indexes do, so that nobody has to read a wheel for its metadata.
        metadata = _METADATA.format(name=name).encode()
        (folder / f"{file.name}.metadata").write_bytes(metadata)
        told = f"sha256={hashlib.sha256(metadata).hexdigest()}"
        page.write_text(
            f'<a href="../../{file.name}#sha256={digest}" data-core-metadata="{told}">'
            f"{file.name}</a>"
        )
        names.append(name)
    return names


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; give the address of its index."""

    class Quiet(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with a part of a file when one is asked for, as indexes do."""
            asked = _RANGE.fullmatch(self.headers.get("range", ""))
            file = Path(self.translate_path(self.path))
            if asked is None or not file.is_file():
                super().do_GET()
                return
            size = file.stat().st_size
            first, last = asked.groups()
            start = int(first) if first else max(0, size - int(last))
            end = min(int(last), size - 1) if first and last else size - 1
            self.send_response(206)
            self.send_header("content-range", f"bytes {start}-{end}/{size}")
            self.send_header("content-length", str(end - start + 1))
            self.end_headers()
            with file.open("rb") as opened:
                opened.seek(start)
                self.wfile.write(opened.read(end - start + 1))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: clients that read wheels in parts close when they have enough."""

    server = Server(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()
