"""Which index is queried, with which credentials, as pip and uv have it; responses as values."""

from __future__ import annotations

import base64
import configparser
import netrc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct

PUBLIC_INDEX = "https://pypi.org/simple"
# Files of certificate authorities, as pip, requests and curl name them.
CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")


def index_url(variables: Mapping[str, str], *, home: Path) -> str:
    """Find the simple index that the user's settings name, else the public one.

    ``variables`` are those of the process. Environment variables come before configuration files,
    and the files in pip's own order: named, environment's, user's, system's.
    """
    for variable in _VARIABLES:
        value = variables.get(variable, "").strip()
        if value:
            # UV_DEFAULT_INDEX may give the index a name: name=https://…
            name, equals, address = value.partition("=")
            return address if equals and "://" not in name else value
    found = (_configured(path) for path in _configuration_files(variables, home))
    return next((url for url in found if url), PUBLIC_INDEX)


def uv_variables(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return variables that let uv trust whom pip trusts on this machine, and fetch no Python.

    That is the system's certificate store, or the file that one of pip's variables names.
    """
    bundle = next((variables[name] for name in CERTIFICATE_VARIABLES if variables.get(name)), "")
    return {
        "UV_PYTHON_DOWNLOADS": "never",
        # The second is what older releases call it.
        "UV_SYSTEM_CERTS": "1",
        "UV_NATIVE_TLS": "1",
        **({"SSL_CERT_FILE": bundle} if bundle and not variables.get("SSL_CERT_FILE") else {}),
    }


def _configuration_files(variables: Mapping[str, str], home: Path) -> Iterator[Path]:
    named = variables.get("PIP_CONFIG_FILE", "")
    if named:
        yield Path(named)
    if variables.get("VIRTUAL_ENV"):
        yield Path(variables["VIRTUAL_ENV"]) / "pip.conf"
    configuration = variables.get("XDG_CONFIG_HOME") or home / ".config"
    yield Path(configuration) / "pip" / "pip.conf"
    yield home / ".pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield Path("/etc/xdg/pip/pip.conf")


def _configured(path: Path) -> str:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError):
        return ""
    sections = ("install", "download", "global")
    values = (parser.get(section, "index-url", fallback="") for section in sections)
    return next((value.strip() for value in values if value.strip()), "")


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


OK, PARTIAL, NOT_MODIFIED = 200, 206, 304


class Answer(Struct, frozen=True, kw_only=True):
    """A response whose body was read: ``headers`` have lower-case names.

    ``reason`` is the server's word for the status, ``requests`` how many it took with retries and
    redirects. A body that is longer than allowed is not kept, and ``whole`` is False then.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    requests: int = 1

    @property
    def partial(self) -> bool:
        """Whether the server sent the asked range and not the whole."""
        return self.status == PARTIAL

    @property
    def not_modified(self) -> bool:
        """Whether the cached copy is still good."""
        return self.status == NOT_MODIFIED


class NoAnswerError(Exception):
    """No answer came; ``lasting`` when the host cannot be reached at all, whatever is asked."""

    def __init__(self, why: str, *, lasting: bool) -> None:
        super().__init__(why)
        self.why = why
        self.lasting = lasting
