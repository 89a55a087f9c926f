"""Values that an application names when it refuses others, as values of the parameter. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from jettison.values import replace
from jettison.verify.exchange import Answer
from jettison.verify.exchange.normal import decoded
from jettison.verify.workload import Json
from jettison.verify.workload.step import Remembered, Step

# What says that a value is wrong (RFC 9110, 15.5), and not who asks, how or how often.
_STATUSES = frozenset({400, 404, 406, 409, 415, 422})
_WORD = r"[\w][\w.+-]{0,39}"
# Lists as Python writes them, and as people do behind a few words.
_WRITTEN = re.compile(rf"[\[({{]((?:['\"]{_WORD}['\"](?:, ?)?){{2,}})[\])}}]")
_TOLD = re.compile(
    r"\b(?:one of|choose|known|valid|supported|allowed|available|expected)\b[^.:]{0,30}?:? "
    rf"['\"]?({_WORD}['\"]?(?:, (?:or |and )?['\"]?{_WORD}['\"]?)+)",
    re.I,
)
# Where frameworks say which field is wrong, which is no value of it.
_PLACES = frozenset({"loc", "path", "fields"})
_DEPTH, _VALUES, _STEPS = 4, 8, 40


def named_values(answer: Answer) -> tuple[str, ...]:
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
        words = [one for one in document if isinstance(one, str) and re.fullmatch(_WORD, one)]
        if len(words) == len(document) > 1:
            yield from words
        else:
            for one in document:
                yield from _listed(one, depth - 1)


def _words(text: str) -> Iterator[str]:
    for found in (*_WRITTEN.findall(text), *_TOLD.findall(text)):
        yield from (one for one in re.findall(_WORD, found) if one not in ("or", "and"))


def refused_steps(refused: Iterable[tuple[Step, tuple[str, ...]]]) -> tuple[Step, ...]:
    """Give a request for each value that the refusal of one names, where it has one parameter."""
    found: dict[str, Step] = {}
    for step, words in refused:
        for word in words:
            one = _with(step, word)
            if one and len(found) < _STEPS:
                found.setdefault(one.name, one)
    return tuple(found.values())


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
