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
    """Filled by ``learn``, asked by ``recall``. The newest value wins."""

    def __init__(self) -> None:
        self.token = ""
        self.cookies: dict[str, str] = {}
        self.pages: dict[str, str] = {}
        self._seen: list[tuple[str, dict[str, Json]]] = []

    def learn(self, method: str, path: str, answer: Answer, *, signs_in: bool) -> None:
        """Remember what an answer to ``path`` (without query) holds."""
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()
        if answer.content_type == "text/html" and method == "GET":
            self.pages[path] = answer.body.decode("utf-8", "replace")
        if answer.status not in _OK or "json" not in answer.content_type:
            return
        try:
            document = json.loads(answer.body)
        except ValueError:
            return
        if signs_in and isinstance(document, dict):
            self.token = _token(document) or self.token
        elif not signs_in:
            self._seen += [(path, values) for values in _objects(document, _DEPTH)]

    def recall(self, wanted: Remembered) -> Json:
        """Give a value for a hole: of the same resource first, then of any with the same name."""
        near = [values for path, values in self._seen if path.startswith(wanted.prefix)]
        names = (wanted.name, *(_IDS if wanted.prefix else ()))
        for values in reversed(near):
            for name in names:
                if name in values:
                    return values[name]
        stem = re.sub(r"_?(id|uuid|guid|pk)$", "", wanted.name, flags=re.I)
        for path, values in reversed(self._seen):
            if wanted.name in values:
                return values[wanted.name]
            about = stem and re.search(rf"/{re.escape(stem)}(s|es)?(/|$)", path, re.I)
            if about:
                return next((values[name] for name in _IDS if name in values), wanted.otherwise)
        return wanted.otherwise


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
