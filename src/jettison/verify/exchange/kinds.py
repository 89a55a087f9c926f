"""Kinds of values that differ from run to run: moments, tokens, identifiers."""

from __future__ import annotations

import base64
import json
import math
import posixpath
import re
import string
import zlib
from collections.abc import Iterator, Sequence
from functools import reduce

from msgspec import Struct

from jettison.verify.exchange.times import EPOCH, SPREAD, TIME, Clock, Distance, moment_of, steady
from jettison.verify.workload import Json

Seen = tuple[str, float]
"""A text, and when its answer came."""

_UUID = r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_SIGNED = r"eyJ[\w-]+\.[\w-]+\.[\w-]*"
# A secret of which an application shows a few characters: they say nothing of its alphabet. Where
# it may begin is bounded, as a text of letters and signs would be searched from each of them.
_HIDDEN = r"(?<![\w+/=.$-])[\w+/=.$-]*+[*•]{3,}[\w+/=.$-]*"
# What documents have in the place of times and addresses.
_TOLD = "iso time|compact time|web time|time in|time of|day|address"
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
# From the finest division of a text to the coarsest: all runs have to fall into as many parts.
_DIVISIONS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        rf"<(?:{_TOLD})[^<>]*>|{TIME.pattern}|{_UUID}|{_SIGNED}|{_HIDDEN}|[\w+/=.-]{{20,}}|{_NUMBER}(?![^\W_])|[^\W_]+|.",
        r"[^\s\"'<>&;,()\[\]{}]+|.",
        r".+",
    )
)
_WHOLE = len(_DIVISIONS) - 1
_OPENED = re.compile(r"""=(?P<quote>["'])(?:(?!(?P=quote)).)*\Z""", re.DOTALL)
_LAST_WORD = re.compile(r"(?<![^\W_])[^\W_]++\Z")
_LONG_NUMBER, _SHORT_TOKEN = 12, 5
# Longer tokens hold content, whose length varies when it is compressed.
_PACKED = 40
_BASE_64 = "-_+/=."  # beside letters and digits, in its usual forms and in those of password hashes
# What carries data and a signature: RFC 7515 and 7519 (a header and claims, each JSON in
# base64url), itsdangerous and Django's ``signing`` (JSON, compressed where a dot stands before it,
# then a time; both by their documentation).
_TOKEN = re.compile(r"\.?[\w-]+={0,2}(?:[.:][\w-]*={0,2}){1,4}")
# How JSON objects and what zlib compresses begin in base 64.
_BEGINS = re.compile(r"\.?eyJ|\.eJ")
# Made of the address of the client, which the engine chooses, or by chance.
_DIGEST = re.compile(r"[0-9a-f]{32,}")
_LONGEST = 2**16


class Kind(Struct, frozen=True, kw_only=True):
    """A place that varies: ``name`` for people, and what fits.

    Times also lie between so many seconds before and after the answer.
    """

    name: str
    pattern: str
    earliest: float = -math.inf
    latest: float = math.inf
    distance: Distance | None = None

    def fits(self, text: str, at: float) -> bool:
        """Tell whether a text is of this kind."""
        if not re.fullmatch(self.pattern, text, re.DOTALL):
            return False
        if self.distance:
            return self.distance.fits(float(text), at)
        moment = moment_of(text) if math.isfinite(self.latest) else None
        return moment is None or self.earliest <= moment - at <= self.latest


class Part(Struct, frozen=True, kw_only=True):
    """A part of a text: the text itself, or a kind between a beginning and an end that stay."""

    begins: str
    kind: Kind | None = None
    ends: str = ""

    def fits(self, text: str, at: float) -> bool:
        """Tell whether a text is this part."""
        if self.kind is None:
            return text == self.begins
        inner = len(text) - len(self.begins) - len(self.ends)
        if inner < 0 or not text.startswith(self.begins) or not text.endswith(self.ends):
            return False
        return self.kind.fits(text[len(self.begins) : len(self.begins) + inner], at)


class Template(Struct, frozen=True, kw_only=True):
    """A text of which some parts vary; ``coarser`` is for what falls into another number of parts.

    Letters that separate words also occur in tokens.
    """

    division: int
    parts: tuple[Part, ...]
    coarser: Template | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of what varies, each once."""
        return tuple(dict.fromkeys(part.kind.name for part in self.parts if part.kind))

    def fits(self, text: str, at: float) -> bool:
        """Tell whether a text is made of the same parts."""
        found = _divided(self.division, text)
        if len(found) != len(self.parts):
            return self.coarser is not None and self.coarser.fits(text, at)
        return all(part.fits(one, at) for part, one in zip(self.parts, found, strict=True))


def template(seen: Sequence[Seen]) -> Template:
    """Find what several texts of one place have in common, and the kinds of what they do not."""
    moments = [at for _, at in seen]
    found: Template | None = None
    for number in reversed(range(len(_DIVISIONS))):
        rows = [_divided(number, text) for text, _ in seen]
        # what is one part in all is compared as a whole only where nothing finer fits
        if len({len(row) for row in rows}) == 1 and (found is None or number < _WHOLE):
            coarser = found if found and found.division < _WHOLE else None
            parts = tuple(_part(texts, moments) for texts in zip(*rows, strict=True))
            found = Template(division=number, parts=parts, coarser=coarser)
    assert found  # noqa: S101 - the coarsest division has one part of every text
    return found


def _divided(number: int, text: str) -> list[str]:
    # the coarsest is one part, also of no text
    return [found[0] for found in _DIVISIONS[number].finditer(text)] or [""]


def _part(texts: Sequence[str], moments: Sequence[float]) -> Part:
    if texts.count(texts[0]) == len(texts):
        return Part(begins=texts[0])
    column = tuple(zip(texts, moments, strict=True))
    if kind := _well_known(column):
        return Part(begins="", kind=kind)
    begins, ends = _shared(texts)
    inner = [(text[len(begins) : len(text) - len(ends)], at) for text, at in column]
    return Part(begins=begins, kind=_well_known(inner) or _token(inner), ends=ends)


def _shared(texts: Sequence[str]) -> tuple[str, str]:
    """Give the beginning and the end that all texts have, up to a word, or a value in quotes."""
    begins = _begun(_beginning(texts))
    ends = _begun(_beginning([text[len(begins) :][::-1] for text in texts]))[::-1]
    # that a few values in quotes begin alike may be chance
    if (opened := _OPENED.search(begins)) and opened["quote"] in ends:
        return begins[: opened.end("quote")], ends[ends.index(opened["quote"]) :]
    return begins, ends


def _begun(shared: str) -> str:
    """Leave out what two tokens of base 64 begin with alike by chance: a sign is a letter there."""
    return "" if len(shared) == 1 and shared in _BASE_64 else shared


def _beginning(texts: Sequence[str]) -> str:
    return _LAST_WORD.sub("", posixpath.commonprefix(texts))


def _well_known(column: Sequence[Seen]) -> Kind | None:
    texts = [text for text, _ in column]
    hidden = (
        f"a hidden secret of {len(texts[0])} characters",
        rf"(?=.{{{len(texts[0])}}}\Z){_HIDDEN}",
    )
    for name, pattern in (("a UUID", _UUID), ("a signed token", _SIGNED), hidden):
        if _all(pattern, texts):
            return Kind(name=name, pattern=pattern)
    distances = [then - at for text, at in column if (then := moment_of(text)) is not None]
    if len(distances) == len(column):
        close = max(distances) - min(distances) <= 2 * SPREAD
        return Kind(
            name="a time",
            pattern=TIME.pattern,
            earliest=min(distances) - SPREAD if close else -math.inf,
            latest=max(distances) + SPREAD if close else math.inf,
        )
    if _all(EPOCH.pattern, texts) and (near := steady([(float(text), at) for text, at in column])):
        return Kind(name="a number that is a time", pattern=EPOCH.pattern, distance=near)
    lengths = {len(text) for text in texts}
    if _all(r"\d+", texts) and len(lengths) == 1 and min(lengths) >= _LONG_NUMBER:
        return Kind(name=f"{min(lengths)} digits", pattern=rf"\d{{{min(lengths)}}}")
    return Kind(name="a number", pattern=_NUMBER) if _all(_NUMBER, texts) else None


def _token(column: Sequence[Seen]) -> Kind:
    """Give a kind by length and alphabet; exactly so long when all are and no content is packed."""
    texts = [text for text, _ in column]
    letters = set("".join(texts))
    least, most = (each(map(len, texts)) for each in (min, max))
    alphabet, mixed = _alphabet(letters, most)
    if least == most and not (mixed and most > _PACKED):
        return Kind(name=f"a token of {most} characters", pattern=f"{alphabet}{{{most}}}")
    slack = most // 10 if least == most else least - least // 2
    pattern = f"{alphabet}{{{least - slack},{most + max(slack, most // 10)}}}"
    name = f"about {most}" if least == most else f"{least} to {most}"
    return Kind(name=f"a text of {name} characters", pattern=pattern)


def _alphabet(letters: set[str], length: int) -> tuple[str, bool]:
    """Give the letters that fit, and whether several kinds of them are mixed as in base 64."""
    digits = letters & set(string.digits)
    for hexadecimal in ("abcdef", "ABCDEF"):
        if digits and letters <= set(string.digits + hexadecimal):
            return f"[0-9{hexadecimal}]", False
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    ranges = [one for one in classes if letters & set(one)]
    others = letters - set("".join(classes))
    mixed = len(ranges) > 1 and length >= _SHORT_TOKEN and others <= set(_BASE_64)
    if mixed:
        ranges, others = list(classes), set(_BASE_64)
    return f"[{''.join(ranges)}{re.escape(''.join(sorted(others)))}]", mixed


def _all(pattern: str, texts: Sequence[str]) -> bool:
    return all(re.fullmatch(pattern, text) for text in texts)


def signed(text: str) -> list[Json] | None:
    """Give the parts of a token, those that are data as data; None where none is.

    Digests in the data are told by their length.
    """
    if len(text) > _LONGEST or not (_BEGINS.match(text) and _TOKEN.fullmatch(text)):
        return None
    parts = list(_parts(text))
    return parts if any(isinstance(one, dict) for one in parts) else None


def _parts(text: str) -> Iterator[Json]:
    packed = text.startswith(".")
    for number, part in enumerate(re.split("[.:]", text.removeprefix("."))):
        try:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            if packed and number == 0:
                raw = zlib.decompressobj().decompress(raw, _LONGEST)
            found = json.loads(raw)
        except (ValueError, zlib.error, RecursionError):
            found = None
        yield _blurred(found) if isinstance(found, dict) else part


# In which order Django counts with letters and digits (docs.djangoproject.com, "Cryptographic
# signing"), and how many bytes hold the seconds since 1970.
_COUNTS, _OF_SECONDS = string.digits + string.ascii_uppercase + string.ascii_lowercase, (4, 5)
_COUNTED = re.compile(r"[0-9A-Za-z]{6}")


def signs_now(part: Json, clock: Clock) -> bool:
    """Tell whether a part of a signed token says when that was signed: in this run."""
    known = isinstance(part, str) and bool(clock.now)
    return known and any(map(clock.within, _moments(str(part))))


def _moments(part: str) -> Iterator[int]:
    """Give the moments that a text may stand for, in seconds since 1970."""
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raw = b""
    if len(raw) in _OF_SECONDS:
        yield int.from_bytes(raw, "big")
    if _COUNTED.fullmatch(part):
        yield reduce(lambda sum_, letter: sum_ * len(_COUNTS) + _COUNTS.index(letter), part, 0)


def _blurred(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _blurred(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_blurred(one) for one in value]
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return f"<{len(value)} hexadecimal digits>"
    return value
