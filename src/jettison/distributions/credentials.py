"""Names and passwords of package indexes, kept apart from the addresses that others see."""

from __future__ import annotations

import base64
import netrc
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Credentials:
    """Header fields by ``host:port``; what they hold is not part of the representation."""

    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def for_url(self, url: str) -> Mapping[str, str]:
        """Header fields to send to this address; none for a host that they are not for."""
        return self.headers.get(urlsplit(url).netloc, {})


def split_credentials(url: str, *, netrc_file: Path | None = None) -> tuple[str, Credentials]:
    """Take ``user:password@`` out of an address.

    When it has none, ``netrc_file`` is asked for the host; a file that is missing or broken counts
    as none.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = basic_user(url) or (_in_netrc(netrc_file, parts.hostname or "") if netrc_file else None)
    if user is None:
        return url, Credentials()
    header = {"authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    return urlunsplit(parts._replace(netloc=host)), Credentials({host: header})


def basic_user(url: str) -> str | None:
    """Give ``user:password`` of an address, decoded, or None."""
    parts = urlsplit(url)
    if not parts.username:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def _in_netrc(file: Path, host: str) -> str | None:
    try:
        found = netrc.netrc(file).hosts.get(host)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
    return None if found is None else f"{found[0]}:{found[2]}"
