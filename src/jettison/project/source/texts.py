"""Which strings may name a module, a driver or a URL."""

from __future__ import annotations

import re
from functools import cache

from jettison.catalogue.reader import table

_URL = re.compile(r"[A-Za-z][A-Za-z0-9]*(\+[A-Za-z0-9_]+)?://")
_DIALECT = re.compile(r"[a-z0-9]+\+[a-z][a-z0-9_]*\Z")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(:[A-Za-z_]\w*(\(\))?)?\Z")
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w*:[A-Za-z_]\w*(\(\))?\Z")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")

# The module of a database may end as its files do: ``django.db.backends.sqlite3``.
_BACKEND = ".backends."


def may_name(value: str, target: str, role: str) -> bool:
    """Whether a string in this place is worth keeping."""
    if "://" in value:
        return _URL.match(value) is not None and not value.startswith(("http:", "https:"))
    if _WORD.match(value):
        listed = role in word_roles() or target in word_roles()
        return listed or (target.isupper() and len(target) > 1)
    if _DOTTED.match(value):
        return value.rpartition(".")[2].lower() not in _endings() or _BACKEND in value
    return _ATTRIBUTE.match(value) is not None or _DIALECT.match(value) is not None


@cache
def word_roles() -> frozenset[str]:
    """Keywords, keys and called names beside which a single word can name a package."""
    return frozenset(table("calls")["texts"]["roles"])


@cache
def _endings() -> frozenset[str]:
    return frozenset(table("calls")["texts"]["endings"])
