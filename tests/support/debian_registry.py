"""Debian's docker-registry on this machine, with what it stores under a directory of the test."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CONFIG = """
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: 127.0.0.1:{port}}}
{auth}
"""


@contextmanager
def debian_registry(directory: Path, htpasswd: str = "") -> Iterator[str]:
    """Serve a registry and give its host and port; ``htpasswd`` is a line ``user:bcrypt``."""
    auth = ""
    if htpasswd:
        passwords = directory / "htpasswd"
        passwords.write_text(htpasswd + "\n")
        auth = f"auth: {{htpasswd: {{realm: test, path: {passwords}}}}}"
    with _started(directory, auth) as port:
        yield f"127.0.0.1:{port}"


@contextmanager
def _started(directory: Path, auth: str) -> Iterator[int]:
    """Start the registry on a port; another program may take a free port first."""
    for _ in range(5):
        port = _free_port()
        config = directory / "registry.yml"
        held = json.dumps(str(directory / "held"))
        config.write_text(_CONFIG.format(root=held, port=port, auth=auth))
        command = ["docker-registry", "serve", str(config)]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as server:
            try:
                if _answers(server, port):
                    yield port
                    return
            finally:
                server.terminate()
    pytest.fail("docker-registry did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the registry serves, and tell whether it is this one that does."""
    for _ in range(1200):
        status = _status(port)
        if server.poll() is not None:
            return False
        if status in {200, 401}:
            return True
        time.sleep(0.05)
    return False


def _status(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except OSError:
        return 0
