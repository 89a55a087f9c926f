"""A signed archive on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.support.debian_archive import LocalArchive

from jettison.index.client import Client
from jettison.index.debian import Archive
from jettison.index.debian.mirror import ArchiveSettings


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        self.server.seen.append(self.path)  # type: ignore[attr-defined]  # set by the fixture


@pytest.fixture
def local_archive(tmp_path: Path) -> LocalArchive:
    folder = tmp_path / "mirror"
    folder.mkdir()
    return LocalArchive(folder)


@pytest.fixture
def server(local_archive: LocalArchive) -> Iterator[ThreadingHTTPServer]:
    handler = partial(_Quiet, directory=str(local_archive.folder))
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.seen = []  # type: ignore[attr-defined]  # what was asked for
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def open_archive(
    local_archive: LocalArchive, server: ThreadingHTTPServer, tmp_path: Path
) -> Callable[..., Archive]:
    def opened(**settings: object) -> Archive:
        root = f"http://127.0.0.1:{server.server_port}"
        given = {
            "mirror": f"{root}/debian",
            "security_mirror": f"{root}/debian-security",
            "keyring": str(local_archive.keyring),
            **settings,
        }
        client = Client(backoff=0.0, timeout=5.0)
        return Archive(ArchiveSettings(**given), cache=tmp_path / "cache", client=client)

    return opened
