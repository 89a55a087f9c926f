"""A company's proxy on this machine, which opens what is encrypted by an authority of its own."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

HOSTS = ("packages.example", "extra.example", "registry.example", "mirror.example")
_NAMES = ",".join(f"DNS:{host}" for host in HOSTS)


@dataclass(slots=True)
class CompanyProxy:
    """``reaches`` maps hosts to ports of this machine; ``asked`` are those that were asked for.

    With ``refuses`` every host is refused. ``authority`` is the file of its private authority.
    """

    url: str
    authority: Path
    reaches: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuses: bool = False


def can_be_made() -> bool:
    """Tell whether the program that makes authorities is here."""
    return shutil.which("openssl") is not None


@contextmanager
def proxying(folder: Path) -> Iterator[CompanyProxy]:
    """Be the proxy for as long as the block takes, with an authority made for it in ``folder``."""
    _authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "host.pem", folder / "host.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        proxy = CompanyProxy(url=address, authority=folder / "authority.pem")
        threading.Thread(target=_serve, args=(listener, proxy, context), daemon=True).start()
        yield proxy


def _authority(folder: Path) -> None:
    """Make an authority and a certificate of it for all hosts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "names").write_text(f"subjectAltName={_NAMES}\n")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for words in (
        (*new, "-x509", "-days", "2", "-subj", "/CN=Company authority",
         "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
         "-keyout", "authority.key", "-out", "authority.pem"),
        (*new, "-subj", "/CN=hosts", "-keyout", "host.key", "-out", "host.csr"),
        ("x509", "-req", "-in", "host.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
         "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "host.pem"),
    ):  # fmt: skip
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def _serve(listener: socket.socket, proxy: CompanyProxy, context: ssl.SSLContext) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(client, proxy, context), daemon=True).start()


def _answer(client: socket.socket, proxy: CompanyProxy, context: ssl.SSLContext) -> None:
    with suppress(OSError), client:
        head = b""
        while b"\r\n\r\n" not in head and (more := client.recv(1 << 12)):
            head += more
        host = head.split()[1].decode().rpartition(":")[0]
        proxy.asked.append(host)
        if proxy.refuses or host not in proxy.reaches:
            client.sendall(b"HTTP/1.1 403 Forbidden by the company\r\ncontent-length: 0\r\n\r\n")
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with (
            context.wrap_socket(client, server_side=True) as opened,
            socket.create_connection(("127.0.0.1", proxy.reaches[host])) as server,
        ):
            back = threading.Thread(target=_carry, args=(server, opened), daemon=True)
            back.start()
            _carry(opened, server)
            back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(1 << 16):
            target.sendall(content)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
