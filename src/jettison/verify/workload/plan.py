"""The requests that are sent, and their order: the same for every run."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from jettison.verify.request import Credentials
from jettison.verify.workload.account import Account, find_account
from jettison.verify.workload.fill import fill
from jettison.verify.workload.graphql import schema_steps
from jettison.verify.workload.operation import Interface, Operation
from jettison.verify.workload.order import Phase, phase_of, position
from jettison.verify.workload.sample import Extent, sample
from jettison.verify.workload.step import Step
from jettison.verify.workload.variation import (
    WITHOUT_ACCOUNT,
    Variation,
    refused,
    takes_file,
    variations,
)

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
        *_entrance(account, credentials),
        *(step for one in ordered for step in _asked(one, shelves)),
        *schema_steps(interface),
        *(fill(one, way) for one in entrances for way in refused(one)),
        *(Step(method="GET", path=path, variation="file") for path in spread(interface.files)),
    )


def spread(files: tuple[str, ...]) -> tuple[str, ...]:
    """Give the files that are asked for: all, or where they are many, some of every folder."""
    return files[:: -(-len(files) // MOST_FILES) or 1]


def _asked(operation: Operation, shelves: tuple[str, ...]) -> Iterator[Step]:
    place = operation.path.partition("{")[0].rstrip("/")
    shelf = any(one.startswith(place) for one in shelves)
    last = phase_of(operation) >= Phase.TAKE_BACK
    ways = variations(operation, shelf=shelf)
    return (replace(fill(operation, way), last=last) for way in ways)


def _entrance(account: Account, credentials: Credentials | None) -> Iterator[Step]:
    """Sign up and log in; a login may take the address where another takes the name."""
    if account.sign_up:
        first = Variation(name="sign-up", extent=Extent.TYPICAL, signs_in=True)
        yield fill(account.sign_up, first)
        yield fill(account.sign_up, Variation(name="sign-up again", signs_in=True))
    if account.login is None:
        return
    yield fill(account.login, Variation(name="login", signs_in=True))
    signed = account.sign_up.body if account.sign_up else None
    if signed and "username" not in signed.properties:
        address = sample({"format": "email"}, "email", Extent.MINIMAL)
        yield fill(account.login, _login(account.login, address))
    if credentials:
        yield fill(account.login, _login(account.login, credentials.username, credentials.password))


def _login(operation: Operation, name: str, password: str = "") -> Variation:
    """Give a login by that name, wherever the body has it."""
    fields = operation.body.properties if operation.body else {}
    chosen = {field: name for field in fields if field in {"username", "email", "login"}}
    if password:
        chosen |= {field: password for field in fields if field == "password"}
    return Variation(name=f"login as {name}", chosen=chosen, signs_in=True)
