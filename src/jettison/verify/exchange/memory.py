"""What one run has learned from its answers: ids, the token, cookies, pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from jettison.verify.exchange.answer import Answer
from jettison.verify.workload.operation import Json
from jettison.verify.workload.step import Remembered

_TOKENS = ("access_token", "access", "token", "auth_token", "jwt", "id_token", "accessToken", "key")
_IDS = ("id", "uuid", "pk", "guid", "_id", "slug", "name")
_DEPTH = 4
_OK = range(200, 300)


class Memory:
    """Filled by ``learn``, asked by ``recall``. The newest value wins.

    ``redirects`` are where a page leads that was asked for, ``landings`` where a form leads to,
    ``schemas`` what GraphQL tells of itself.
    """

    def __init__(self) -> None:
        self.token = ""
        self.cookies: dict[str, str] = {}
        self.pages: dict[str, str] = {}
        self.style_sheets: dict[str, str] = {}
        self.redirects: dict[str, str] = {}
        self.landings: dict[str, str] = {}
        self.schemas: dict[str, Json] = {}
        self._seen: list[tuple[str, dict[str, Json]]] = []

    def learn(self, method: str, path: str, answer: Answer, *, signs_in: bool) -> None:
        """Remember what an answer to ``path`` (without query) holds."""
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        if method == "GET":
            self._see_page(path, answer)
        elif "location" in answer.headers:
            self.landings[path] = answer.headers["location"]
        if signs_in and answer.status in _OK and answer.headers.get("authorization"):
            self.token = answer.headers["authorization"].rpartition(" ")[2]
        if answer.status not in _OK or "json" not in answer.content_type:
            return
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            return
        if signs_in and isinstance(document, dict):
            self.token = _token(document) or self.token
        elif not signs_in:
            if isinstance(document, dict) and "__schema" in (document.get("data") or ()):
                self.schemas[path] = document
            self._seen += [(path, values) for values in _objects(document, _DEPTH)]

    def _see_page(self, path: str, answer: Answer) -> None:
        self.redirects.pop(path, None)
        if "location" in answer.headers:
            self.redirects[path] = answer.headers["location"]
        elif answer.status in _OK and answer.content_type == "text/html":
            self.pages[path] = answer.body.decode("utf-8", "replace")
        elif answer.status in _OK and answer.content_type == "text/css":
            self.style_sheets[path] = answer.body.decode("utf-8", "replace")

    def recall(self, wanted: Remembered) -> Json:
        """Give a value for a hole: of the same resource first, then of any with the same name."""
        found = list(dict.fromkeys(self._recalled(wanted)))
        return found[min(wanted.back, len(found) - 1)] if found else wanted.otherwise

    def _recalled(self, wanted: Remembered) -> Iterator[Json]:
        """Give fitting values, the newest of the nearest first."""
        newest = self._seen[::-1]
        near = [values for path, values in newest if path.startswith(wanted.prefix)]
        for name in (wanted.name, *(_identifiers(wanted.name) if wanted.prefix else ())):
            fitting = [values[name] for values in near if _fits(values.get(name), wanted.otherwise)]
            if fitting:
                yield from fitting
                return
        yield from (values[wanted.name] for _, values in newest if wanted.name in values)
        stem = re.sub(r"_?(id|uuid|guid|pk)$", "", wanted.name, flags=re.I)
        about = re.compile(rf"/{re.escape(stem)}(s|es)?(/|$)", re.I)
        for path, values in newest if stem else ():
            if about.search(path):
                names = _identifiers(wanted.name)
                yield from [values[name] for name in names if name in values][:1]


def _identifiers(wanted: str) -> tuple[str, ...]:
    """Give the usual names of ids, that which the wanted name ends with first."""
    return tuple(sorted(_IDS, key=lambda name: -len(name) * wanted.lower().endswith(name)))


def _fits(value: Json, otherwise: Json) -> bool:
    """Tell whether a value may stand where ``otherwise`` is of the declared type."""
    if isinstance(otherwise, int):
        return str(value).isdigit()
    return value is not None


def _token(document: dict[str, Json]) -> str:
    nested = [document, *(one for one in document.values() if isinstance(one, dict))]
    found = (one[name] for one in nested for name in _TOKENS if isinstance(one.get(name), str))
    return next(found, "")


def _objects(document: Json, depth: int) -> Iterator[dict[str, Json]]:
    """Give the scalar members of every object, inner ones before those that hold them."""
    if isinstance(document, list):
        for one in document[:20]:
            yield from _objects(one, depth)
    elif isinstance(document, dict) and depth:
        for one in document.values():
            yield from _objects(one, depth - 1)
        scalars = {
            name: value
            for name, value in document.items()
            if isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
        }
        if scalars:
            yield scalars
