"""Answers to questions about an image: why something is in it, and which bases were considered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from jettison.plan.base import BaseCandidate, BaseChoice, ImageFacts
from jettison.report import fitted, table
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


def base_title(choice: BaseChoice) -> str:
    """Name the base image, and the one that replaces it."""
    change = f" -> {choice.chosen}" if choice.chosen != choice.current else ""
    return f"Base image: {choice.current}{change}"


def base_table(choice: BaseChoice) -> str:
    """Give one line for each candidate: whether it works, its size, and the verdict."""
    title = base_title(choice)
    if not choice.candidates:
        return title
    rows = [
        (
            item.reference,
            item.works.value,
            human(item.predicted.bytes) if item.predicted else "-",
            "chosen" if item.accepted else "rejected",
            item.verdict,
        )
        for item in choice.candidates
    ]
    header = ("candidate", "works", "image", "verdict", "why")
    return "\n".join([title, table(header, rows, right=(2,))])


def base_text(choice: BaseChoice) -> str:
    """Give the table, and below it each candidate with its facts and all evidence."""
    parts = [base_table(choice), *("\n".join(_candidate(item)) for item in choice.candidates)]
    return fitted("\n\n".join(parts)) + "\n"


def _candidate(item: BaseCandidate) -> Iterator[str]:
    yield f"{item.reference}: {'chosen' if item.accepted else 'rejected'}; {item.verdict}"
    for line in _facts(item.facts):
        yield f"  {line}"
    yield f"  base {sized(item.size)}, image {sized(item.predicted)}"
    if item.adds:
        yield f"  to install on it: {', '.join(item.adds)}"
    if item.source_builds:
        yield f"  built from source: {', '.join(item.source_builds)}"
    yield f"  works: {item.works.value}"
    yield from (f"    - {each}" for each in item.evidence)


def _facts(facts: ImageFacts) -> Iterator[str]:
    target = facts.target
    libc = f"{target.libc} {target.libc_version}, {target.architecture}" if target else ""
    python = f"Python {facts.python}" if facts.python else ""
    yield ", ".join(each for each in (facts.distribution, libc, python) if each) or "not known"
    counted = [
        f"{facts.packages} packages" if facts.packages is not None else "",
        "" if facts.shell is None else ("a shell" if facts.shell else "no shell"),
        f"{facts.setuid} setuid files" if facts.setuid is not None else "",
    ]
    ends = [
        f"{name} until {day.isoformat()}"
        for name, day in (
            ("distribution supported", facts.distribution_ends),
            ("long-term", facts.long_term_ends),
            ("Python", facts.python_ends),
        )
        if day
    ]
    known = [each for each in (*counted, *ends) if each]
    if known:
        yield ", ".join(known)
    if facts.note:
        yield facts.note
