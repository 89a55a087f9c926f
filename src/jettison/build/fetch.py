"""Wheels in the content-addressed cache."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from jettison.build.pin import Pin
from jettison.distributions.client import Client
from jettison.distributions.credentials import Credentials, split_credentials
from jettison.distributions.settings import index_url
from jettison.errors import IntegrityError, NetworkError
from jettison.oci.digest import Digest
from jettison.oci.stream import checked_chunks
from jettison.stores.blobs import BlobDirectory
from jettison.stores.files import whole_file
from jettison.stores.transfer import mapped

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
