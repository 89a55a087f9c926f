"""HTTP to package indexes, with the settings and credentials of pip and uv."""

from __future__ import annotations

import base64
import configparser
import netrc
import os
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import urllib3
from msgspec import Struct
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import (
    TimeoutError as SilenceError,
)

from jettison.processes.patience import PART, ended_after, patient_parts, with_patience

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


_RETRIED = (429, 500, 502, 503, 504)
_LONGEST_PAUSE = 20.0
_CHUNK = 1 << 18
_CONNECT_SECONDS = 10.0
# What will not be better for the next address on the same host.
_LASTING = (NewConnectionError, ProxyError, SSLError, SilenceError)


class Transport:
    """Direct connections and, by scheme, those through a proxy that the environment names."""

    def __init__(self, *, threads: float, backoff: float, timeout: float) -> None:
        context = _certificates()
        self._direct = with_patience(
            urllib3.PoolManager(maxsize=int(threads), block=True, ssl_context=context)
        )
        self._proxied = {
            scheme: with_patience(urllib3.ProxyManager(
                address, maxsize=int(threads), block=True, ssl_context=context,
                proxy_headers=urllib3.make_headers(proxy_basic_auth=basic_user(address)),
            ))
            for scheme, address in urllib.request.getproxies().items()
            if scheme in {"http", "https", "all"} and address.startswith(("http://", "https://"))
        }  # fmt: skip
        self._timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, timeout), read=timeout)
        self._backoff = backoff

    def get(self, url: str, headers: Mapping[str, str], limit: int) -> Answer:
        """GET and read the body, up to ``limit`` bytes; raises NoAnswerError."""
        try:
            response = self._request(url, headers)
            with ended_after(response.connection, PART):
                body = _body(response, limit)
        except HTTPError as error:
            raise _no_answer(error) from error
        return _answer(response, body)

    @contextmanager
    def stream(
        self, url: str, headers: Mapping[str, str]
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """GET; the answer has no body, whose chunks follow as they come; raises NoAnswerError."""
        try:
            response = self._request(url, headers)
            try:
                yield _answer(response, b""), patient_parts(response, _CHUNK)
            finally:
                # A body that was not read to its end would be taken for the next answer.
                response.close()
                response.release_conn()
        except HTTPError as error:
            raise _no_answer(error) from error

    def _request(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        return self._pool(url).request(
            "GET", url, headers=headers, retries=self._retries(), timeout=self._timeout,
            preload_content=False,
        )  # fmt: skip

    def _pool(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxied = self._proxied.get(parts.scheme) or self._proxied.get("all")
        if proxied is None or urllib.request.proxy_bypass(parts.hostname or ""):
            return self._direct
        return proxied

    def _retries(self) -> urllib3.Retry:
        return _BoundedRetry(
            total=5, connect=2, read=2, redirect=5, status=4,
            status_forcelist=_RETRIED, allowed_methods=("GET",),
            backoff_factor=self._backoff, backoff_max=_LONGEST_PAUSE, raise_on_status=False,
        )  # fmt: skip


class _BoundedRetry(urllib3.Retry):
    """Waits as long as the server asks, but not longer than a person would."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_PAUSE)


def _answer(response: urllib3.BaseHTTPResponse, body: bytes | None) -> Answer:
    history = response.retries.history if response.retries else ()
    return Answer(
        status=response.status,
        reason=response.reason or "",
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body or b"",
        whole=body is not None,
        requests=1 + len(history),
    )


def _body(response: urllib3.BaseHTTPResponse, limit: int) -> bytes | None:
    """Read the body, None when it is longer than ``limit``, and give the connection back."""
    stated = response.headers.get("content-length", "")
    too_long = stated.isdigit() and int(stated) > limit
    body = b""
    while not too_long and (more := response.read(limit + 1, decode_content=True)):
        body += more
        too_long = len(body) > limit
    if too_long:
        # What is left unread would be taken for the next answer.
        response.close()
    response.release_conn()
    return None if too_long else body


def _no_answer(error: HTTPError) -> NoAnswerError:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    why = str(cause).rpartition("object at 0x")[2].partition(": ")[2] or str(cause)
    return NoAnswerError(why, lasting=isinstance(cause, _LASTING))


def _certificates() -> ssl.SSLContext:
    """Trust the system's certificates and those that the usual variables name."""
    context = ssl.create_default_context()
    named = {os.environ.get(variable, "") for variable in CERTIFICATE_VARIABLES}
    # OpenSSL reads what SSL_CERT_FILE names by itself.
    for path in sorted(named - {"", os.environ.get("SSL_CERT_FILE", "")}):
        if Path(path).is_file():
            context.load_verify_locations(cafile=path)
    return context
