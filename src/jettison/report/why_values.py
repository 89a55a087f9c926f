"""Answers to one question, each about one subject."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jettison.values import Evidence, Origin, Size


class DistributionAnswer(Struct, frozen=True, kw_only=True):
    """A requirement, or a distribution that one brings.

    ``scope`` is empty for one that is not declared. ``path`` leads from a requirement of the
    project to it; ``chain`` from an entry point of the application to an import of it.
    ``required_by`` need it themselves, ``gone`` leave with it. ``rules`` say what of it leaves.
    """

    name: str
    version: str
    verdict: str
    scope: str = ""
    origin: Origin | None = None
    evidence: tuple[Evidence, ...] = ()
    chain: tuple[Evidence, ...] = ()
    path: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    alone: Size | None = None
    together: Size | None = None
    gone: tuple[str, ...] = ()
    without: str = ""
    rules: tuple[RuleShare, ...] = ()
    kind: Literal["distribution"] = "distribution"


class RuleShare(Struct, frozen=True, kw_only=True):
    """What one rule takes of a distribution."""

    rule: str
    reason: str
    size: Size


class FileAnswer(Struct, frozen=True, kw_only=True):
    """A file or folder of the Python environment.

    ``kept`` is None when only some of its files stay. ``line`` is the line of the list, or of the
    settings, that decides; ``bytes`` are those of the files themselves.
    """

    path: str
    owner: str
    files: int
    bytes: int
    kept: bool | None
    removed_bytes: int = 0
    rule: str = ""
    reason: str = ""
    line: str = ""
    evidence: tuple[Evidence, ...] = ()
    kind: Literal["file"] = "file"


class LineAnswer(Struct, frozen=True, kw_only=True):
    """Something that is decided as a whole: a system package, a line of the settings, a rule."""

    subject: str
    kind: str
    verdict: str
    evidence: tuple[Evidence, ...] = ()
    size: Size | None = None


Answer = DistributionAnswer | FileAnswer | LineAnswer
