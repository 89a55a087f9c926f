"""Holds the answers of the image after against those of the image before. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from jettison.verify.exchange.answer import Answer, Exchange, comparable
from jettison.verify.exchange.normal import Leaf, leaves, stable

_SERVER_ERROR = 500
_COMPARED_HEADERS = ("location", "www-authenticate", "content-disposition", "allow")
_EXCERPT = 160


class Comparison(Struct, frozen=True, kw_only=True):
    """All exchanges of a workload: how many are the same, and what each of the others says.

    ``flaky`` names exchanges that differ between runs of one image. ``failing`` counts those that
    were server errors before and still are.
    """

    total: int
    same: int
    differences: tuple[str, ...]
    new_errors: int
    flaky: tuple[str, ...]
    failing: int


def compare_exchanges(
    before: Sequence[Sequence[Exchange]], after: Sequence[Sequence[Exchange]]
) -> Comparison:
    """Compare runs of the same steps: at least one of each image; empty runs do not count.

    What two runs of the image before say differently is set apart. A difference counts when every
    run of the image after shows it; a server error that no run of the image before had, when half
    of them do.
    """
    first, *repeats = [run for run in before if run]
    afters = [run for run in after if run] or [()]
    differences: list[str] = []
    flaky: list[str] = []
    new_errors = failing = 0
    length = min(len(first), *(len(run) for run in afters))
    for number, one in enumerate(first[:length]):
        repeated = [run[number].answer for run in repeats if number < len(run)]
        others = [run[number].answer for run in afters]
        unlike = [each for each in repeated if _answered(each) != _answered(one.answer)]
        if unlike:
            flaky.append(f"{one.name}: {_said(one.answer)}, then {_said(unlike[0])}")
            continue
        found = [_difference(one.answer, repeated, other) for other in others]
        failing += all(a.status >= _SERVER_ERROR for a in (one.answer, *others))
        broken = [said for said, other in zip(found, others, strict=True) if _broken(one, other)]
        if all(found) or (broken and len(broken) * 2 >= len(others)):
            differences.append(f"{one.name}: {(broken or found)[0]}")
            new_errors += bool(broken)
        elif broken:
            times = f"in {len(broken)} of {len(others)} runs after"
            flaky.append(f"{one.name}: {times}, {broken[0]}")
    same = length - len(flaky) - len(differences)
    if length < len(first):
        differences.append(f"{len(first) - length} requests were not answered")
    return Comparison(
        total=len(first),
        same=same,
        differences=tuple(differences),
        new_errors=new_errors,
        flaky=tuple(flaky),
        failing=failing,
    )


def _broken(one: Exchange, other: Answer) -> bool:
    return one.answer.status < _SERVER_ERROR <= other.status


def _answered(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.content_type


def _said(answer: Answer) -> str:
    if not answer.status:
        return f"no answer ({answer.failure})"
    if answer.failure:
        return answer.failure
    return f"{answer.status} {answer.content_type}".strip()


def _difference(one: Answer, repeated: Sequence[Answer], other: Answer) -> str:
    """Say in a few words how ``other`` differs, or nothing. Server errors are all alike."""
    if one.status >= _SERVER_ERROR and other.status >= _SERVER_ERROR:
        return ""
    if one.status < _SERVER_ERROR <= other.status:
        kind = "failure" if other.failure else "server error"
        return f"{_said(one)} became {_said(other)}, a new {kind}: {_excerpt(other)}"
    if _answered(one) != _answered(other):
        return f"{_said(one)} became {_said(other)}: {_excerpt(other)}"
    return _header_difference(one, repeated, other) or _body_difference(one, repeated, other)


def _excerpt(answer: Answer) -> str:
    text = " ".join(answer.body.decode("utf-8", "replace").split())
    return text[:_EXCERPT] or answer.failure or "no body"


def _header_difference(one: Answer, repeated: Sequence[Answer], other: Answer) -> str:
    """Compare headers and cookies, but not those that differ between runs of the image before."""
    for name in _COMPARED_HEADERS:
        had, has = (stable(answer.headers.get(name, "")) for answer in (one, other))
        again = {stable(each.headers.get(name, "")) for each in repeated}
        if had != has and not again - {had}:
            return f"the header {name} was {had!r} and is {has!r}"
    had_cookies, has_cookies = _cookie_names(one), _cookie_names(other)
    unstable = {name for each in repeated for name in _cookie_names(each) ^ had_cookies}
    if (had_cookies ^ has_cookies) - unstable:
        return f"the cookies were {sorted(had_cookies)} and are {sorted(has_cookies)}"
    return ""


def _cookie_names(answer: Answer) -> set[str]:
    return {cookie.partition("=")[0] for cookie in answer.cookies}


def _body_difference(one: Answer, repeated: Sequence[Answer], other: Answer) -> str:
    if one.unended != other.unended and all(each.unended == one.unended for each in repeated):
        ends = "ends" if one.unended else "does not end any more"
        return f"the body {ends} after {len(other.body)} bytes"
    one, other = comparable(one, other)
    if one.body == other.body and one.rest == other.rest:
        return ""
    first, last = leaves(one), leaves(other)
    unstable = {place for each in repeated for place in _unstable(first, leaves(each))}
    changed = list(_changes(first, last, unstable))
    if not changed:
        return ""
    more = f" and {len(changed) - 1} more places" if len(changed) > 1 else ""
    return f"the body differs at {changed[0]}{more}"


def _unstable(first: Iterable[Leaf], again: Iterable[Leaf]) -> set[str]:
    """Name the places where two runs of the image before do not agree."""
    one, other = dict(first), dict(again)
    return {place for place in one.keys() | other.keys() if one.get(place) != other.get(place)}


def _changes(first: Iterable[Leaf], last: Iterable[Leaf], unstable: set[str]) -> Iterator[str]:
    one, other = dict(first), dict(last)
    for place in (*one, *(place for place in other if place not in one)):
        had, has = one.get(place), other.get(place)
        if had != has and place not in unstable and not _below(place, unstable):
            yield f"{place}: {_short(had)} became {_short(has)}"


def _below(place: str, unstable: set[str]) -> bool:
    """Tell whether a list above the place has no stable length, so that its elements move."""
    return any(
        place.startswith(changing.removesuffix("[]") + "[")
        for changing in unstable
        if changing.endswith("[]")
    )


def _short(value: str | None) -> str:
    return "nothing" if value is None else repr(value[:60])
