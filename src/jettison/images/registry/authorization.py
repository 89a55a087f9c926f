"""Credentials and a registry's challenges: Basic, tokens, credential helpers."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from jettison.errors import InputSyntaxError, NetworkError, ProgramError
from jettison.images.reference import DOCKER_HUB, Reference
from jettison.images.registry.transport import Answer, Request, Transport, failure
from jettison.processes import run
from jettison.records import regular_bytes

# Visible characters: a header cannot hold others.
_TOKEN = re.compile(r"[\x21-\x7e]+")
_LONGEST_HEADER = 4096
# RFC 9110: a scheme, or a parameter whose value is a token or a quoted text.
_PART = re.compile(r'[\s,]*([A-Za-z0-9._~+-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?')


class Challenge(Struct, frozen=True, kw_only=True):
    """One way to authenticate: ``scheme`` in lower case, for example ``basic`` or ``bearer``."""

    scheme: str
    realm: str = ""
    service: str = ""


def challenges(header: str) -> tuple[Challenge, ...]:
    """Read the header; parts that no registry uses are omitted."""
    found: list[tuple[str, dict[str, str]]] = []
    for match in _PART.finditer(header[:_LONGEST_HEADER]):
        name, quoted, token = match.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token
        if value is None:
            found.append((name.lower(), {}))
        elif found:
            found[-1][1][name.lower()] = value
    return tuple(
        Challenge(
            scheme=scheme,
            realm=parameters.get("realm", ""),
            service=parameters.get("service", ""),
        )
        for scheme, parameters in found
    )


# The name under which Docker keeps credentials for Docker Hub.
_HUB_KEY = "https://index.docker.io/v1/"
# The user name by which helpers say that the secret is an identity token.
_TOKEN_USER = "<token>"  # noqa: S105 — no secret
_HELPER_SECONDS = 30.0
_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who asks: a user with a password, or an identity token (OAuth 2 refresh token)."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header."""
        pair = f"{self.username}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")


def login_files() -> tuple[Path, ...]:
    """Return the files that hold logins, the one that decides first.

    ``$REGISTRY_AUTH_FILE``, ``$DOCKER_CONFIG/config.json`` or ``~/.docker/config.json``, and what
    Podman uses.
    """
    environment = os.environ
    docker = Path(environment.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    found = [docker]
    if named := environment.get("REGISTRY_AUTH_FILE"):
        found.insert(0, Path(named))
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        found.append(Path(runtime) / "containers" / "auth.json")
    return (*found, Path.home() / ".config" / "containers" / "auth.json")


class Logins:
    """Looks up credentials by registry, in files and in the helpers that the files name."""

    def __init__(self, files: tuple[Path, ...] | None = None) -> None:
        self._files = login_files() if files is None else files

    def find(self, registry: str) -> Credentials | None:
        """Return the credentials for a registry, or None to ask without.

        InputSyntaxError when a file is not valid, NetworkError when a helper fails.
        """
        for path in self._files:
            config = _read(path)
            if found := _from_helper(config, registry) or _from_file(config, registry, path):
                return found
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(regular_bytes(path, _LARGEST))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise InputSyntaxError(
            f"{path} cannot be read", why=str(error), hint="Repair it, or log in again."
        ) from error
    return config if isinstance(config, dict) else {}


def _keys(registry: str) -> Iterator[str]:
    """Return the names under which logins to a registry are kept."""
    if registry == DOCKER_HUB:
        yield from (_HUB_KEY, "docker.io", "index.docker.io", "registry-1.docker.io")
        return
    yield registry
    for scheme in ("https://", "http://"):
        yield from (scheme + registry, f"{scheme}{registry}/", f"{scheme}{registry}/v2/")
        yield f"{scheme}{registry}/v1/"


def _from_file(config: Mapping[str, Any], registry: str, path: Path) -> Credentials | None:
    logins = config.get("auths") or {}
    for key in _keys(registry):
        if login := logins.get(key):
            return _credentials(login, f"{path}: auths: {key}")
    return None


def _credentials(login: Mapping[str, str], place: str) -> Credentials | None:
    token = login.get("identitytoken") or ""
    username, password = login.get("username") or "", login.get("password") or ""
    if packed := login.get("auth"):
        try:
            text = base64.b64decode(packed, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, TypeError) as error:
            raise InputSyntaxError(
                f"{place}: the field 'auth' is not base64", hint="Log in again."
            ) from error
        username, _, password = text.rstrip("\0").partition(":")
    if not (username or token):
        return None
    return Credentials(username=username, password=password, identity_token=token)


def _from_helper(config: Mapping[str, Any], registry: str) -> Credentials | None:
    named = config.get("credHelpers") or {}
    for key in _keys(registry):
        if helper := named.get(key):
            return _ask(helper, key)
    if helper := config.get("credsStore"):
        return _ask(helper, next(_keys(registry)))
    return None


def _ask(helper: str, key: str) -> Credentials | None:
    program = f"docker-credential-{helper}"
    try:
        done = run((program, "get"), stdin=key.encode(), timeout=_HELPER_SECONDS)
        answer = json.loads(done.stdout) if not done.status else {}
    except (ProgramError, ValueError) as error:
        raise NetworkError(
            f"the credential helper {program} failed",
            why=str(error),
            hint="Install it, or remove it from the Docker configuration.",
        ) from error
    said = f"{done.text} {done.error_text}".strip()
    if done.status and "not found" not in said:
        raise NetworkError(f"the credential helper {program} failed", why=said)
    username, secret = answer.get("Username", ""), answer.get("Secret", "")
    if username == _TOKEN_USER:
        return Credentials(identity_token=secret)
    return Credentials(username=username, password=secret) if username else None


Scopes = tuple[str, ...]
_CLIENT = "jettison"


class Authorizer:
    """Knows the ``Authorization`` header for each registry and scope. Safe for several threads."""

    def __init__(self, transport: Transport, logins: Logins) -> None:
        self._transport = transport
        self._logins = logins
        self._known: dict[tuple[str, Scopes], str] = {}
        self._lock = threading.Lock()

    def header(self, registry: str, scopes: Scopes) -> dict[str, str]:
        """Return the header that worked before, or none."""
        value = self._known.get((registry, scopes)) or self._known.get((registry, ()))
        return {"Authorization": value} if value else {}

    def answer(
        self, refused: Answer, reference: Reference, scopes: Scopes, used: dict[str, str]
    ) -> bool:
        """Learn the header for ``scopes`` from a 401; False when there is nothing more to try.

        ``used`` is the header that was refused: another thread may have learned a newer one.
        """
        with self._lock:
            known = self.header(reference.registry, scopes)
            if known and known != used:
                return True
            credentials = self._logins.find(reference.registry)
            offered = challenges(refused.headers.get("www-authenticate", ""))
            for challenge in offered:
                if challenge.scheme == "bearer":
                    value = self._token(challenge, credentials, reference, scopes)
                    self._known[reference.registry, scopes] = f"Bearer {value}"
                    return True
                if challenge.scheme == "basic" and credentials and credentials.username:
                    self._known[reference.registry, ()] = credentials.basic
                    return credentials.basic != used.get("Authorization")
        return False

    def _token(
        self,
        challenge: Challenge,
        credentials: Credentials | None,
        reference: Reference,
        scopes: Scopes,
    ) -> str:
        _require_safe(challenge.realm, reference)
        if credentials and credentials.identity_token:
            request = _exchange(challenge, credentials, scopes)
        else:
            request = _plain(challenge, credentials, scopes)
        answer = self._transport.ask(request)
        if answer.status != 200:  # noqa: PLR2004 — the only success
            raise failure(answer, reference, "give a token for")
        try:
            fields = json.loads(answer.body)
            token = fields.get("token") or fields.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise NetworkError(
                f"{urlsplit(challenge.realm).netloc} gave no token for {reference}",
                why="its answer has neither a 'token' nor an 'access_token' that can be sent",
            )
        return token


def _plain(challenge: Challenge, credentials: Credentials | None, scopes: Scopes) -> Request:
    query = [("service", challenge.service)] if challenge.service else []
    query += [("scope", scope) for scope in scopes]
    separator = "&" if "?" in challenge.realm else "?"
    headers = {"Authorization": credentials.basic} if credentials else {}
    return Request(
        method="GET", url=challenge.realm + separator + urlencode(query), headers=headers
    )


def _exchange(challenge: Challenge, credentials: Credentials, scopes: Scopes) -> Request:
    """Trade an identity token for an access token, as OAuth 2 has it."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": credentials.identity_token,
        "service": challenge.service,
        "client_id": _CLIENT,
        "scope": " ".join(scopes),
    }
    return Request(
        method="POST",
        url=challenge.realm,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
    )


def _require_safe(realm: str, reference: Reference) -> None:
    try:
        parts = urlsplit(realm)
    except ValueError:
        parts = urlsplit("")
    local = parts.scheme == "http" and reference.is_loopback and parts.netloc == reference.registry
    if parts.scheme != "https" and not local:
        raise NetworkError(
            f"{reference.registry} sends its users to {realm or 'nowhere'} for a token",
            why="credentials are sent over https alone, and on this machine to the registry itself",
        )
