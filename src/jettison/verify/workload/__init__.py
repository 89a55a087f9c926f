"""Requests made from what an application declares about itself: routes, schemas, patterns. Pure."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

Json = Any
"""A value that JSON can hold."""

Schema = Mapping[str, Json]
"""A JSON schema without references."""

ODD = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
"""What reading a document may raise that others wrote and nobody checked."""

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, "Safe Methods")."""

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class Place(StrEnum):
    """Where a parameter travels."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


class Parameter(Struct, frozen=True, kw_only=True):
    """One parameter of an operation."""

    name: str
    place: Place
    required: bool
    schema: Schema


class Body(Struct, frozen=True, kw_only=True):
    """The body that an operation takes."""

    media_type: str
    schema: Schema

    @property
    def properties(self) -> Mapping[str, Schema]:
        """The fields of an object body."""
        found: Mapping[str, Schema] = self.schema.get("properties") or {}
        return found


class Operation(Struct, frozen=True, kw_only=True):
    """A method on a path. ``path`` has ``{name}`` in place of each path parameter.

    ``described`` says that parameters and body are known, and not only the path. ``compared`` are
    texts and numbers that the source compares parameters and fields with, by name. ``sizes`` are
    the bytes that it compares the size of a file with, or of the whole body under an empty name,
    and ``documents`` describe what it reads of one: ``document`` or ``table``, and a schema.
    """

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    secured: bool = False
    compared: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    documents: Mapping[str, tuple[str, Schema]] = field(default_factory=dict)

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in the path, in order."""
        return tuple(_PLACEHOLDER.findall(self.path))

    @property
    def key(self) -> tuple[str, str]:
        """What tells two operations apart: names of path parameters do not."""
        return self.method, _PLACEHOLDER.sub("{}", self.path).rstrip("/") or "/"


class TokenScheme(Struct, frozen=True, kw_only=True):
    """How a token is sent: ``Authorization: Bearer …`` by default."""

    header: str = "Authorization"
    prefix: str = "Bearer "


class Interface(Struct, frozen=True, kw_only=True):
    """All that an application declares.

    ``token_paths`` are where its security schemes log in, ``files`` addresses of files that it
    serves as they are.
    """

    operations: tuple[Operation, ...] = ()
    token_scheme: TokenScheme = TokenScheme()
    token_paths: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


_LOGIN = re.compile(r"log-?_?in|sign-?_?in|token|session|jwt|authenticate|obtain|/auth/?$", re.I)
_SIGN_UP = re.compile(r"regist|sign-?_?up|setup|join|enrol|create-?_?(user|account)", re.I)
_ACCOUNTS = re.compile(r"/(users?|accounts?|members?)/?$", re.I)
_OTHER = re.compile(
    r"reset|change|recover|forgot|confirm|verify|refresh|revoke|encrypt|unlock|hint|logout", re.I
)
_PASSWORD = re.compile(r"^passw(or)?d\w{0,2}$|^password1$", re.I)
_NAME = re.compile(r"user_?name|e_?mail|login|phone", re.I)
# What names somebody only beside a password, where no other field does.
_PLAIN_NAME = re.compile(r"name|user|account|nick(_?name)?|handle", re.I)


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
        and bool(plain_names(fields) or any(_NAME.search(name) for name in fields))
    )


def plain_names(fields: Iterable[str]) -> tuple[str, ...]:
    """Give the fields that name an account by a word that names other things elsewhere."""
    known = tuple(fields)
    if any(_NAME.search(name) for name in known):
        return ()
    return tuple(name for name in known if _PLAIN_NAME.fullmatch(name))


def names_somebody(field: str) -> bool:
    """Tell whether a field is the name or the password of an account."""
    return any(one.search(field) for one in (_NAME, _PASSWORD))


def is_password(field: str) -> bool:
    """Tell whether a field is the password of an account."""
    return _PASSWORD.search(field) is not None


def _first(tests: Iterable[object], candidates: list[Operation]) -> Operation | None:
    for test in tests:
        for candidate in candidates:
            if callable(test) and test(candidate):
                return candidate
    return None


_LONGEST_PATTERN = 500
_MOST_STEPS = 1e6
# A value of so many characters is divided in few enough ways.
_SHORT = 12
_MOST_GROUPS = 2
# What a pattern repeats, and the end of a group that is repeated as a whole.
_REPEAT = re.compile(r"[*+}]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")


def fits(value: str, pattern: str) -> bool:
    """Tell whether a value fits; not of one with which the search could take long."""
    if not pattern:
        return True
    return len(value) <= _searchable(pattern) and bool(_search(pattern)(value))


def _searchable(pattern: str) -> int:
    """Give how long a value may be: what a pattern repeats bounds the steps of a search."""
    groups = len(_REPEATED_GROUP.findall(pattern))
    if len(pattern) > _LONGEST_PATTERN or groups > _MOST_GROUPS:
        return 0
    if groups:
        return 0 if pattern.count("|") > _MOST_GROUPS else _SHORT
    return int(_MOST_STEPS ** (1 / max(2, len(_REPEAT.findall(pattern)))))


@lru_cache(maxsize=256)
def _search(pattern: str) -> Callable[[str], object]:
    try:
        with warnings.catch_warnings(action="ignore"):
            return re.compile(pattern).search
    except (re.error, OverflowError, RecursionError):
        return lambda _: True


# Stands where there is no value at all.
ABSENT: Json = object()


def same(one: Json, other: Json) -> bool:
    """Compare as JSON does: true is not 1."""
    if type(one) is not type(other):
        return False
    if not isinstance(one, (dict, list, float)):
        return bool(one == other)
    if not isinstance(one, float) and one != other:
        # what is within is compared next, and writing all of it at each depth would take long
        return False
    return written(one) == written(other)


def written(value: Json) -> str:
    """Write a value so that equal ones are equal texts."""
    return str(json.dumps(value, sort_keys=True))


def kind_of(value: Json) -> str:
    """Name the kind of a value of JSON."""
    if isinstance(value, bool):
        return "truth"
    if value is None:
        return "null"
    named = ((str, "text"), (dict, "object"), (list, "list"))
    return next((name for kind, name in named if isinstance(value, kind)), "number")


def inner(place: str, name: str) -> str:
    """Give the place of a field."""
    return f"{place}.{name}" if place else name


def short(value: Json) -> str:
    """Write a value for people."""
    if value is ABSENT:
        return "nothing"
    return repr(value[:60]) if isinstance(value, str) else written(value)[:60]
