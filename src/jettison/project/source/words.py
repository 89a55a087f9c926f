"""Words of a vocabulary in source text, found without parsing.

A method called on an object cannot be followed to its class by reading; that its name is nowhere
written can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from jettison.values import Origin


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
