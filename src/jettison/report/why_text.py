"""Answers to why something is in the image, and how they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from jettison.report import fitted
from jettison.values import Evidence, Origin, Size, human, sized


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


SHOWN = 12


def why_text(_question: str, answers: Iterable[Answer]) -> str:
    """Write each answer as a paragraph: the verdict first, then what it rests on."""
    return fitted("\n\n".join("\n".join(_lines(answer)) for answer in answers)) + "\n"


def _lines(answer: Answer) -> Iterator[str]:
    if isinstance(answer, DistributionAnswer):
        yield from _distribution(answer)
    elif isinstance(answer, FileAnswer):
        yield from _file(answer)
    else:
        yield from _line(answer)


def _distribution(answer: DistributionAnswer) -> Iterator[str]:
    yield f"{answer.name} {answer.version}".rstrip() + f": {answer.verdict}"
    if answer.origin:
        yield f"  declared    {answer.origin}, scope {answer.scope}"
    if len(answer.path) > 1:
        yield f"  brought by  {' -> '.join(answer.path)}"
    if answer.required_by:
        yield f"  needed by   {', '.join(answer.required_by)}"
    if answer.alone:
        together = (
            f", {sized(answer.together)} with its exclusive dependencies" if answer.together else ""
        )
        yield f"  size        {sized(answer.alone)}{together}"
    if answer.gone:
        yield f"  only it brings {', '.join(answer.gone)}"
    if answer.without:
        yield f"  without it  {answer.without}"
    for share in answer.rules:
        yield f"  removed     {sized(share.size)}: {share.reason} ({share.rule})"
    if answer.chain:
        yield "  imported by"
        yield from (f"    {step}" for step in answer.chain)
    if answer.evidence:
        yield "  evidence"
        yield from (f"    {item}" for item in answer.evidence[:SHOWN])


def _file(answer: FileAnswer) -> Iterator[str]:
    verdict = {True: "kept", False: "removed", None: "removed in part"}[answer.kept]
    yield f"{answer.path}: {verdict}"
    yield f"  owner   {answer.owner}"
    if answer.files:
        gone = f", {human(answer.removed_bytes)} of it removed" if answer.kept is None else ""
        yield f"  size    {human(answer.bytes)} in {answer.files} files{gone}"
    if answer.rule:
        yield f"  rule    {answer.rule}"
    yield f"  reason  {answer.reason}"
    if answer.line:
        yield f"  listed  {answer.line}"
    if answer.evidence:
        yield "  evidence"
        yield from (f"    {item}" for item in answer.evidence[:SHOWN])


def _line(answer: LineAnswer) -> Iterator[str]:
    size = f" [{sized(answer.size)}]" if answer.size else ""
    yield f"{answer.subject} ({answer.kind}): {answer.verdict}{size}"
    yield from (f"    {item}" for item in answer.evidence[:SHOWN])
