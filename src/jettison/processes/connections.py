"""Connections as this machine is set up: by its proxies, to whom its authorities vouch for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl

    import urllib3

# Files of certificate authorities, as pip, requests and curl name them.
CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_UNTRUSTED = "Set SSL_CERT_FILE to the file of your certificate authority."
_CLOCK = "Set the clock of this machine right, or have the certificate renewed."
# What OpenSSL and uv say of a certificate whose dates do not fit.
_DATES = ("not yet valid", "has expired", "NotValidYet", "Expired")
_PROXIES = ("http://", "https://")
# How urllib3 begins what it says: the value that stands for the connection.
_NAMED = re.compile(
    r"^<?[\w.]*(?:Connection|Pool)(?:\(host=.*?, port=\d+\)| object at 0x[0-9a-f]+)>?: "
)


def distrusted(why: str) -> str:
    """Say what to do when a server's certificate is not accepted, by what a library says of it."""
    return _CLOCK if any(sign in why for sign in _DATES) else _UNTRUSTED


def reason_of(error: Exception) -> str:
    """Return what an error of urllib3 says, without the values of Python around it."""
    cause = getattr(error, "reason", None) or error
    within = cause.args[1] if len(cause.args) > 1 else None
    if isinstance(within, Exception):
        return f"{str(cause.args[0]).rstrip('.')}: {reason_of(within)}"
    return _NAMED.sub("", str(cause))


def certificate_file(variables: Mapping[str, str]) -> str:
    """Return the file that one of these variables names, or nothing."""
    return next((variables[name] for name in CERTIFICATE_VARIABLES if variables.get(name)), "")


def basic_user(url: str) -> str | None:
    """Give ``user:password`` of an address, decoded, or None."""
    parts = urlsplit(url)
    if not parts.username:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


class Pools:
    """Direct connections and, by scheme, those through a proxy that the environment names.

    ``bundle`` is a further file of authorities; certificates of ``trusted`` hosts are not verified.
    """

    def __init__(
        self,
        *,
        most: int,
        block: bool,
        bundle: str = "",
        trusted: Collection[str] = (),
        bypassed: Callable[[str], object] | None = None,
    ) -> None:
        # Late, as what follows: it takes long to load, and a plan from the cache needs none.
        from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

        self._most = most
        self._block = block
        self._trusted = frozenset(trusted)
        self._bypassed = bypassed or proxy_bypass
        proxies = getproxies().items()
        self._proxies = {name: url for name, url in proxies if url.startswith(_PROXIES)}
        self._verified = _verifying(bundle)
        self._opened: dict[tuple[str, bool], urllib3.PoolManager] = {}

    def pool(self, url: str) -> urllib3.PoolManager:
        """Give the connections that an address is asked through."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        proxy = self._proxies.get(parts.scheme) or self._proxies.get("all", "")
        if proxy and self._bypassed(host):
            proxy = ""
        verified = not self._trusted.intersection((host, parts.netloc.rpartition("@")[2]))
        key = (proxy, verified)
        if key not in self._opened:
            self._opened[key] = self._made(proxy, verified=verified)
        return self._opened[key]

    def _made(self, proxy: str, *, verified: bool) -> urllib3.PoolManager:
        import ssl  # noqa: PLC0415

        import urllib3  # noqa: PLC0415

        from jettison.processes.patience import with_patience  # noqa: PLC0415

        context = self._verified
        if not verified:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if not proxy:
            direct = urllib3.PoolManager(maxsize=self._most, block=self._block, ssl_context=context)
            return with_patience(direct)
        headers = urllib3.make_headers(proxy_basic_auth=basic_user(proxy))
        return with_patience(
            urllib3.ProxyManager(
                proxy,
                maxsize=self._most,
                block=self._block,
                ssl_context=context,
                proxy_headers=headers,
            )
        )


def _verifying(bundle: str) -> ssl.SSLContext:
    """Trust the system's certificates and those that the usual variables name."""
    import ssl  # noqa: PLC0415

    context = ssl.create_default_context()
    named = {os.environ.get(variable, "") for variable in CERTIFICATE_VARIABLES} | {bundle}
    # OpenSSL reads what SSL_CERT_FILE names by itself.
    for path in sorted(named - {"", os.environ.get("SSL_CERT_FILE", "")}):
        if Path(path).is_file():
            context.load_verify_locations(cafile=path)
    return context
