"""Credentials that ``docker login`` and ``podman login`` left, also in credential helpers."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jettison import process
from jettison.errors import InputSyntaxError, NetworkError, ProgramError
from jettison.oci.reference import DOCKER_HUB

# The name under which Docker keeps credentials for Docker Hub.
_HUB_KEY = "https://index.docker.io/v1/"
# The user name by which helpers say that the secret is an identity token.
_TOKEN_USER = "<token>"  # noqa: S105 — no secret
_HELPER_SECONDS = 30.0


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
        config = json.loads(path.read_bytes())
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
        done = process.run((program, "get"), stdin=key.encode(), timeout=_HELPER_SECONDS)
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
