"""Wheels made in memory."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping


def wheel(
    name: str,
    version: str = "1.0",
    files: Mapping[str, bytes] | None = None,
    *,
    requires: tuple[str, ...] = (),
    scripts: Mapping[str, str] | None = None,
    records: Mapping[str, str] | None = None,
    modes: Mapping[str, int] | None = None,
) -> bytes:
    """Make a wheel; ``records`` replaces rows of RECORD, ``modes`` gives files another mode."""
    folder = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    content = dict(files or {f"{name}/__init__.py": b""})
    content[f"{folder}/METADATA"] = metadata.encode()
    content[f"{folder}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if scripts:
        lines = "".join(f"{program} = {target}\n" for program, target in scripts.items())
        content[f"{folder}/entry_points.txt"] = f"[console_scripts]\n{lines}".encode()
    rows = {path: _hash(body) for path, body in content.items()} | dict(records or {})
    text = "".join(f"{path},{digest},\n" for path, digest in rows.items() if digest is not None)
    content[f"{folder}/RECORD"] = f"{text}{folder}/RECORD,,\n".encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in content.items():
            entry = zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = ((modes or {}).get(path, 0o100644)) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, body)
    return stream.getvalue()


_BACKEND = """
import pathlib
def build_wheel(folder, config_settings=None, metadata_directory=None):
    (made,) = pathlib.Path("wheel").iterdir()
    (pathlib.Path(folder) / made.name).write_bytes(made.read_bytes())
    return made.name
"""


def source(
    name: str, version: str = "1.0", tag: str = "py3-none-any", *, backend: bytes = b""
) -> bytes:
    """Make a source distribution; what it builds has the tag, and without one building fails.

    With a ``backend``, code that runs first, its metadata are not told without running it.
    """
    told = f"Metadata-Version: {'2.1' if backend else '2.2'}"
    dynamic = 'dynamic = ["dependencies"]\n' if backend else ""
    project = f'[project]\nname = "{name}"\nversion = "{version}"\n{dynamic}'
    system = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
    files = {
        "PKG-INFO": f"{told}\nName: {name}\nVersion: {version}\n".encode(),
        "pyproject.toml": (system + project).encode(),
        "own.py": backend + _BACKEND.encode(),
    }
    if tag:
        files[f"wheel/{name}-{version}-{tag}.whl"] = wheel(name, version)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for path, body in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return stream.getvalue()


def _hash(body: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
    return f"sha256={digest}"


def spoiled(name: str, content: bytes) -> bytes:
    """Make an archive of one file that is packed by LZMA and was damaged."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(name, content * 50)
    found = bytearray(stream.getvalue())
    begins = 30 + len(name) + 9
    found[begins : begins + 12] = bytes(byte ^ 0xA5 for byte in found[begins : begins + 12])
    return bytes(found)
