"""Answers as documents that can be compared: headers, cookies and body, place by place. Pure."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable
from functools import cache

from jettison.catalogue import table
from jettison.catalogue.systems import Compared
from jettison.values import replace
from jettison.verify.exchange import SERVER_ERROR, Answer
from jettison.verify.exchange.kinds import signed, signs_now
from jettison.verify.exchange.pattern import Series
from jettison.verify.exchange.times import Clock, Dated, number_of_time, relative
from jettison.verify.workload import Json

MEASURED, COUNTED = "<measured>", "<counted>"
_FAULT = 400
# A page of an exception shows where Python and its distributions lie, which is no behaviour.
_TRACEBACK = re.compile(rb"\bTraceback(?: \(most recent call last\))?:")
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_EXCEPTION = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")
# A frame of a traceback in any other answer; each installer writes other scripts.
_FRAME = re.compile(
    r'(?<=File ")/[^"\n]*?(?:/lib/python3\.\d+/(?:(?:site|dist)-packages/)?(?=[^"\n]*", line \d)'
    r'|/bin/(?P<script>[\w.-]+"), line \d+(?=, in <module>))'
)
# zlib's parameter for the format of each content encoding, and how much is undone at most.
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_LONGEST = 4 * 2**20
# JSON that is deeper is compared by its bytes.
_DEEPEST = 60
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MEMBERS = 1000
# When a document was made, and its identifier, which follows from that (ISO 32000-1, 14.3.3, 14.4).
_PDF = b"%PDF-"
_OF_MAKING = re.compile(rb"/(?:CreationDate|ModDate)\s*\([^)]*\)|/ID\s*\[[^\]]*\]")
# Networks that engines choose addresses of (RFC 1918).
_PRIVATE = re.compile(
    r"(?<![\w.])(?:10\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}(?![\w.])"
)
_METRIC = re.compile(
    r"^(?P<place>(?P<name>[A-Za-z_:][\w:]*)(?:\{.*\})?) (?P<value>[-+.\deE]+|NaN)$"
)
_NAMED = re.compile(r"^# (?:HELP|TYPE|UNIT) (?P<name>[A-Za-z_:][\w:]*)(?: |$)")
# What libraries add to the name of a family in the names of its samples.
_FAMILY = re.compile(r"_(total|created|bucket|count|sum)$")
# Types of Prometheus' formats, and how a text of them begins whatever its type.
_METRICS = ("version=0.0.4", "version=1.0.0", "openmetrics")
_OF_METRICS = (b"# HELP ", b"# TYPE ")
_TEXT_TYPES = ("text/", "application/xml", "application/javascript", "application/xhtml")
# What a name ends with that is another one at each start (docs.python.org, "secrets", "uuid").
_TOKEN = re.compile(
    r"(?=.*\d)(?=.*[a-f])(?:(?=.*[A-Z])[\w-]{43}|[\da-f]{32}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_DIGIT = re.compile(r"\d")
# What programs draw around their help.
_FRAMES = "│┃|─━-╭╮╰╯┌┐└┘+"
# What stands for the moment at which a token was signed.
_SIGNED = "<time of signing>"
# An attribute of a cookie that holds a time; the others are compared as they are written.
_EXPIRES = "expires"


def document(
    answer: Answer,
    begun: float = 0.0,
    dated: Dated | None = None,
    known: Collection[bytes] = (),
    *,
    strict: bool = False,
    workers: bool = False,
) -> dict[str, Json]:
    """Give everything of an answer that is compared; of a server error only its kind.

    ``begun`` is when its run began, ``dated`` are times of files of the two images, ``known`` the
    bodies in which nothing varies, so that nothing is looked for in them. ``strict`` masks no
    measured quantity by its name. With ``workers`` metrics count what came to one of several
    processes, which chance chooses.
    """
    clock = Clock(begun=begun, now=answer.at)
    reader = _Reader(clock, dated or Dated(), strict=strict, workers=workers)
    found: dict[str, Json] = {"status": answer.status, "content-type": answer.content_type}
    if answer.failure:
        found["failure"] = answer.failure.partition(":")[0]
    if answer.status >= SERVER_ERROR or not answer.status:
        return found
    headers = {name: reader.header(name, value) for name, value in answer.headers.items()}
    if "etag" in headers and answer.body in known and _is_of_data(answer):
        headers["etag"] = reader.text(answer.headers["etag"])
    found["header"] = {name: value for name, value in headers.items() if value is not None}
    found["cookie"] = dict(map(reader.cookie, answer.cookies))
    found |= {"streamed": answer.streamed, "unended": answer.unended, "connection": answer.wire}
    if answer.rest:
        found["rest"] = answer.rest
    if answer.body in known:
        return found | {"body": hashlib.sha256(answer.body).hexdigest()}
    told = answer.status >= _FAULT and _TRACEBACK.search(answer.body)
    found["body"] = reader.fault(answer.body) if told else reader.body(answer)
    whole = answer.body and not (answer.rest or answer.unended)
    if whole and answer.content_type.startswith(_TEXT_TYPES) and isinstance(found["body"], list):
        found["line ends"] = _line_ends(answer.body)
    return found


def without_home(answer: Answer, home: str) -> Answer:
    """Give an answer with "~" for the home of the image's user, which another user has elsewhere.

    Plain text that names it is divided into words: a longer path breaks its lines elsewhere.
    """
    if not home or home.encode() not in answer.body:
        return answer
    own = re.compile(rf"(?<![\w./-]){re.escape(home)}(?![\w.-])".encode())
    body = own.sub(b"~", answer.body)
    if answer.content_type == "text/plain":
        words = body.decode("utf-8", "replace").split()
        body = "\n".join(one for one in words if one.strip(_FRAMES)).encode()
    return replace(answer, body=body)


def _line_ends(body: bytes) -> str:
    windows = body.count(b"\r\n")
    kinds = {"CRLF": windows, "LF": body.count(b"\n") - windows}
    last = [] if body.endswith(b"\n") else ["none at the end"]
    return ", ".join([*(kind for kind, count in kinds.items() if count), *last])


def _is_of_data(answer: Answer) -> bool:
    """Whether an entity tag is made of what the application says, and not of a file's time.

    What serves files names that time beside it; what compresses may do so in another way.
    """
    others = {"last-modified", "content-encoding"} & answer.headers.keys()
    return bool(answer.body) and "json" in answer.content_type and not others


def decoded(body: bytes, encoding: str) -> bytes:
    """Undo the content encodings that the standard library knows, of a part of a body too."""
    bits = _WINDOWS.get(encoding.strip().lower())
    if bits is None:
        return body
    try:
        return zlib.decompressobj(bits).decompress(body, _LONGEST)
    except zlib.error:
        return body


class _Reader:
    """Reads the parts of one answer with the clock of its run."""

    def __init__(self, clock: Clock, dated: Dated, *, strict: bool, workers: bool) -> None:
        self._clock = clock
        self._dated = dated
        self._strict = strict
        self._workers = workers

    def header(self, name: str, value: str) -> Json:
        """Give what is compared of a header; None where it is ignored."""
        ignored = _ignored()
        if name in ignored:
            # how an entity tag may be used does not depend on what it is made of (RFC 9110, 8.8.1)
            weak = ", weak" if value.startswith("W/") else ""
            return f"is there{weak}" if ignored[name] else None
        if not self._strict and name in table(Compared).measured.headers:
            return _NUMBER.sub(MEASURED, value)
        if name in table(Compared).unordered:
            return sorted(one.strip().lower() for one in value.split(",") if one.strip())
        return self.text(value)

    def cookie(self, line: str) -> tuple[str, Json]:
        """Give the name of a cookie with its value and attributes."""
        pair, *attributes = (part.strip() for part in line.split(";"))
        name, _, value = pair.partition("=")
        found: dict[str, Json] = {"value": self.token(value, _DEEPEST)}
        for attribute in attributes:
            key, _, content = attribute.partition("=")
            timed = key.lower() == _EXPIRES
            found[key.lower()] = self.text(content.replace("-", " ") if timed else content)
        return _TOKEN.sub("#", name), found

    def text(self, text: str) -> str:
        """Tell times, addresses of the network and where libraries lie by what they are."""
        if not _DIGIT.search(text):
            return text
        placed = _FRAME.sub(r"<library>/\g<script>", text) if 'File "' in text else text
        return _PRIVATE.sub("<address>", relative(self._dated.told(placed), self._clock))

    def token(self, text: str, depth: int) -> Json:
        """Give the parts of a signed token, which are data, and any other text."""
        parts = signed(text)
        if parts is None:
            return self.text(text)
        parts = [_SIGNED if signs_now(one, self._clock) else one for one in parts]
        return self.value(parts, "", depth)

    def body(self, answer: Answer) -> Json:
        """Give JSON as it is, text by line, metrics by name, anything else by its digest."""
        kind = answer.headers.get("content-type", "").lower()
        if answer.headers.get("content-encoding", "").lower() not in ("", "identity", *_WINDOWS):
            return _digest(answer.body)
        if "json" in answer.content_type:
            try:
                return self.value(json.loads(answer.body), "", _DEEPEST)
            except (ValueError, RecursionError):
                pass
        if any(word in kind for word in _METRICS) or answer.body.startswith(_OF_METRICS):
            return self.metrics(answer.body.decode("utf-8", "replace").splitlines())
        if answer.content_type.startswith(_TEXT_TYPES):
            lines = answer.body.decode("utf-8", "replace").splitlines()
            return [self.text(line) for line in lines]
        return _digest(answer.body)

    def fault(self, body: bytes) -> Json:
        """Give the title of a page with a traceback, and the exceptions that it names."""
        text = body.decode("utf-8", "replace")
        titles = [self.text(" ".join(one.split())) for one in _TITLE.findall(text)]
        return {"title": titles, "exceptions": sorted(set(_EXCEPTION.findall(text)))}

    def metrics(self, lines: Iterable[str]) -> Json:
        """Give samples of metrics with their values, each among those of its family.

        What describes a family is told of one that has no sample yet, but not of all its samples.
        """
        found: dict[str, Json] = {}
        for line in lines:
            sample, named = _METRIC.match(line), _NAMED.match(line)
            value = self._measure(sample) if sample else None
            told = sample if value is not None else named
            if told is None:
                found[self.text(line)] = ""
                continue
            family = found.setdefault(_FAMILY.sub("", told["name"]), Series())
            if self._workers and (told is named or "{" in told["place"]):
                # what is told of series that a process has not is told by some alone
                family["{…}"] = COUNTED
                continue
            family[self.text(told["place"] if told is sample else line)] = value
        return found

    def _measure(self, sample: re.Match[str]) -> Json:
        if not self._strict and _metrics().fullmatch(sample["name"]):
            return MEASURED
        if self._workers:
            return COUNTED
        try:
            return float(sample["value"])
        except ValueError:
            return None

    def value(self, value: Json, key: str, depth: int) -> Json:
        """Give a value of JSON that stands under a key. Raises ValueError when it is too deep."""
        if not depth:
            raise ValueError("deeper than any data")
        if isinstance(value, dict):
            inner = value.items()
            return {self.text(name): self.value(one, name, depth - 1) for name, one in inner}
        if isinstance(value, list):
            return [self.value(one, key, depth - 1) for one in value]
        if isinstance(value, str):
            return self.token(value, depth - 1)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        if not self._strict and re.sub(r"[_-]", "", key.lower()) in _measured():
            return MEASURED
        return self._dated.number(value) or number_of_time(value, self._clock) or value


def _digest(body: bytes) -> Json:
    if not body:
        return ""
    if body.startswith(_ZIP) and (members := _members(body)):
        return members
    # gzip writes the time at which it compressed a file before what it holds
    held = decoded(body, "gzip") if body.startswith(_GZIP) else body
    if body.startswith(_PDF):
        held = _OF_MAKING.sub(b"", body)
    digest = hashlib.sha256(held).hexdigest()
    return {"sha256": digest, "bytes": len(held), "begins": body[:4].hex()}


def _members(body: bytes) -> Json:
    """Give what a zip archive holds by name, without times; nothing where it cannot be read.

    Documents of offices are archives that also hold when they were made.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            listed = archive.infolist()[:_MEMBERS]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return None
    return {
        one.filename: {
            "crc": f"{one.CRC:08x}", "bytes": one.file_size, "method": one.compress_type,
        }
        for one in listed
    }  # fmt: skip


@cache
def _ignored() -> dict[str, bool]:
    return {one.name: one.presence for one in table(Compared).headers}


@cache
def _measured() -> frozenset[str]:
    return frozenset(table(Compared).measured.names)


@cache
def _metrics() -> re.Pattern[str]:
    return re.compile("|".join(table(Compared).measured.metrics))
