"""Results that are worked out once for each frozen value, and live as long as it does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

Value = TypeVar("Value")
Result = TypeVar("Result")


def once_each(function: Callable[[Value], Result]) -> Callable[[Value], Result]:
    """Keep the result of ``function`` in the value that it was asked about.

    As ``functools.cached_property`` does, for functions of a layer above the value's own. The value
    must never change, nor anything else that the function reads; it must have a ``__dict__``.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def kept(value: Value) -> Result:
        known = vars(value)
        if name not in known:
            known[name] = function(value)
        return cast("Result", known[name])

    return kept
