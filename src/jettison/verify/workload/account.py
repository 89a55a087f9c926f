"""Which operations make an account and log in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from jettison.verify.workload.operation import Interface, Operation

_LOGIN = re.compile(r"log-?_?in|sign-?_?in|token|session|jwt|authenticate|obtain|/auth/?$", re.I)
_SIGN_UP = re.compile(r"regist|sign-?_?up|setup|join|enrol|create-?_?(user|account)", re.I)
_ACCOUNTS = re.compile(r"/(users?|accounts?|members?)/?$", re.I)
_OTHER = re.compile(
    r"reset|change|recover|forgot|confirm|verify|refresh|revoke|encrypt|unlock|hint|logout", re.I
)
_PASSWORD = re.compile(r"^passw(or)?d\w{0,2}$|^password1$", re.I)
_NAME = re.compile(r"user_?name|e_?mail|login|phone", re.I)


class Account(Struct, frozen=True, kw_only=True):
    """How somebody becomes known to the application; None where nothing of the kind was found."""

    sign_up: Operation | None = None
    login: Operation | None = None


def find_account(interface: Interface) -> Account:
    """Look at what operations take: a password, and a name or an address."""
    candidates = [one for one in interface.operations if _takes_password(one)]
    login = _first(
        (
            lambda one: one.path in interface.token_paths,
            lambda one: _LOGIN.search(one.path) is not None,
        ),
        candidates,
    )
    others = [one for one in candidates if one is not login]
    sign_up = _first(
        (
            lambda one: is_sign_up(one.path),
            lambda one: _ACCOUNTS.search(one.path) is not None,
        ),
        others,
    )
    return Account(sign_up=sign_up, login=login)


def is_sign_up(path: str) -> bool:
    """Tell whether an address looks like that of making an account."""
    return _SIGN_UP.search(path) is not None


def _takes_password(operation: Operation) -> bool:
    fields = operation.body.properties if operation.body else {}
    return (
        operation.method == "POST"
        and not operation.path_parameters
        and not _OTHER.search(operation.path)
        and any(_PASSWORD.search(name) for name in fields)
        and any(_NAME.search(name) for name in fields)
    )


def _first(tests: Iterable[object], candidates: list[Operation]) -> Operation | None:
    for test in tests:
        for candidate in candidates:
            if callable(test) and test(candidate):
                return candidate
    return None
