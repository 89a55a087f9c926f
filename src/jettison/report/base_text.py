"""The base images that a plan considered, as text."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.plan.base import BaseCandidate, BaseChoice, ImageFacts
from jettison.report import fitted, table
from jettison.values import human, sized


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
