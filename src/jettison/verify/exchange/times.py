"""Times in answers: those of the run, those of files, and how far others are from it. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import partial

from msgspec import Struct, field

# No letter and no digit stands beside a time: part of an id may look like one.
_ALONE = r"(?<![0-9A-Za-z])(?:%s)(?![0-9A-Za-z])"
_ISO = (
    r"(?P<date>\d{4}-\d\d-\d\d)[T _](?P<hour>\d\d)[:-]?(?P<minute>\d\d)"
    r"(?:[:-]?(?P<second>\d\d)(?P<part>[.,]\d+)?)?(?P<zone>Z| ?UTC|[+-]\d\d:?\d\d)?"
)
_COMPACT = r"(?P<day>20\d{6})[T_-]?(?P<clock>\d{6})(?:[-_.]?\d{3,6})?Z?"
_WEB = r"[A-Z][a-z]{2}, \d\d[ -][A-Z][a-z]{2}[ -]\d{4} \d\d:\d\d:\d\d GMT"
TIME = re.compile(_ALONE % f"(?P<iso>{_ISO})|(?P<compact>{_COMPACT})|(?P<web>{_WEB})")
_DAY = re.compile(_ALONE % r"\d{4}-\d\d-\d\d")
EPOCH = re.compile(
    r"(?<![\w.])(?P<seconds>[12]\d{9})(?P<thousandths>\d{3})?(?P<part>\.\d+)?(?![\w.])"
)
_MINUTE, _QUARTER, _WHOLE_DAY, _FARTHEST_DAY = 60, 900, 86400, 45
# The widest that the clocks of two places lie apart, in quarters of an hour.
_SHIFTS = sorted(range(-56, 57), key=abs)
_FARTHEST_ZONE = 86_400.0  # farther than any zone, with what lies around a run
_LATEST = 1e15  # more milliseconds than any year with four digits has
# Before the first request the application starts, and may fill its database.
_EARLIER, _LATER = 120.0, 5.0
# Seconds since 1970, or a thousandth, millionth or billionth of them: also within words, as in
# ``app.v2m1700000000.js``, where nothing but digits belongs to the number.
_COUNTED = re.compile(r"(?<!\d)([12]\d{9})(\d{3}|\d{6}|\d{9})?(?:\.\d+)?(?!\d)")
# The same in letters, of seconds from 2004 to 2038, and of billionths as entity tags have them.
_LETTERS = re.compile(r"(?i)(?<![0-9a-z])(?:([4-7][0-9a-f]{7})|(1[0-9a-f]{15}))(?![0-9a-z])")
_FILE_DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
_UNIX = re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:UTC )?\d{4}\b")
_BILLION = 10**9


class Clock(Struct, frozen=True, kw_only=True):
    """When a run began and one of its answers came, in seconds since 1970; 0 when not known."""

    begun: float = 0.0
    now: float = 0.0

    def within(self, moment: float) -> bool:
        """Tell whether a moment lies within the run, up to the answer."""
        return self.begun - _EARLIER <= moment <= self.now + _LATER


def relative(text: str, clock: Clock) -> str:
    """Put words in the place of times of the run, which keep their form and their time zone.

    A date near the day of the request is told by its distance. Other times stay as they are.
    """
    if not clock.now:
        return text
    text = TIME.sub(_of(lambda found: _told(found, clock)), text)
    text = EPOCH.sub(_of(lambda found: _seconds(found, clock)), text)
    return _DAY.sub(_of(lambda found: _day(found[0], clock)), text)


def _of(told: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    return lambda found: told(found) or found[0]


def moment_of(text: str) -> float | None:
    """Give the moment that a text is, as seconds since 1970; one without a zone is in UTC."""
    found = TIME.fullmatch(text)
    return _moment(found) if found else None


def number_of_time(value: float, clock: Clock) -> str:
    """Name a number that counts seconds or milliseconds up to a time of the run."""
    for unit, factor in (("s", 1), ("ms", 1000)):
        if clock.now and abs(value) < _LATEST and clock.within(value / factor):
            return f"<time in {unit}{'' if isinstance(value, int) else ', with fraction'}>"
    return ""


def _moment(found: re.Match[str]) -> float | None:
    try:
        if found["web"]:
            return parsedate_to_datetime(found["web"].replace("-", " ")).timestamp()
        if found["compact"]:
            naive = datetime.fromisoformat(f"{found['day']}T{found['clock']}")
            return naive.replace(tzinfo=UTC).timestamp()
        parts = f"{found['date']} {found['hour']}:{found['minute']}:{found['second'] or '00'}"
        naive = datetime.fromisoformat(parts)
        return naive.replace(tzinfo=_zone(found["zone"])).timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _told(found: re.Match[str], clock: Clock) -> str:
    """Name a time of the run; one that names no zone by the zone that it must be of."""
    moment = _moment(found)
    if moment is None:
        return ""
    # one without seconds was cut
    cut = 60.0 if found["iso"] and not found["second"] else 0.0
    if not clock.begun - _FARTHEST_ZONE <= moment <= clock.now + _FARTHEST_ZONE:
        return ""
    named = bool(found["web"] or found["zone"])
    for quarter in (0,) if named else _SHIFTS:
        shift = quarter * _QUARTER
        if clock.within(moment - shift) or (cut and clock.within(moment - shift + cut)):
            form = "web" if found["web"] else "compact" if found["compact"] else "iso"
            part = ", with fraction" if found["part"] else ", to the minute" if cut else ""
            zone = (found["zone"] or "").strip() or f"zone {shift / 3600:+g}"
            return f"<{form} time of the run, {zone}{part}>"
    return ""


def _seconds(found: re.Match[str], clock: Clock) -> str:
    factor = 1000 if found["thousandths"] else 1
    value = int(found["seconds"] + (found["thousandths"] or ""))
    return number_of_time(value if not found["part"] else float(value), clock) and (
        f"<time in {'ms' if factor > 1 else 's'}>"
    )


def _day(text: str, clock: Clock) -> str:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return ""
    distance = (day.date() - datetime.fromtimestamp(clock.now, UTC).date()).days
    return f"<day {distance:+d}>" if abs(distance) <= _FARTHEST_DAY else ""


# A time that is as far from each request may be so much farther from another.
SPREAD = 120.0
# Numbers are times that count seconds up to a moment within so many, and are always about as far:
# so many bytes are free, too.
_YEARS, _STEADY = 10 * 365 * 86_400.0, 10.0


class Distance(Struct, frozen=True, kw_only=True):
    """How far a number is from the answer, when it counts seconds times ``factor`` up to a time."""

    factor: int
    earliest: float
    latest: float

    def fits(self, value: float, at: float) -> bool:
        """Tell whether a number is a time as far from its answer."""
        return self.earliest <= value / self.factor - at <= self.latest


def steady(samples: Sequence[tuple[float, float]]) -> Distance | None:
    """Find how far numbers are from their answers, if they are times and all about as far."""
    for factor in (1, 1000):
        found = [value / factor - at for value, at in samples if at and math.isfinite(value)]
        known = len(found) == len(samples) and max(map(abs, found)) < _YEARS
        if known and max(found) - min(found) <= _STEADY:
            return Distance(factor=factor, earliest=min(found) - SPREAD, latest=max(found) + SPREAD)
    return None


class Dated(Struct, frozen=True, kw_only=True):
    """Times that files have in one of two images alone, in seconds, minutes and days since 1970.

    Each leads to a file that has it; all times of the same file lead to one name.
    """

    seconds: Mapping[int, str] = field(default_factory=dict)
    minutes: Mapping[int, str] = field(default_factory=dict)
    days: Mapping[int, str] = field(default_factory=dict)

    def told(self, text: str) -> str:
        """Put the name of its file in the place of each of these times in a text."""
        if not self.seconds:
            return text
        text = TIME.sub(_of(self._moment), text)
        text = _UNIX.sub(_of(self._unix), text)
        text = _COUNTED.sub(_of(self._counted), text)
        text = _LETTERS.sub(_of(self._letters), text)
        return _FILE_DAY.sub(_of(self._day), text)

    def number(self, value: float) -> str:
        """Name a number that is one of these times, in whatever unit; nothing of any other."""
        if not self.seconds or not _BILLION <= value < 4 * _BILLION**2:
            return ""
        found = re.match(_COUNTED, str(int(value)))
        return _named(self.seconds.get(int(found[1]))) if found else ""

    def _moment(self, found: re.Match[str]) -> str:
        moment = moment_of(found[0])
        if moment is None:
            return ""
        zoned = bool(found["web"] or found["zone"])
        cut = bool(found["iso"]) and not found["second"]
        return self._near(int(moment), zoned=zoned, cut=cut)

    def _near(self, moment: int, *, zoned: bool, cut: bool) -> str:
        times, unit = (self.minutes, _MINUTE) if cut else (self.seconds, 1)
        for shift in (0,) if zoned else _SHIFTS:
            if name := times.get((moment - shift * _QUARTER) // unit):
                return _named(name)
        return ""

    def _unix(self, found: re.Match[str]) -> str:
        month, day, clock, *_zone, year = found[0].split()[1:]
        moment = moment_of(f"Day, {int(day):02d} {month} {year} {clock} GMT")
        return "" if moment is None else self._near(int(moment), zoned=False, cut=False)

    def _counted(self, found: re.Match[str]) -> str:
        return _named(self.seconds.get(int(found[1])))

    def _letters(self, found: re.Match[str]) -> str:
        seconds = int(found[1], 16) if found[1] else int(found[2], 16) // _BILLION
        return _named(self.seconds.get(seconds))

    def _day(self, found: re.Match[str]) -> str:
        moment = moment_of(f"{found[0]} 00:00:00")
        return "" if moment is None else _named(self.days.get(int(moment) // _WHOLE_DAY))


def _named(path: str | None) -> str:
    return f"<time of a file such as {path}>" if path else ""


def dated(before: Mapping[str, int], after: Mapping[str, int]) -> Dated:
    """Give the times of the files that two images have, by path, where they are not the same."""
    pairs = [(path, at, after[path]) for path, at in before.items() if path in after]
    seconds, minutes, days = (
        dict(_joined((path, one // unit, other // unit) for path, one, other in pairs))
        for unit in (1, _MINUTE, _WHOLE_DAY)
    )
    return Dated(seconds=seconds, minutes=minutes, days=days)


# How a variable is named that says when an image was built (reproducible-builds.org names one).
_BUILT = re.compile(r"BUILD|BUILT|CREATED|SOURCE_DATE", re.I)


def built_at(variables: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Give the variables that say when an image was built, and that moment, as ``dated`` takes."""
    told = ((name, _day_or_moment(value)) for name, value in variables if _BUILT.search(name))
    return {name: int(moment) for name, moment in told if moment is not None}


def _day_or_moment(text: str) -> float | None:
    counted = re.fullmatch(r"\d{10}", text)
    moment = float(text) if counted else moment_of(text)
    return moment_of(f"{text} 00:00:00") if moment is None else moment


def _joined(pairs: Iterator[tuple[str, int, int]]) -> Iterator[tuple[int, str]]:
    """Give all times that files join, directly or through others, the same name."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for path, one, other in pairs:
        if one == other:
            continue
        tops = {_top(parents, one), _top(parents, other)}
        least = min(tops)
        parents.update(dict.fromkeys(tops, least))
        names[least] = min((path, *filter(None, map(names.get, tops))))
    top = partial(_top, parents)
    yield from ((one, names[top(one)]) for one in list(parents))


def _top(parents: dict[int, int], one: int) -> int:
    while parents.setdefault(one, one) != one:
        one = parents[one]
    return one
