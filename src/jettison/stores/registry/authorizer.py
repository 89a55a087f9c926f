"""Answers to a registry's challenges: Basic, and tokens from an authorization service."""

from __future__ import annotations

import json
import threading
from urllib.parse import urlencode, urlsplit

from jettison.errors import NetworkError
from jettison.oci.reference import Reference, is_loopback
from jettison.stores.registry.challenge import Challenge, challenges
from jettison.stores.registry.credentials import Credentials, Logins
from jettison.stores.registry.failure import failure
from jettison.stores.registry.transport import Answer, Request, Transport

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
        except (ValueError, AttributeError):
            token = None
        if not isinstance(token, str):
            raise NetworkError(
                f"{urlsplit(challenge.realm).netloc} gave no token for {reference}",
                why="its answer has neither 'token' nor 'access_token'",
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
    parts = urlsplit(realm)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "") and reference.is_loopback
    if parts.scheme != "https" and not local:
        raise NetworkError(
            f"{reference.registry} sends its users to {realm or 'nowhere'} for a token",
            why="credentials are sent over https alone",
        )
