"""Debian's docker-registry on this machine, with what it stores under a directory of the test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jettison import process

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
    if not process.installed("docker-registry"):
        if os.environ.get("JETTISON_REQUIRE_ENGINE") == "1":
            pytest.fail("docker-registry is not installed")
        pytest.skip("docker-registry is not installed")
    auth = ""
    if htpasswd:
        passwords = directory / "htpasswd"
        passwords.write_text(htpasswd + "\n")
        auth = f"auth: {{htpasswd: {{realm: test, path: {passwords}}}}}"
    port = _free_port()
    config = directory / "registry.yml"
    config.write_text(
        _CONFIG.format(root=json.dumps(str(directory / "held")), port=port, auth=auth)
    )
    command = ["docker-registry", "serve", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait(port)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/").close()
        except urllib.error.HTTPError as answered:
            answered.close()
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("docker-registry did not start")
