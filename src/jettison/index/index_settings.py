"""Which index is queried, with which credentials, as pip and uv have it; responses as values."""

from __future__ import annotations

import base64
import configparser
import netrc
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.processes.connections import basic_user, certificate_file
from jettison.records import regular_bytes

PUBLIC_INDEX = "https://pypi.org/simple"
_DEFAULT = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
_LISTS = {
    "extra": ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
    "links": ("UV_FIND_LINKS", "PIP_FIND_LINKS"),
    "trusted": ("UV_INSECURE_HOST", "PIP_TRUSTED_HOST"),
}
# How pip's files name the same.
_NAMES = {
    "url": "index-url",
    "extra": "extra-index-url",
    "links": "find-links",
    "trusted": "trusted-host",
    "bundle": "cert",
}
_ADDRESSES = ("http://", "https://")
_LARGEST = 1 << 20


class IndexSettings(Struct, frozen=True, kw_only=True):
    """Where distributions come from, as the user has set up pip or uv.

    ``extra`` are simple indexes that are asked before ``url``, ``links`` addresses of pages with
    files, ``trusted`` hosts whose certificates are not verified, ``bundle`` a file of certificate
    authorities or empty.
    """

    url: str = PUBLIC_INDEX
    extra: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    bundle: str = ""


def index_settings(variables: Mapping[str, str], *, home: Path) -> IndexSettings:
    """Read what the user has set: variables of the process, then pip's files, then uv's.

    Pip's files come in its own order: named, environment's, user's, system's. A setting that is
    found counts, and later ones of its kind do not. Links to folders of this machine are left out,
    since no other machine could build from them.
    """
    found = _in_variables(variables)
    for path in _configuration_files(variables, home):
        found = {**_in_pip(path), **found}
    configuration = Path(variables.get("XDG_CONFIG_HOME") or home / ".config")
    for path in (configuration / "uv" / "uv.toml", Path("/etc/uv/uv.toml")):
        found = {**_in_uv(path), **found}
    addressed = {
        name: tuple(word for word in found.get(name, ()) if word.startswith(_ADDRESSES))
        for name in ("extra", "links")
    }
    return IndexSettings(
        url=next(iter(found.get("url", ())), PUBLIC_INDEX),
        trusted=found.get("trusted", ()),
        bundle=next(iter(found.get("bundle", ())), ""),
        **addressed,
    )


def index_url(variables: Mapping[str, str], *, home: Path) -> str:
    """Find the simple index that the user's settings name, else the public one."""
    return index_settings(variables, home=home).url


def uv_variables(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return variables by which uv goes where pip goes on this machine, and fetches no Python.

    It trusts the system's certificate store, or the file that one of pip's settings names, and
    breaks no line of its reasons.
    """
    known = index_settings(variables, home=Path.home())
    certain = bool(variables.get("SSL_CERT_FILE"))
    bundle = certificate_file(variables) or known.bundle
    given = {
        "UV_INDEX": " ".join(known.extra),
        "UV_FIND_LINKS": ",".join(known.links),
        "UV_INSECURE_HOST": " ".join(known.trusted),
        "SSL_CERT_FILE": "" if certain else bundle,
    }
    return {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_WRAP": "1",
        # The second is what older releases call it.
        "UV_SYSTEM_CERTS": "1",
        "UV_NATIVE_TLS": "1",
        **{name: value for name, value in given.items() if value},
    }


Found = dict[str, tuple[str, ...]]


def _in_variables(variables: Mapping[str, str]) -> Found:
    found: Found = {}
    address = next((value for name in _DEFAULT if (value := variables.get(name, "").strip())), "")
    if address:
        found["url"] = (_unnamed(address),)
    for kind, names in _LISTS.items():
        for name in names:
            if words := variables.get(name, "").replace(",", " ").split():
                found.setdefault(kind, tuple(map(_unnamed, words)))
    return found


def _unnamed(text: str) -> str:
    """Return the address of an index that may have a name: ``name=https://…``."""
    name, equals, address = text.partition("=")
    return address if equals and "://" not in name else text


def _configuration_files(variables: Mapping[str, str], home: Path) -> Iterator[Path]:
    named = variables.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        # By which pip reads none.
        return
    if named:
        yield Path(named)
    if variables.get("VIRTUAL_ENV"):
        yield Path(variables["VIRTUAL_ENV"]) / "pip.conf"
    configuration = variables.get("XDG_CONFIG_HOME") or home / ".config"
    yield Path(configuration) / "pip" / "pip.conf"
    yield home / ".pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield Path("/etc/xdg/pip/pip.conf")


def _in_pip(path: Path) -> Found:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(regular_bytes(path, _LARGEST).decode())
    except (configparser.Error, UnicodeDecodeError, OSError):
        return {}
    found: Found = {}
    for kind, name in _NAMES.items():
        for section in ("install", "download", "global"):
            words = parser.get(section, name, fallback="").split()
            if words:
                found.setdefault(kind, tuple(words))
    return found


def _in_uv(path: Path) -> Found:
    """Read uv's own settings; its list of indexes names the default one and the others."""
    try:
        document = tomllib.loads(regular_bytes(path, _LARGEST).decode())
    except (OSError, ValueError):
        return {}
    found: Found = {}
    for table in (document, document.get("pip")):
        if not isinstance(table, dict):
            continue
        listed = [one for one in table.get("index", ()) if isinstance(one, dict) and "url" in one]
        default = [str(one["url"]) for one in listed if one.get("default")]
        more = [str(one["url"]) for one in listed if not one.get("default")]
        for kind, values in (
            ("url", default or _texts(table.get("index-url"))),
            ("extra", more or _texts(table.get("extra-index-url"))),
            ("links", _texts(table.get("find-links"))),
            ("trusted", _texts(table.get("allow-insecure-host"))),
        ):
            if values:
                found.setdefault(kind, tuple(values))
    return found


def _texts(value: object) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Header fields by ``host:port``; what they hold is not part of the representation."""

    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def for_url(self, url: str) -> Mapping[str, str]:
        """Header fields to send to this address; none for a host that they are not for."""
        return self.headers.get(urlsplit(url).netloc, {})


def split_credentials(url: str, *, netrc_file: Path | None = None) -> tuple[str, Credentials]:
    """Take ``user:password@`` out of an address.

    When it has none, ``netrc_file`` is searched for the host; a file that is missing or broken
    counts as none. Raises InputSyntaxError.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InputSyntaxError(
            "the address of the package index is no address",
            why=str(error),
            hint="Correct it in the settings of pip or uv, or in their variables.",
        ) from error
    host = parts.netloc.rpartition("@")[2]
    user = basic_user(url) or (_in_netrc(netrc_file, parts.hostname or "") if netrc_file else None)
    if user is None:
        return url, Credentials()
    header = {"authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    return urlunsplit(parts._replace(netloc=host)), Credentials({host: header})


def addressed(
    urls: Iterable[str], variables: Mapping[str, str]
) -> tuple[tuple[str, ...], Credentials]:
    """Take credentials out of addresses, or from the user's netrc for those without."""
    file = Path(variables.get("NETRC") or Path.home() / ".netrc")
    split = [split_credentials(url, netrc_file=file) for url in urls]
    headers = {host: header for _, one in split for host, header in one.headers.items()}
    return tuple(url for url, _ in split), Credentials(headers)


def _in_netrc(file: Path, host: str) -> str | None:
    try:
        # a pipe would be waited for
        found = netrc.netrc(file).hosts.get(host) if file.is_file() else None
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
    return None if found is None else f"{found[0]}:{found[2]}"


OK, PARTIAL, NOT_MODIFIED = 200, 206, 304


class Answer(Struct, frozen=True, kw_only=True):
    """A response whose body was read: ``headers`` have lower-case names.

    ``reason`` is the server's word for the status. A body that is longer than allowed is not kept,
    and ``whole`` is False then.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True

    @property
    def partial(self) -> bool:
        """Whether the server sent the asked range and not the whole."""
        return self.status == PARTIAL

    @property
    def not_modified(self) -> bool:
        """Whether the cached copy is still good."""
        return self.status == NOT_MODIFIED


class NoAnswerError(Exception):
    """No answer came; ``lasting`` when the host cannot be reached at all, whatever is asked.

    ``circles`` when it redirected too often. ``hint`` says what a user can do about it, where that
    is known.
    """

    def __init__(self, why: str, *, lasting: bool, circles: bool = False, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.lasting = lasting
        self.circles = circles
        self.hint = hint
