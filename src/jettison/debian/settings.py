"""Where Debian's archive is read from, and how strictly."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

PUBLIC_MIRROR = "https://deb.debian.org/debian"
MIRROR = "JETTISON_DEBIAN_MIRROR"
SECURITY_MIRROR = "JETTISON_DEBIAN_SECURITY_MIRROR"
CHECK_VALID_UNTIL = "JETTISON_DEBIAN_CHECK_VALID_UNTIL"
KEYRING = "JETTISON_DEBIAN_KEYRING"
_NO = frozenset({"0", "no", "false", "off"})
_HOUR = 3600


class ArchiveSettings(Struct, frozen=True, kw_only=True):
    """Addresses of the archive and what is asked of it.

    ``mirror`` and ``security_mirror`` are URLs that have ``dists/`` below them.
    ``check_valid_until`` refuses indexes that the archive no longer vouches for. ``offline`` asks
    nothing of the network. A release file younger than ``refresh_after`` seconds is not asked
    for again. ``keyring`` is a file of binary OpenPGP keys for a mirror that signs anew; without
    it, each suite is held to the keys that Debian made for its release.
    """

    mirror: str = PUBLIC_MIRROR
    security_mirror: str = f"{PUBLIC_MIRROR}-security"
    check_valid_until: bool = True
    offline: bool = False
    refresh_after: int = _HOUR
    keyring: str = ""


def archive_settings(variables: Mapping[str, str], *, offline: bool = False) -> ArchiveSettings:
    """Read the settings from environment variables.

    The security archive is by default the mirror's neighbour whose name ends in ``-security``.
    """
    mirror = variables.get(MIRROR, "").rstrip("/") or PUBLIC_MIRROR
    return ArchiveSettings(
        mirror=mirror,
        security_mirror=variables.get(SECURITY_MIRROR, "").rstrip("/") or f"{mirror}-security",
        check_valid_until=variables.get(CHECK_VALID_UNTIL, "").strip().lower() not in _NO,
        keyring=variables.get(KEYRING, ""),
        offline=offline,
    )
