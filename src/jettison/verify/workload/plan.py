"""The requests that are sent, their order, and which where that is too many: always the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from enum import IntEnum
from urllib.parse import quote
from zlib import crc32

from jettison.values import by_key, replace
from jettison.verify.request import Credentials
from jettison.verify.workload import (
    ODD,
    READING,
    Interface,
    Operation,
    find_account,
)
from jettison.verify.workload.filling import entrance, fill, long_password
from jettison.verify.workload.openapi import schema_steps
from jettison.verify.workload.sample import Extent, flattened
from jettison.verify.workload.step import LONG, NO_METHOD, NO_PAGE, NO_SLASH, Step
from jettison.verify.workload.variation import (
    KNOWN,
    WITHOUT_ACCOUNT,
    Variation,
    in_other_letters,
    refused,
    takes_file,
    variations,
)

_LEAVES = re.compile(r"log-?_?out|sign-?_?out", re.I)
_ENDS_SESSION = re.compile(r"revoke|password|deactivate", re.I)
_TAKES_BACK = re.compile(r"restore|reset|clear|purge|clean|shutdown|delete|remove|wipe|flush", re.I)
_COMPLETES = re.compile(r"commit|complete|finish|finali[sz]e|assemble", re.I)
_RANK = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 3}
_DIGITS = re.compile(r"\d+")


class Phase(IntEnum):
    """What an operation does to what the application holds."""

    CREATE = 0
    COMPLETE = 1
    USE = 2
    TAKE_BACK = 3
    LEAVE = 4


def phase_of(operation: Operation) -> Phase:
    """Tell from method and path what an operation does."""
    if _LEAVES.search(operation.path):
        return Phase.LEAVE
    if operation.method in READING:
        return Phase.USE
    if _ENDS_SESSION.search(operation.path):
        return Phase.LEAVE
    if operation.method == "DELETE" or _TAKES_BACK.search(operation.path):
        return Phase.TAKE_BACK
    if operation.method != "POST" or operation.path_parameters:
        return Phase.USE
    return Phase.COMPLETE if _COMPLETES.search(operation.path) else Phase.CREATE


def position(operation: Operation) -> tuple[int, int, int]:
    """Give the sorting key: phase, depth of the path, method."""
    phase = phase_of(operation)
    depth = len(operation.path_parameters)
    # what is taken back goes from the inside out
    inward = -depth if phase >= Phase.TAKE_BACK else depth
    return phase, inward, _RANK.get(operation.method, len(_RANK))


_OLDEST = Variation(name="the oldest", back=10_000)
MOST_FILES = 600
"""A file more takes about a millisecond of each run."""


def workload(interface: Interface, credentials: Credentials | None = None) -> tuple[Step, ...]:
    """Ask every operation in several ways: without an account, then with one.

    What creates comes before what reads it, and what takes away comes last of all. With
    ``credentials`` that account logs in after the one that was made, so that it is the one that
    asks.
    """
    account = find_account(interface)
    entrances = [one for one in (account.sign_up, account.login) if one]
    ordered = sorted((one for one in interface.operations if one not in entrances), key=position)
    shelves = tuple(one.path for one in interface.operations if takes_file(one))
    return (
        *(fill(one, WITHOUT_ACCOUNT) for one in ordered if one.secured),
        *_with_no_token(interface, ordered),
        *entrance(account, credentials),
        *(step for one in ordered if phase_of(one) < Phase.LEAVE for step in _asked(one, shelves)),
        *_oldest(ordered),
        *(step for one in ordered if phase_of(one) == Phase.LEAVE for step in _asked(one, shelves)),
        *_unserved(interface),
        *schema_steps(interface),
        *(fill(one, way) for one in entrances for way in refused(one)),
        *(step for one in entrances if one is account.login for step in long_password(one)),
        *(Step(method="GET", path=path, variation="file") for path in spread(interface.files)),
    )


def _with_no_token(interface: Interface, ordered: list[Operation]) -> Iterator[Step]:
    """Send what is no token to the first operation that asks for one."""
    scheme = interface.token_scheme
    way = replace(WITHOUT_ACCOUNT, name="no token", headers={scheme.header: f"{scheme.prefix}a.b"})
    yield from (fill(one, way) for one in [one for one in ordered if one.secured][:1])


def _oldest(ordered: list[Operation]) -> Iterator[Step]:
    """Take away what was there first, too: more depends on it, and it may be the own account."""
    for one in ordered:
        if one.method == "DELETE" and one.path_parameters and phase_of(one) < Phase.LEAVE:
            yield replace(fill(one, _OLDEST), last=True)


def _unserved(interface: Interface) -> Iterator[Step]:
    """Ask for what is not there, or under another path, or is only to be read, or at length."""
    if interface.operations:
        yield Step(method="GET", path="/jettison/absent", variation=NO_PAGE)
    methods: dict[str, set[str]] = {}
    for one in interface.operations:
        methods.setdefault(one.path, set()).add(one.method)
    plain = sorted(path for path in methods if "{" not in path)
    for path in [one for one in plain if methods[one] <= READING][:1]:
        yield Step(method="PUT", path=path, variation=NO_METHOD)
    for path in [one for one in plain if "GET" in methods[one] and one.strip("/")][:1]:
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        yield Step(method="GET", path=other, variation=NO_SLASH)
    for path in [one for one in plain if "GET" in methods[one]][:1]:
        yield Step(method="GET", path=path, query=(("q", "x" * _LENGTH),), variation=LONG)


def usable(interface: Interface) -> Interface:
    """Leave out operations that nothing can be asked of: their schemas are none."""
    return replace(interface, operations=tuple(filter(_is_usable, interface.operations)))


def _is_usable(operation: Operation) -> bool:
    try:
        position(operation)
        find_account(Interface(operations=(operation,)))
        for step in (fill(operation, WITHOUT_ACCOUNT), *_asked(operation, (operation.path,))):
            quote(step.path + step.method)
    except ODD:
        return False
    return True


def spread(files: tuple[str, ...]) -> tuple[str, ...]:
    """Give the files that are asked for: all, or where they are many, some of every folder."""
    return files[:: -(-len(files) // MOST_FILES) or 1]


def _asked(operation: Operation, shelves: tuple[str, ...]) -> Iterator[Step]:
    place = operation.path.partition("{")[0].rstrip("/")
    shelf = any(one.startswith(place) for one in shelves)
    last = phase_of(operation) >= Phase.TAKE_BACK
    for way in variations(operation, shelf=shelf):
        yield replace(fill(operation, way), last=last)
    body = operation.body
    if operation.method == "POST" and body and not last and body.properties:
        # what was made twice comes in any order where it is sorted by what is alike
        for way in in_other_letters(operation):
            yield replace(fill(operation, way), last=True)
        # a code of what there is leads on, also to defaults, and a name that is taken is refused
        yield replace(fill(operation, KNOWN), last=True)
        if 0 < len(set(flattened(body.schema).get("required") or ())) < len(body.properties):
            least = replace(KNOWN, name=f"{KNOWN.name}, required only", extent=Extent.MINIMAL)
            yield replace(fill(operation, least), last=True)


def some_of_each(interface: Interface, most: int) -> tuple[Operation, ...]:
    """Give at most so many operations, of each kind as many as of others, in their order.

    Of a kind are those whose addresses differ in numbers alone. Of several kinds the same numbers
    are chosen, as what one of them makes another one may read.
    """
    found = interface.operations
    if len(found) <= most:
        return found
    account = find_account(interface)
    entrances = [one for one in (account.sign_up, account.login) if one]
    groups = by_key((_kind(one), one) for one in found if one not in entrances)
    ranked = [
        (rank, crc32(" ".join(one.key).encode()), one)
        for group in groups.values()
        for rank, one in enumerate(sorted(group, key=lambda one: crc32(_stem(one).encode())))
    ]
    ranked.sort(key=lambda each: each[:2])
    taken = {id(one) for _, _, one in ranked[: max(0, most - len(entrances))]}
    return tuple(one for one in found if id(one) in taken or one in entrances)


def _kind(operation: Operation) -> Hashable:
    method, path = operation.key
    return method, _DIGITS.sub("#", path)


def _stem(operation: Operation) -> str:
    return operation.path.partition("{")[0].rstrip("/")


def by_need(steps: Sequence[Step]) -> list[int]:
    """Give the numbers of steps, the first way to ask of each route before the second of any.

    What others need, and what users wrote themselves, comes before all of them.
    """
    counts: Counter[tuple[str, str]] = Counter()
    ranks = {}
    for number in sorted(range(len(steps)), key=lambda number: steps[number].anonymous):
        step = steps[number]
        route = step.method, step.path
        ranks[number] = counts[route] if not is_needed(step) else -1
        counts[route] += 1
    return sorted(ranks, key=lambda number: (ranks[number], crc32(steps[number].name.encode())))


def is_needed(step: Step) -> bool:
    """Tell whether a step is sent whatever the limits are."""
    return step.signs_in or step.raw_body is not None


def few(steps: Sequence[Step], most: int) -> tuple[Step, ...]:
    """Give at most so many steps, in their order."""
    if len(steps) <= most:
        return tuple(steps)
    return tuple(steps[number] for number in sorted(by_need(steps)[:most]))


# A request line that servers take by default: gunicorn's may have 4,094 bytes.
_LENGTH = 3_000
_NO_ROUTES = frozenset({"file", NO_PAGE, NO_METHOD, NO_SLASH})


def routes_of(steps: Iterable[Step]) -> frozenset[tuple[str, str]]:
    """Give the methods and paths that steps lead to, of those that an application declares."""
    return frozenset((one.method, one.path) for one in steps if one.variation not in _NO_ROUTES)
