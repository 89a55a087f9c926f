"""Debian packages and a signed archive of them, in a folder that a server can serve."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.openpgp import signing_key

SUITES = ("trixie", "trixie-updates", "trixie-security")
DATE = "Sat, 21 Nov 2026 09:15:44 UTC"


def tar_of(files: Mapping[str, bytes | str]) -> bytes:
    """A tar of files; a value that is text makes a symbolic link, a name with ``/`` a folder."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in {"./": b"", **files}.items():
            member = tarfile.TarInfo(name.rstrip("/"))
            member.mode = 0o755 if name.endswith("/") or "bin/" in name else 0o644
            if name.endswith("/"):
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            elif isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return written.getvalue()


def deb_of(
    control: str,
    files: Mapping[str, bytes | str],
    *,
    pack: Callable[[bytes], bytes] = lzma.compress,
    suffix: str = ".xz",
) -> bytes:
    """A .deb with one control paragraph and some files."""
    sums = "".join(
        f"{hashlib.md5(content).hexdigest()}  {name.removeprefix('./')}\n"
        for name, content in files.items()
        if isinstance(content, bytes) and not name.endswith("/")
    )
    inner = {"control": control.encode(), "md5sums": sums.encode()}
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar{suffix}": pack(tar_of(inner)),
        f"data.tar{suffix}": pack(tar_of(files)),
    }
    return b"!<arch>\n" + b"".join(_ar_member(*member) for member in members.items())


def _ar_member(name: str, content: bytes) -> bytes:
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
    return head + content + b"\n" * (len(content) % 2)


@dataclass
class LocalArchive:
    """An archive under ``folder``: ``debian`` and ``debian-security``, signed by a test key."""

    folder: Path
    fields: Mapping[str, str] = field(default_factory=dict)
    architecture: str = "amd64"
    packages: dict[str, list[str]] = field(default_factory=dict)
    contents: list[str] = field(default_factory=list)

    @property
    def keyring(self) -> Path:
        return self.folder / "keyring.pgp"

    def add(
        self,
        name: str,
        *,
        version: str = "1.0-1",
        suite: str = "trixie",
        files: Mapping[str, bytes | str] | None = None,
        **fields: str,
    ) -> Path:
        """Put a package into the pool; ``publish`` lists it."""
        names = {key.replace("_", "-").title(): value for key, value in fields.items()}
        head = {"Package": name, "Version": version, "Architecture": self.architecture, **names}
        control = "".join(f"{key}: {value}\n" for key, value in head.items())
        body = deb_of(control, files or {})
        filename = f"pool/main/{name}_{version}_{self.architecture}.deb"
        path = self._root(suite) / filename
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        listed = f"Filename: {filename}\nSize: {len(body)}\nSHA256: {_sha256(body)}\n"
        self.packages.setdefault(suite, []).append(control + listed)
        return path

    def publish(self) -> None:
        """Write and sign the indexes of every suite."""
        self.keyring.write_bytes(signing_key().keyring())
        for suite in SUITES:
            self.publish_suite(suite)

    def publish_suite(self, suite: str) -> Path:
        text = "\n".join(self.packages.get(suite, []))
        indexes = {
            f"main/binary-{self.architecture}/Packages.xz": lzma.compress(text.encode()),
            f"main/Contents-{self.architecture}.gz": gzip.compress("".join(self.contents).encode()),
        }
        folder = self._root(suite) / "dists" / suite
        for path, content in indexes.items():
            folder.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
            folder.joinpath(path).write_bytes(content)
        fields = {
            "Codename": suite,
            "Date": DATE,
            "Architectures": self.architecture,
            **self.fields,
        }
        lines = [f" {_sha256(content)} {len(content)} {path}" for path, content in indexes.items()]
        head = [f"{name}: {value}" for name, value in fields.items()]
        release = "\n".join((*head, "SHA256:", *lines))
        folder.joinpath("InRelease").write_text(signing_key().clearsigned(release))
        return folder / "InRelease"

    def _root(self, suite: str) -> Path:
        return self.folder / ("debian-security" if suite.endswith("-security") else "debian")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
