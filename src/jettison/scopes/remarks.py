"""Signals from what a person wrote: comments, groups, file names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from jettison.catalogue.reader import table
from jettison.scopes.context import Context, toward_development, toward_runtime
from jettison.scopes.values import DeclaredRequirement, Signal, Weight


def collect(context: Context) -> Iterator[Signal]:
    """Read the words that stand with each declaration."""
    main = {each.name for each in context.inputs.declared if not any(_of_place(each))}
    for each in context.inputs.declared:
        # A list for development often repeats what the main one asks for.
        yield from () if each.name in main else _of_place(each)
        for text, origin in each.remarks:
            if keeps_in_production(text):
                message = f'a comment keeps it in production: "{text}"'
                yield toward_runtime(each.name, Weight.DECISIVE, "comment", message, origin)
            elif speaks_of_development(text):
                message = f'it stands under the comment "{text}"'
                yield toward_development(each.name, Weight.STRONG, "comment", message, origin)


def keeps_in_production(text: str) -> bool:
    """Whether a remark says that production needs what it stands with."""
    found = _pattern("keep").search(text)
    if found is None:
        return False
    if _pattern("leave").search(text):
        return _pattern("stay").search(text) is not None
    return _pattern("negation").search(found[0]) is None


def speaks_of_development(text: str) -> bool:
    """Whether a heading or remark is about development and not about production as well."""
    if _pattern("leave").search(text):
        return True
    if not _pattern("development").search(text):
        return False
    return not _pattern("production").search(text)


def _of_place(each: DeclaredRequirement) -> Iterator[Signal]:
    file = each.origin.file.rpartition("/")[2]
    if each.for_development or _pattern("name").search(each.group):
        where = f"in the group {each.group}" if each.group else "for development"
        message = f"it is declared {where}"
        yield toward_development(each.name, Weight.STRONG, "group", message, each.origin)
    elif not each.group and _pattern("name").search(file):
        message = f"it is declared in {file}"
        yield toward_development(each.name, Weight.STRONG, "file", message, each.origin)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    entry = table("remarks")[name]
    pattern: str = entry["pattern"]
    return re.compile(pattern.replace("WORDS", "|".join(entry["words"])), re.IGNORECASE)
