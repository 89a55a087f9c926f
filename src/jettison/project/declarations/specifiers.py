"""Version constraints of poetry and Pipenv in the standard notation."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_VERSION = re.compile(r"^(?P<sign>\^|~)?\s*(?P<version>\d+(\.\d+)*)$")


def standard_specifier(written: str) -> SpecifierSet:
    """Translate ``^1.2``, ``~1.2`` and ``1.2``; one that cannot be translated allows everything.

    Alternatives (``||``) allow everything too.
    """
    parts = [part.strip() for part in written.split(",")]
    try:
        return SpecifierSet(",".join(_part(part) for part in parts if part not in ("", "*")))
    except InvalidSpecifier:
        return SpecifierSet()


def _part(part: str) -> str:
    found = _VERSION.match(part)
    if found is None:
        return f"=={part}" if re.fullmatch(r"\d+(\.\d+)*\.\*", part) else part
    sign, version = found["sign"], found["version"]
    if not sign:
        return f"=={version}"
    numbers = [int(number) for number in version.split(".")]
    index = _tilde(numbers) if sign == "~" else _caret(numbers)
    upper = ".".join(str(number) for number in [*numbers[:index], numbers[index] + 1])
    return f">={version},<{upper}"


def _caret(numbers: list[int]) -> int:
    """The first number that is not zero may not change; all zero: the last one."""
    return next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)


def _tilde(numbers: list[int]) -> int:
    return min(1, len(numbers) - 1)
