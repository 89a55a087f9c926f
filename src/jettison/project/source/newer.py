"""Syntax of newer Pythons in the words of older ones, line by line.

A project may be written for a newer Python than the one that runs Jettison. What its facts are read
from means the same without the new forms, so that one `except` does not cost a whole file.
"""

from __future__ import annotations

import re

# PEP 758, Python 3.14: `except A, B:`
_EXCEPT = re.compile(
    rb"^([ \t]*except\*?[ \t]+)([A-Za-z_][\w.]*(?:[ \t]*,[ \t]*[A-Za-z_][\w.]*)+)[ \t]*:", re.M
)
# PEP 695, Python 3.12: `type A = …`, `def f[T](…)`, `class C[T: Base[int]]:`
_TYPE = re.compile(rb"^([ \t]*)type[ \t]+(\w+)(?:\[[^\]\n]*\])?([ \t]*=)(?!=)", re.M)
_GENERIC = re.compile(
    rb"^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)"
    rb"\[(?:[^\[\]\n]|\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\])*\](?=[ \t]*[(:])",
    re.M,
)


def in_older_words(content: bytes) -> bytes:
    """Give the source without syntax that Python 3.12 and 3.14 brought; lines keep their numbers.

    What looks like it inside a text is changed as well, which names nothing else than before.
    """
    content = _EXCEPT.sub(rb"\1(\2):", content)
    content = _TYPE.sub(rb"\1\2\3", content)
    return _GENERIC.sub(rb"\1", content)
