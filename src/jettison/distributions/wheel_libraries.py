"""What of the shared libraries in a wheel no process loads, read without fetching them whole."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator

from jettison.distributions.client import Client
from jettison.distributions.facts import InstalledFile, WheelFile
from jettison.distributions.remote_wheel import open_wheel
from jettison.elf.unloaded import BEGINNING, unloaded_bytes
from jettison.errors import NetworkError

# Each library costs a request, and small ones have little to lose.
SMALLEST = 100_000


def read_unloaded(client: Client, wheel: WheelFile) -> tuple[InstalledFile, ...]:
    """Return the libraries of a wheel with the bytes of each that are never loaded.

    Raises NetworkError when the wheel cannot be had or is no zip file.
    """
    try:
        with zipfile.ZipFile(open_wheel(client, wheel)) as archive:
            return tuple(_unloaded(archive))
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError) as error:
        raise NetworkError(f"{wheel.filename} is not a readable wheel", why=str(error)) from error


def _unloaded(archive: zipfile.ZipFile) -> Iterator[InstalledFile]:
    for entry in archive.infolist():
        if ".so" not in entry.filename.rpartition("/")[2] or entry.file_size < SMALLEST:
            continue
        with archive.open(entry) as library:
            count = unloaded_bytes(library.read(BEGINNING), entry.file_size)
        if count:
            yield InstalledFile(path=entry.filename, size=count)
