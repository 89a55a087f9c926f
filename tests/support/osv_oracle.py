"""OSV's documented evaluation, once more and otherwise: intervals, and others' comparisons.

Releases of PyPI are compared by specifiers of ``packaging``, those of Debian by dpkg itself.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

# Whether the first release is before the second.
Before = Callable[[str, str], bool]


def affected(document: dict[str, Any], ecosystem: str, name: str, version: str) -> bool:
    """Tell whether a document says that a release is affected."""
    if "withdrawn" in document:
        return False
    before = _before(ecosystem)
    for one in document.get("affected", []):
        package = one.get("package", {})
        if package.get("ecosystem") not in (ecosystem, ecosystem.split(":", maxsplit=1)[0]):
            continue
        if _plain(package["ecosystem"], package["name"]) != _plain(ecosystem, name):
            continue
        if any(_equal(each, version, before) for each in one.get("versions", [])):
            return True
        ranges = [each for each in one.get("ranges", []) if each["type"] != "GIT"]
        if any(_within(each["events"], version, before) for each in ranges):
            return True
    return False


def _plain(ecosystem: str, name: str) -> str:
    if ecosystem != "PyPI":
        return name
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))


def _before(ecosystem: str) -> Before:
    return _dpkg if ecosystem.startswith("Debian") else _specified


def _specified(first: str, second: str) -> bool:
    if "+" in first + second:  # specifiers do not look at local parts
        return Version(first) < Version(second)
    # "<" of a specifier leaves out pre-releases of its own release, ">=" turned round does not
    return not SpecifierSet(f">={second}", prereleases=True).contains(first)


@functools.cache
def _dpkg(first: str, second: str) -> bool:
    command = ["dpkg", "--compare-versions", first, "lt", second]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _equal(first: str, second: str, before: Before) -> bool:
    return not before(first, second) and not before(second, first)


def _within(events: Iterable[dict[str, str]], version: str, before: Before) -> bool:
    """Tell whether a release lies in an interval that the events open and close."""
    events = list(events)
    limits = [each["limit"] for each in events if "limit" in each]
    if limits and "*" not in limits and not any(before(version, each) for each in limits):
        return False
    return any(
        (low == "0" or not before(version, low))
        and (high is None or (not before(high, version) if closed else before(version, high)))
        for low, high, closed in _intervals(events, before)
    )


def _intervals(
    events: list[dict[str, str]], before: Before
) -> Iterator[tuple[str, str | None, bool]]:
    """Give begin, end, and whether the end belongs to it; each begin ends at the next end."""
    for begin in (each["introduced"] for each in events if "introduced" in each):
        ends = [
            (value, kind == "last_affected")
            for each in events
            for kind, value in each.items()
            if (kind == "fixed" and (begin == "0" or before(begin, value)))
            or (kind == "last_affected" and (begin == "0" or not before(value, begin)))
        ]
        first: tuple[str, bool] | None = None
        for end in ends:
            if first is None or before(end[0], first[0]):
                first = end
        yield begin, *(first or (None, False))
