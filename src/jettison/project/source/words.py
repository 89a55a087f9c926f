"""Words of a vocabulary in source text, and what methods are given, found without parsing.

A method called on an object cannot be followed to its class by reading; that its name is nowhere
written can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from jettison.values import Origin

LITERAL = re.compile(
    r"(?:service_name\s*=\s*|serviceName\s*=\s*)?[\"'](?P<text>[\w.-]+)[\"']\s*(?=[,)])"
)


def words_in(text: str, vocabulary: Collection[str], file: str) -> Mapping[str, Origin]:
    """Give the first place of each word that stands in a text, comments included."""
    if not vocabulary:
        return {}
    form = "|".join(re.escape(word) for word in sorted(vocabulary, key=len, reverse=True))
    found: dict[str, Origin] = {}
    for match in re.finditer(rf"(?<!\w)(?:{form})(?!\w)", text):
        line = text.count("\n", 0, match.start()) + 1
        found.setdefault(match[0], Origin(file=file, line=line))
    return found


def first_arguments(text: str, methods: Collection[str]) -> frozenset[str]:
    """Give the literal first arguments of calls of these names; empty text for a computed one.

    A call without arguments says nothing.
    """
    form = "|".join(re.escape(name) for name in methods)
    found: set[str] = set()
    for match in re.finditer(rf"(?<!\w)(?<!def )(?:{form})\(\s*(?=[^)\s])", text):
        given = LITERAL.match(text, match.end())
        found.add(given["text"] if given else "")
    return frozenset(found)
