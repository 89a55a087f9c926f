"""Requests to a repository, with whatever authorization it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import urllib3
from msgspec import Struct

from jettison.errors import NetworkError
from jettison.images.reference import DOCKER_HUB, Reference
from jettison.images.registry.authorization import Authorizer, Scopes
from jettison.images.registry.transport import Answer, Request, Transport, answer_of
from jettison.values import replace

# Once for a first challenge, once for a token that has expired.
_MOST_CHALLENGES = 2


class Session(Struct, frozen=True, kw_only=True):
    """A repository and what is to be done there: ``actions`` is ``pull`` or ``pull,push``."""

    transport: Transport
    authorizer: Authorizer
    reference: Reference
    actions: str
    also: Scopes = ()

    @property
    def scopes(self) -> Scopes:
        """What a token must allow."""
        own = f"repository:{self.reference.repository}:{self.actions}"
        return (own, *sorted(set(self.also) - {own}))

    def mounting(self, repository: str) -> Session:
        """Return a session that may also read another repository of the registry."""
        return replace(self, also=(f"repository:{repository}:pull",))

    def url(self, path: str) -> str:
        """Return the address of ``path`` under this repository.

        NetworkError for a whole one, as the registry gave it, that would drop encryption.
        """
        scheme = "http" if self.reference.is_loopback else "https"
        is_hub = self.reference.registry == DOCKER_HUB
        host = "registry-1.docker.io" if is_hub else self.reference.registry
        try:
            url = urljoin(f"{scheme}://{host}/v2/{self.reference.repository}/", path)
            given = urlsplit(url).scheme
        except ValueError as error:
            raise NetworkError(f"{host} gave an address that is none", why=str(error)) from error
        if given not in {scheme, "https"}:
            raise NetworkError(
                f"{host} sends to an address of {given}",
                why="it would drop encryption",
                hint="Tell the registry by which address it is reached.",
            )
        return url

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
        length: int | None = None,
    ) -> Answer:
        """Send a request; ``path`` may be a whole address that the registry gave.

        A body that is not bytes is sent once, so a challenge must have been answered before.
        """
        request = Request(
            method=method, url=self.url(path), headers=headers or {}, body=body, length=length
        )
        for _ in range(_MOST_CHALLENGES):
            used = self._authorization(request.url)
            answer = self.transport.ask(_with(request, used))
            refused = answer.status == HTTPStatus.UNAUTHORIZED
            if not refused or not (request.body is None or isinstance(request.body, bytes)):
                return answer
            if not self.authorizer.answer(answer, self.reference, self.scopes, used):
                return answer
        return self.transport.ask(_with(request, self._authorization(request.url)))

    @contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str]
    ) -> Iterator[urllib3.BaseHTTPResponse | Answer]:
        """Get something large; an Answer in its place is a refusal."""
        refusal = None
        for _ in range(_MOST_CHALLENGES + 1):
            request = Request(method="GET", url=self.url(path), headers=headers)
            used = self._authorization(request.url)
            with self.transport.stream(_with(request, used)) as response:
                if response.status < HTTPStatus.BAD_REQUEST:
                    yield response
                    return
                refusal = answer_of(response, request.url)
            if refusal.status != HTTPStatus.UNAUTHORIZED or not self.authorizer.answer(
                refusal, self.reference, self.scopes, used
            ):
                break
        assert refusal is not None  # noqa: S101 — the loop runs at least once; mypy cannot know
        yield refusal

    def _authorization(self, url: str) -> dict[str, str]:
        """Return the header for addresses of the registry itself; others get none."""
        if urlsplit(url)[:2] != urlsplit(self.url(""))[:2]:
            return {}
        return self.authorizer.header(self.reference.registry, self.scopes)


def _with(request: Request, authorization: Mapping[str, str]) -> Request:
    return replace(request, headers={**request.headers, **authorization})
