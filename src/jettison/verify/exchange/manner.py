"""How JSON is written: the order of keys, spaces, escapes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from jettison.verify.exchange import Answer
from jettison.verify.workload import Json, inner

# A text of JSON, which may hold anything, and the beginning of a line.
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_BEGINS = re.compile(r"\n([ \t]*)[^ \t\n]")
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")
_LONGEST, _DEEPEST = 2**20, 60
_SERVER_ERROR, _SHOWN = 500, 4


class Manner:
    """How all answers of the baseline are written that are JSON, as far as they are alike."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers

    @cached_property
    def _known(self) -> dict[str, object]:
        found: dict[str, object] = {}
        unlike = set()
        for answer in self._answers:
            for place, said in manner(answer).items():
                if found.setdefault(place, said) != said:
                    unlike.add(place)
        return {place: said for place, said in found.items() if place not in unlike}

    def unlike(self, answer: Answer) -> str:
        """Say how an answer is written otherwise, or nothing; other keys are told elsewhere."""
        for place, said in manner(answer).items():
            known = self._known.get(place, said)
            if isinstance(known, tuple) and isinstance(said, tuple):
                if known != said and set(known) == set(said):
                    begin = _first(known, said)
                    had, has = (", ".join(one[begin : begin + _SHOWN]) for one in (known, said))
                    return f"{place}: the order of keys was {had} and is {has}"
            elif known != said:
                return f"{place} was {known} and is {said}"
        return ""


def _first(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = enumerate(zip(one, other, strict=True))
    return next(number for number, (had, has) in pairs if had != has)


def manner(answer: Answer) -> Mapping[str, object]:
    """Tell by place in which order keys are, and how all of it is spaced and escaped.

    Nothing of what is no whole JSON, and nothing of what cannot be seen in this answer.
    """
    json_ = "json" in answer.content_type and answer.status < _SERVER_ERROR
    if not json_ or answer.rest or answer.unended or len(answer.body) > _LONGEST:
        return {}
    try:
        text = answer.body.decode()
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, object] = {}
    for place, keys in _orders(value, "body", _DEEPEST):
        found.setdefault(place, keys)
    return found | dict(_spaces(text))


def _orders(value: Json, place: str, depth: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the keys of each object in their order; of the objects of a list those of the first."""
    if isinstance(value, dict) and depth:
        yield place, tuple(value)
        for name, one in value.items():
            yield from _orders(one, inner(place, name), depth - 1)
    elif isinstance(value, list) and depth:
        for one in value[:1]:
            yield from _orders(one, f"{place}[*]", depth - 1)


def _spaces(text: str) -> Iterator[tuple[str, str]]:
    bare = _TEXT.sub('""', text)
    if '":' in bare:
        yield "the space behind colons of JSON", "there" if '": ' in bare else "absent"
    if "," in bare:
        indented = _BEGINS.search(bare)
        usual = "one space" if ", " in bare else "no space"
        said = f"a line with {len(indented[1])} spaces" if indented else usual
        yield "what follows commas of JSON", said
    if not text.isascii() or _ESCAPED.search(text):
        yield "a letter beyond ASCII", "escaped" if text.isascii() else "written as it is"
