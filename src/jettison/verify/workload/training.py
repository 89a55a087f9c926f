"""What a trace is trained on: other values, and not all of the routes that judge it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.verify.workload.operation import Interface, Json, Operation, find_account
from jettison.verify.workload.sample import Upload
from jettison.verify.workload.step import Payload, Remembered, Step

FEWEST = 8
"""Where an application has fewer routes, none is withheld: each would be a kind of its own."""
# One of so many routes is withheld.
_SHARE = 5
_PLACEHOLDER = re.compile(r"\\\{[^{}]+\\\}")


class Training(Struct, frozen=True, kw_only=True):
    """Routes that a trace sees, and those that it does not, so that they can judge it."""

    seen: tuple[Operation, ...] = ()
    withheld: tuple[Operation, ...] = ()

    def steps(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Leave out what leads to a route that is withheld, and give other values to the rest."""
        for step in steps:
            path = step.path.partition("?")[0]
            seen = any(one.method == step.method and one.path == path for one in self.seen)
            if seen or not any(_leads(step.method, path, one) for one in self.withheld):
                yield _retold(step)


def training_of(interface: Interface) -> Training:
    """Withhold a fifth of the routes, always the same ones, but none by which somebody enters."""
    account = find_account(interface)
    entrances = (account.sign_up, account.login)
    routes = [one for one in interface.operations if one not in entrances]
    routes.sort(key=lambda one: (crc32(" ".join(one.key).encode()), one.key))
    share = len(routes) // _SHARE if len(routes) >= FEWEST else 0
    withheld = routes[:share]
    seen = tuple(one for one in interface.operations if one not in withheld)
    return Training(seen=seen, withheld=tuple(withheld))


def _leads(method: str, path: str, operation: Operation) -> bool:
    return method == operation.method and _pattern(operation.path).fullmatch(path) is not None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub("[^/]+", re.escape(path)))


def _retold(step: Step) -> Step:
    """Put other values in the place of the usual ones, and other content in files."""
    payload = step.payload
    if payload:
        payload = Payload(media_type=payload.media_type, value=_other(payload.value))
    return replace(
        step,
        path_values={name: _other(value) for name, value in step.path_values.items()},
        query=tuple((name, _other(value)) for name, value in step.query),
        headers=tuple((name, _other(value)) for name, value in step.headers),
        payload=payload,
    )


def _other(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _other(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_other(one) for one in value]
    if isinstance(value, Remembered):
        return replace(value, otherwise=_other(value.otherwise))
    if isinstance(value, Upload) and value.media_type.startswith("text/"):
        words = value.content.decode()
        for usual, other in table(Samples).others.items():
            words = words.replace(usual, other)
        return replace(value, content=words.encode())
    return table(Samples).others.get(value, value) if isinstance(value, str) else value
