"""Times of files, which building sets: applications show them in addresses and pages. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from msgspec import Struct, field

from jettison.verify.exchange.times import TIME, moment_of

# Seconds since 1970, or a thousandth, millionth or billionth of them: also within words, as in
# ``app.v2m1700000000.js``, where nothing but digits belongs to the number.
_COUNTED = re.compile(r"(?<!\d)([12]\d{9})(\d{3}|\d{6}|\d{9})?(?:\.\d+)?(?!\d)")
# The same in letters, of seconds from 2004 to 2038, and of billionths as entity tags have them.
_LETTERS = re.compile(r"(?i)(?<![0-9a-z])(?:([4-7][0-9a-f]{7})|(1[0-9a-f]{15}))(?![0-9a-z])")
_DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
_UNIX = re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\b")
_DIGIT = re.compile(r"\d")
_BILLION = 10**9
_MINUTE, _QUARTER_HOUR, _WHOLE_DAY = 60, 900, 86400
# The widest that the clocks of two places lie apart, in quarters of an hour.
_SHIFTS = sorted(range(-56, 57), key=abs)


class Dated(Struct, frozen=True, kw_only=True):
    """Times that files have in one of two images alone, in seconds, minutes and days since 1970.

    Each leads to a file that has it; all times of the same file lead to one name.
    """

    seconds: Mapping[int, str] = field(default_factory=dict)
    minutes: Mapping[int, str] = field(default_factory=dict)
    days: Mapping[int, str] = field(default_factory=dict)

    def told(self, text: str) -> str:
        """Put the name of its file in the place of each of these times in a text."""
        if not self.seconds or not _DIGIT.search(text):
            return text
        text = TIME.sub(_of(self._moment), text)
        text = _UNIX.sub(_of(self._unix), text)
        text = _COUNTED.sub(_of(self._counted), text)
        text = _LETTERS.sub(_of(self._letters), text)
        return _DAY.sub(_of(self._day), text)

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
            if name := times.get((moment - shift * _QUARTER_HOUR) // unit):
                return _named(name)
        return ""

    def _unix(self, found: re.Match[str]) -> str:
        month, day, clock, year = found[0].split()[1:]
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


def _of(told: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    return lambda found: told(found) or found[0]


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
