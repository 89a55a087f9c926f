"""The index files of a Debian mirror, and the signatures that they carry."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from jettison.catalogue import resource
from jettison.errors import InputSyntaxError, IntegrityError, JettisonError, NetworkError
from jettison.images.descriptor import Descriptor
from jettison.images.digest import Digest
from jettison.images.stores import whole_file
from jettison.images.stores.blobs import BlobDirectory
from jettison.index.client import Client
from jettison.index.debian.openpgp import (
    HASHES,
    RSA,
    SIGNATURE,
    PublicKey,
    Signature,
    dearmored,
    is_good,
    packets,
    public_keys,
    signature,
)
from jettison.index.debian.package import Release, date_of, parse_release, require_current
from jettison.records import discard, regular_bytes
from jettison.values import FALSE, replace

_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
_DOCUMENT_KINDS = frozenset({0, 1})  # binary document, text document


def verified(document: str, keys: Mapping[str, PublicKey], *, now: int) -> str:
    """Return the signed text of a clear-signed document, its lines joined with newlines.

    ``keys`` are the trusted keys by key ID; one good signature by any of them is enough, as it is
    for apt. ``now`` is seconds since 1970: an expired key or signature does not count. Text
    outside the signature is refused. Raises IntegrityError when no signature is good.
    """
    lines, armor = _parts(document)
    text = "\r\n".join(line.rstrip(" \t") for line in lines).encode()
    reasons = []
    for found in _signatures(armor):
        reason = _refusal(found, text, keys.get(found.issuer), now)
        if reason is None:
            return "\n".join(lines) + "\n"
        reasons.append(f"{found.issuer}: {reason}")
    raise IntegrityError(
        "the signature is not good",
        why="; ".join(reasons) or "there is no signature that can be read",
        hint="Use another mirror, or update Jettison when the archive has new keys.",
    )


def _parts(document: str) -> tuple[list[str], list[str]]:
    """Split into the signed lines, unescaped, and the lines of the signature's armor."""
    lines = document.rstrip().splitlines()
    if not lines or lines[0] != _BEGIN or lines[-1] != _END or lines.count(_SIGNATURE) != 1:
        raise IntegrityError("it is not one clear-signed document")
    middle = lines.index(_SIGNATURE)
    if "" not in lines[:middle]:
        raise IntegrityError("it is not one clear-signed document")
    body = lines[lines.index("") + 1 : middle]
    if any(line.startswith("-") and not line.startswith("- ") for line in body):
        raise IntegrityError("it holds more than one signed text")
    return [line.removeprefix("- ") for line in body], lines[middle + 1 : -1]


def _signatures(armor: list[str]) -> Iterator[Signature]:
    """Yield what can be read; others cannot make a document good."""
    try:
        found = [body for tag, body in packets(dearmored(armor)) if tag == SIGNATURE]
        for body in found:
            yield signature(body)
    except InputSyntaxError:
        return


def _refusal(found: Signature, text: bytes, key: PublicKey | None, now: int) -> str | None:
    """Say why a signature does not count, None when it is good."""
    if key is None:
        return "not one of the trusted keys"
    if found.key_algorithm not in RSA or found.kind not in _DOCUMENT_KINDS:
        return "not an RSA signature of a document"
    if found.hash_algorithm not in HASHES:
        return "made with a hash that is not trusted"
    if 0 < key.expires <= now:
        return "the key has expired"
    if 0 < found.expires <= now:
        return "the signature has expired"
    return None if is_good(found, text, key) else "the text is not what was signed"


PUBLIC_MIRROR = "https://deb.debian.org/debian"
MIRROR = "JETTISON_DEBIAN_MIRROR"
SECURITY_MIRROR = "JETTISON_DEBIAN_SECURITY_MIRROR"
CHECK_VALID_UNTIL = "JETTISON_DEBIAN_CHECK_VALID_UNTIL"
KEYRING = "JETTISON_DEBIAN_KEYRING"
_HOUR = 3600


class ArchiveSettings(Struct, frozen=True, kw_only=True):
    """Addresses of the archive and what is asked of it.

    ``mirror`` and ``security_mirror`` are URLs that have ``dists/`` below them.
    ``check_valid_until`` refuses indexes that the archive no longer vouches for. ``offline`` asks
    nothing of the network. A release file younger than ``refresh_after`` seconds is not asked
    for again. ``keyring`` is a file of binary OpenPGP keys for a mirror with its own; without it,
    each suite is held to the keys that Debian made for its release.
    """

    mirror: str = PUBLIC_MIRROR
    security_mirror: str = f"{PUBLIC_MIRROR}-security"
    check_valid_until: bool = True
    offline: bool = False
    refresh_after: int = _HOUR
    keyring: str = ""


def archive_settings(variables: Mapping[str, str]) -> ArchiveSettings:
    """Read the settings from environment variables.

    The security archive is by default the mirror's neighbour whose name ends in ``-security``.
    """
    mirror = variables.get(MIRROR, "").rstrip("/") or PUBLIC_MIRROR
    return ArchiveSettings(
        mirror=mirror,
        security_mirror=variables.get(SECURITY_MIRROR, "").rstrip("/") or f"{mirror}-security",
        check_valid_until=variables.get(CHECK_VALID_UNTIL, "").strip().lower() not in FALSE,
        keyring=variables.get(KEYRING, ""),
    )


_ATTEMPTS = 3
_LARGEST_RELEASE_FILE = 1 << 22
_OCTETS = "application/octet-stream"


class Mirror:
    """Reads a suite's release file and any file whose hash is known.

    What was fetched is kept below ``cache`` and used again, without the network for files whose
    hash is known, and for release files while they are young or when the network is away: those
    may be no longer valid.
    """

    def __init__(self, settings: ArchiveSettings, cache: Path, client: Client) -> None:
        self._settings = settings
        self._folder = cache / "debian"
        self._blobs = BlobDirectory(cache / "blobs", cache=True)
        self._client = client
        self._releases: dict[str, Release] = {}
        self._old: set[str] = set()

    def release(self, suite: str) -> Release:
        """Return the verified release file of a suite (``trixie``, ``trixie-security``).

        Raises NetworkError when it can neither be fetched nor was kept, IntegrityError when its
        signature is not good, or it is another suite's or no longer valid.
        """
        if suite not in self._releases:
            self._releases[suite] = self._newest_release(suite)
        return self._releases[suite]

    def refresh(self) -> None:
        """Ask again for release files, however young the kept ones are."""
        self._releases.clear()
        self._settings = replace(self._settings, refresh_after=-1)

    def address(self, suite: str, path: str) -> str:
        """Return the URL of a file by its path below the archive's root."""
        return f"{self._root(suite)}/{path}"

    def file(self, suite: str, path: str, sha256: str, size: int) -> Path:
        """Return a file of the mirror by its path below the archive's root, verified.

        Raises NetworkError or, when the bytes are not those of ``sha256``, IntegrityError.
        """
        found = Descriptor(media_type=_OCTETS, digest=Digest("sha256", sha256), size=size)
        if not self._blobs.sound(found.digest):
            self._fetch_file(self.address(suite, path), found)
        return self._blobs.path(found.digest)

    def opened(self, suite: str, path: str, sha256: str, size: int) -> BinaryIO:
        """Open such a file, which others may forget at any time; raises as ``file`` does."""
        for _ in range(_ATTEMPTS):
            with suppress(FileNotFoundError):
                return self.file(suite, path, sha256, size).open("rb")
        return self.file(suite, path, sha256, size).open("rb")

    def forget(self, path: Path) -> None:
        """Drop a file that is not needed any more."""
        path.unlink(missing_ok=True)

    def _fetch_file(self, address: str, descriptor: Descriptor) -> None:
        self._require_network(address)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._blobs.add(descriptor, self._client.chunks(address), address)
            except NetworkError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _newest_release(self, suite: str) -> Release:
        kept = self._kept_release(suite)
        age = time.time() - kept.stat().st_mtime if kept.exists() else None
        if age is None or (age > self._settings.refresh_after and not self._settings.offline):
            try:
                return self._fetch_release(suite, kept)
            except NetworkError:
                if age is None:
                    raise
                self._old.add(suite)
        elif age > self._settings.refresh_after:
            self._old.add(suite)
        try:
            return self._checked(suite, regular_bytes(kept, _LARGEST_RELEASE_FILE))
        except (IntegrityError, OSError):
            if self._settings.offline:
                raise
            # It was good when it was kept: the cache is damaged, or the keys are others.
            discard(kept)
            return self._fetch_release(suite, kept)

    def _fetch_release(self, suite: str, kept: Path) -> Release:
        address = self.address(suite, f"dists/{suite}/InRelease")
        self._require_network(address)
        document = self._client.get(address, limit=_LARGEST_RELEASE_FILE).body
        release = self._checked(suite, document)
        seen = self._date_of(kept)
        if seen is not None and release.date < seen:
            # As apt does: a mirror that lags, or is made to, does not bring back what was replaced.
            self._old.add(suite)
            return self._checked(suite, regular_bytes(kept, _LARGEST_RELEASE_FILE))
        with whole_file(kept) as file:
            file.write(document)
        return release

    def _date_of(self, kept: Path) -> datetime | None:
        """Return the date of a kept release file, None when it is not known."""
        try:
            lines = regular_bytes(kept, _LARGEST_RELEASE_FILE).decode().splitlines()
            return date_of(next(line[6:] for line in lines if line.startswith("Date: ")))
        except (OSError, ValueError, StopIteration):
            return None

    def _checked(self, suite: str, document: bytes) -> Release:
        """Verify the signature, then what the text says of itself."""
        now = datetime.now(UTC)
        try:
            keys = public_keys(self._keyring(suite))
            text = verified(document.decode(), keys, now=int(now.timestamp()))
            release = parse_release(text)
        except (JettisonError, UnicodeDecodeError) as error:
            raise _naming(self.address(suite, f"dists/{suite}/InRelease"), error) from error
        ages = self._settings.check_valid_until and suite not in self._old
        require_current(release, suite, now if ages else datetime.fromtimestamp(0, UTC))
        return release

    def _keyring(self, suite: str) -> bytes:
        if not self._settings.keyring:
            return resource(f"keys/debian-{suite.removesuffix('-updates')}.pgp")
        try:
            return Path(self._settings.keyring).read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"the keyring {self._settings.keyring} cannot be read",
                why=error.strerror or str(error),
                hint=f"Correct or unset {KEYRING}.",
            ) from error

    def _require_network(self, address: str) -> None:
        if self._settings.offline:
            raise NetworkError(
                f"{address} is not in the cache",
                why="Jettison works offline",
                hint="Run once with the network at hand.",
            )

    def _root(self, suite: str) -> str:
        security = suite.endswith("-security")
        return self._settings.security_mirror if security else self._settings.mirror

    def _kept_release(self, suite: str) -> Path:
        root = hashlib.sha256(self._root(suite).encode()).hexdigest()[:16]
        return self._folder / "release" / root / suite


def _naming(address: str, error: Exception) -> IntegrityError:
    why = error.why if isinstance(error, JettisonError) else ""
    hint = error.hint if isinstance(error, JettisonError) else ""
    return IntegrityError(f"{address} is not to be trusted: {error}", why=why, hint=hint)
