"""Modes as ``chmod`` reads them: octal, or changes such as ``u+rwX,go-w``."""

from __future__ import annotations

import re

_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
_ACTION = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}
_OCTAL = re.compile(r"[0-7]{1,4}")


def changed_mode(text: str, mode: int, *, directory: bool) -> int | None:
    """Return what a mode becomes; None for a text that is no mode.

    Without letters for whom, all are meant, as with the umask 0 that matters to no image.
    """
    if _OCTAL.fullmatch(text):
        return int(text, 8)
    for clause in text.split(","):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            return None
        whom = set(match[1] or "a")
        classes = "ugo" if "a" in whom else "".join(sorted(whom))
        for action in _ACTION.finditer(match[2]):
            mode = _applied(mode, classes, action[1], action[2], directory=directory)
    return mode


def _applied(mode: int, classes: str, sign: str, letters: str, *, directory: bool) -> int:
    for name in classes:
        shift = _SHIFTS[name]
        bits = _bits(mode, letters, directory=directory) << shift
        special = _special(name, letters)
        if sign == "=":
            mode = mode & ~(7 << shift) | bits | special
        else:
            mode = mode | bits | special if sign == "+" else mode & ~(bits | special)
    return mode


def _bits(mode: int, letters: str, *, directory: bool) -> int:
    if letters in _SHIFTS:
        return mode >> _SHIFTS[letters] & 7
    bits = sum(_BITS.get(letter, 0) for letter in set(letters) - {"X"})
    if "X" in letters and (directory or mode & 0o111):
        bits |= 1
    return bits


def _special(name: str, letters: str) -> int:
    special = 0
    if "s" in letters:
        special |= {"u": 0o4000, "g": 0o2000, "o": 0}[name]
    return special | 0o1000 if "t" in letters and name == "o" else special
