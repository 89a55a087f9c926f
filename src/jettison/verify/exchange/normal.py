"""Answers without what differs from one run to the next: times, ids, tokens. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from jettison.verify.exchange.answer import Answer
from jettison.verify.workload.operation import Json

# No letter and no digit stands beside what is replaced: part of an id may look like a time.
_ALONE = r"(?<![0-9A-Za-z])(?:%s)(?![0-9A-Za-z])"
_WORDS = (
    (r"\d{4}-\d\d-\d\d[T _]\d\d[:-]?\d\d[:-]?\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
    (r"\d{8}[T_-]?\d{6}(?:[-_.]?\d{3,6})?Z?", "<time>"),
    (r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(?: GMT)?", "<time>"),
    (r"\d{4}-\d\d-\d\d", "<date>"),
    (r"\d\d:\d\d:\d\d(?:\.\d+)?", "<time>"),
    (r"0x[0-9a-f]{6,16}", "<address>"),
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]*", "<token>"),
    (r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", "<uuid>"),
    (r"(?i:(?=[0-9a-f]*\d)[0-9a-f]{12,128})", "<hex>"),
    (r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{40,}", "<token>"),
    (r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?", "<address>"),
    (r"\d+(?:\.\d+)? ?(?:ms|µs|us|s|seconds)", "<duration>"),
)
_REPLACED = tuple((re.compile(_ALONE % pattern), word) for pattern, word in _WORDS)
_MEASURED = re.compile(
    r"time|timing|_at\b|date|uptime|elapsed|duration|latency|_ms\b|seconds|memory|rss|cpu|\bpid\b|expires|"
    r"\biat\b|\bexp\b|disk|load|percent|free|available",
    re.I,
)
_RANDOM = re.compile(r"<(uuid|hex|token)>")
_METRIC = re.compile(r"^(?P<place>(?P<name>[A-Za-z_:][\w:]*)(\{.*\})?) (?P<value>[-+.\deE]+|NaN)$")
_MEASURED_METRIC = re.compile(r"_(bucket|sum|created|fds|bytes)$|_gc_|^process_")
_TEXT_TYPES = ("text/", "application/xml", "application/javascript", "application/xhtml")
Leaf = tuple[str, str]
"""A place in an answer and what is there, both as text."""


def leaves(answer: Answer) -> tuple[Leaf, ...]:
    """Take an answer apart into comparable places, in their order.

    JSON gives a leaf for each value, text one for each line, other bodies one with their digest; a
    body that was not kept whole has one more for all of it.
    """
    return (*_kept(answer), *((("whole body", answer.rest),) if answer.rest else ()))


def _kept(answer: Answer) -> tuple[Leaf, ...]:
    if "json" in answer.content_type:
        try:
            return tuple(_json_leaves(json.loads(answer.body), "$"))
        except ValueError:
            pass
    if answer.content_type.startswith(_TEXT_TYPES):
        lines = answer.body.decode("utf-8", "replace").splitlines()
        return tuple(_line(number, line) for number, line in enumerate(lines, 1))
    return (("body", _digest(answer.body)),) if answer.body else ()


def stable(text: str) -> str:
    """Put words in the place of times, ids, tokens and addresses."""
    for pattern, word in _REPLACED:
        text = pattern.sub(word, text)
    return text


def _line(number: int, line: str) -> Leaf:
    """Give a line of text; of a metric's sample the value, unless it is measured."""
    sample = _METRIC.match(line)
    if sample is None:
        return f"line {number}", stable(line)
    measured = _MEASURED.search(sample["name"]) or _MEASURED_METRIC.search(sample["name"])
    return stable(sample["place"]), "number <measured>" if measured else sample["value"]


def _json_leaves(value: Json, place: str) -> Iterator[Leaf]:
    if isinstance(value, dict):
        if not value:
            yield place, "{}"
        for name in sorted(value):
            yield from _json_leaves(value[name], f"{place}.{stable(name)}")
    elif isinstance(value, list):
        yield f"{place}[]", f"{len(value)} elements"
        for index, one in enumerate(_ordered(value)):
            yield from _json_leaves(one, f"{place}[{index}]")
    else:
        yield place, _scalar(place, value)


def _ordered(elements: list[Json]) -> list[Json]:
    """Sort elements that have random ids or names, because these may decide their order."""
    texts = [stable(json.dumps(one, sort_keys=True)) for one in elements]
    if not any(_RANDOM.search(text) for text in texts):
        return elements
    return [elements[index] for index in sorted(range(len(texts)), key=texts.__getitem__)]


def _scalar(place: str, value: Json) -> str:
    if isinstance(value, str):
        return f"text {stable(value)}"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and _MEASURED.search(place):
        return "number <measured>"
    return json.dumps(value)


def _digest(body: bytes) -> str:
    return f"{len(body)} bytes, sha256 {hashlib.sha256(body).hexdigest()[:16]}"
