"""Wheels in the content-addressed cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec.structs import replace

from jettison.builder.recipe import ENGINE, FIXED_TIME, Pin
from jettison.errors import BuildError, IntegrityError, NetworkError, UnsupportedError
from jettison.images.digest import Digest
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.files import whole_file
from jettison.images.stream import checked_chunks
from jettison.index.client import Client
from jettison.index.resolving import uv_program
from jettison.index.settings import Credentials, index_url, split_credentials, uv_variables
from jettison.processes.concurrent import mapped
from jettison.processes.programs import run
from jettison.records import Records

_ATTEMPTS = 3


def fetched(pins: Iterable[Pin], blobs: BlobDirectory, *, offline: bool = False) -> dict[str, Path]:
    """Return the verified wheel of each pin, by name, four downloads at a time.

    Raises NetworkError or, when the bytes are not those of the hash, IntegrityError; both name
    the wheel.
    """
    wanted = tuple(pins)
    sound = mapped(wanted, lambda pin: blobs.sound(Digest("sha256", pin.sha256)))
    missing = [pin for pin, good in zip(wanted, sound, strict=True) if not good]
    if missing and offline:
        raise NetworkError(
            f"{missing[0].filename} is not in the cache",
            why="Jettison works offline",
            hint="Run once with the network at hand.",
        )
    if missing:
        client = Client(credentials=_credentials())
        mapped(missing, lambda pin: _fetch(pin, blobs, client))
    return {pin.name: path_of(pin, blobs) for pin in wanted}


def path_of(pin: Pin, blobs: BlobDirectory) -> Path:
    """Return where the wheel of a pin is, or would be."""
    return blobs.path(Digest("sha256", pin.sha256))


def _fetch(pin: Pin, blobs: BlobDirectory, client: Client) -> None:
    digest = Digest("sha256", pin.sha256)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with whole_file(blobs.path(digest)) as file:
                for chunk in checked_chunks(client.chunks(pin.url), digest, None, pin.filename):
                    file.write(chunk)
        except IntegrityError:
            raise
        except NetworkError as error:
            if attempt == _ATTEMPTS:
                raise NetworkError(
                    f"{pin.filename} cannot be fetched", why=f"{error}: {error.why}".rstrip(": ")
                ) from error
        else:
            return


def _credentials() -> Credentials:
    netrc = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    return split_credentials(index_url(os.environ, home=Path.home()), netrc_file=netrc)[1]


_SECONDS = 600
_FORMAT = "1"
_LAST_LINES = 12


def with_wheels(
    pins: Iterable[Pin],
    files: Mapping[str, Path],
    blobs: BlobDirectory,
    records: Records,
    *,
    offline: bool,
) -> tuple[tuple[Pin, ...], dict[str, Path]]:
    """Return pins and files in which a wheel stands for each source distribution.

    A wheel is built by uv on this machine, once. Raises UnsupportedError for one that is not pure
    Python, and BuildError when its own build fails; both name the distribution.
    """
    found = tuple(_wheel(p, files[p.name], blobs, records, offline) if p.is_source else p
                  for p in pins)  # fmt: skip
    paths = {p.name: blobs.path(Digest("sha256", p.sha256)) for p in found}
    return found, paths


def _wheel(pin: Pin, source: Path, blobs: BlobDirectory, records: Records, offline: bool) -> Pin:
    words = ("wheel of source", _FORMAT, pin.sha256)
    known = records.get(tuple[str, str], *words)
    if known is not None:
        wheel = replace(pin, filename=known[0], sha256=known[1])
        if blobs.sound(Digest("sha256", wheel.sha256)):
            return wheel
    with tempfile.TemporaryDirectory(prefix="jettison-") as name:
        built = _built(pin, source, Path(name), offline=offline)
        if not built.name.endswith("-none-any.whl"):
            raise UnsupportedError(
                f"{pin.name} {pin.version} has no fitting wheel, and is not pure Python",
                why=f"its source gives {built.name}, which is for this machine",
                hint=ENGINE,
            )
        content = built.read_bytes()
        wheel = replace(pin, filename=built.name, sha256=hashlib.sha256(content).hexdigest())
        with whole_file(blobs.path(Digest("sha256", wheel.sha256))) as file:
            file.write(content)
    records.put((wheel.filename, wheel.sha256), *words)
    return wheel


def _built(pin: Pin, source: Path, folder: Path, *, offline: bool) -> Path:
    """Build in a temporary environment with what the source itself asks for."""
    shutil.copyfile(source, folder / pin.filename)
    command = [
        uv_program(), "build", "--wheel", "--quiet", "--no-config", "--color", "never",
        "--python", sys.executable, "--out-dir", str(folder / "wheels"),
        *(["--offline"] if offline else []), str(folder / pin.filename),
    ]  # fmt: skip
    done = run(
        command,
        timeout=_SECONDS,
        directory=folder,
        environment={
            **uv_variables(os.environ),
            # By the environment: it may hold a password, and others can list processes.
            "UV_DEFAULT_INDEX": index_url(os.environ, home=Path.home()),
            "SOURCE_DATE_EPOCH": str(FIXED_TIME),
        },
    )
    wheels = sorted((folder / "wheels").glob("*.whl"))
    if done.status or len(wheels) != 1:
        raise BuildError(
            f"{pin.filename} cannot be built",
            why="\n".join(done.error_text.splitlines()[-_LAST_LINES:]),
            hint=f"See what the source of {pin.name} needs, or pin a release that has a wheel.",
        )
    return wheels[0]
