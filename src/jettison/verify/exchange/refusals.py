"""What requests that failed are sent with once more. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from jettison.values import replace
from jettison.verify.exchange import SERVER_ERROR, Answer
from jettison.verify.exchange.normal import decoded
from jettison.verify.workload import Json
from jettison.verify.workload.step import Remembered, Step

# What says that a value is wrong (RFC 9110, 15.5), and not who asks, how or how often.
_STATUSES = frozenset({400, 404, 406, 409, 415, 422})
_NAME = r"[\w][\w.+-]{0,39}"
# Lists as Python writes them, and as people do behind a few words.
_WRITTEN = re.compile(rf"[\[({{]((?:['\"]{_NAME}['\"](?:, ?)?){{2,}})[\])}}]")
_TOLD = re.compile(
    r"\b(?:one of|choose|known|valid|supported|allowed|available|expected)\b[^.:]{0,30}?:? "
    rf"['\"]?({_NAME}['\"]?(?:, (?:or |and )?['\"]?{_NAME}['\"]?)+)",
    re.I,
)
# Where frameworks say which field is wrong, which is no value of it.
_PLACES = frozenset({"loc", "path", "fields"})
_VALUES, _STEPS = 8, 40
_DEPTH = 4
_BAD_REQUEST = 400
# What code that converts a text may take for a number of anything.
_NUMBER = 2


class Refusals:
    """Filled by ``see``; ``steps`` are the requests that what was seen leads to.

    A refusal may list the values of the one parameter of a request. Where texts were refused or
    broke something, the code may make numbers of them.
    """

    def __init__(self) -> None:
        self._named: dict[str, Step] = {}
        self._numbered: dict[tuple[str, str, bool], Step] = {}

    def see(self, step: Step, answer: Answer) -> None:
        """Take in how a request was answered."""
        for word in _named_values(answer) if step.method == "GET" else ():
            one = _with(step, word)
            if one and len(self._named) < _STEPS:
                self._named.setdefault(one.name, one)
        if answer.status == _BAD_REQUEST or answer.status >= SERVER_ERROR:
            one = _numbered(step)
            if one and len(self._numbered) < _STEPS:
                self._numbered.setdefault((one.method, one.path, one.form is not None), one)

    def steps(self) -> tuple[Step, ...]:
        """Give what to send."""
        return (*self._named.values(), *self._numbered.values())


def _named_values(answer: Answer) -> tuple[str, ...]:
    """Give the values that a refusal lists; nothing of any other answer."""
    if answer.status not in _STATUSES:
        return ()
    body = decoded(answer.body, answer.headers.get("content-encoding", ""))
    text = body.decode("utf-8", "replace")
    if "json" in answer.content_type:
        try:
            found = list(_listed(json.loads(text), _DEPTH))
        except (ValueError, RecursionError):
            found = []
    else:
        found = list(_words(text)) if answer.content_type == "text/plain" else []
    return tuple(dict.fromkeys(found))[:_VALUES]


def _listed(document: Json, depth: int) -> Iterator[str]:
    """Give the elements of lists of words, and the words of texts that list some."""
    if isinstance(document, str):
        yield from _words(document)
    elif isinstance(document, dict) and depth:
        for name, one in document.items():
            yield from () if name in _PLACES else _listed(one, depth - 1)
    elif isinstance(document, list) and depth:
        words = [one for one in document if isinstance(one, str) and re.fullmatch(_NAME, one)]
        if len(words) == len(document) > 1:
            yield from words
        else:
            for one in document:
                yield from _listed(one, depth - 1)


def _words(text: str) -> Iterator[str]:
    for found in (*_WRITTEN.findall(text), *_TOLD.findall(text)):
        yield from (one for one in re.findall(_NAME, found) if one not in ("or", "and"))


def _numbered(step: Step) -> Step | None:
    """Put numbers in the place of texts of the body and the query; None where there are none."""
    had = step.payload.value if step.payload else None
    body = had if isinstance(had, dict) else {}
    of_json = step.payload is not None and "json" in step.payload.media_type
    number: Json = _NUMBER if of_json else str(_NUMBER)
    fields = {name: number if _is_word(value) else value for name, value in body.items()}
    query = tuple((key, str(_NUMBER) if _is_word(value) else value) for key, value in step.query)
    if fields == body and query == step.query:
        return None
    payload = replace(step.payload, value=fields) if step.payload and body else step.payload
    name = f"with numbers, {step.variation}" if step.form else "with numbers"
    return replace(step, variation=name, payload=payload, query=query, repeats=())


def _is_word(value: Json) -> bool:
    return isinstance(value, str) and bool(value) and not value.isdecimal()


def _with(step: Step, word: str) -> Step | None:
    """Put a value in the place of the one text that a request chooses; None where it has more."""
    query = [name for name, value in step.query if isinstance(value, str)]
    path = [name for name, value in step.path_values.items() if _is_text(value)]
    if len(query) + len(path) != 1 or word in (*query, *path):
        return None
    name = (*query, *path)[0]
    return replace(
        step,
        variation=f"{name}={word}",
        query=tuple((key, word if key in query else value) for key, value in step.query),
        path_values={**step.path_values, **dict.fromkeys(path, word)},
        repeats=(),
    )


def _is_text(value: Json) -> bool:
    return isinstance(value.otherwise if isinstance(value, Remembered) else value, str)
