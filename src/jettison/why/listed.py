"""What the list of removals beside a Dockerfile says of a path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jettison.plan.plan import Plan
from jettison.removal.contents import OwnedFile
from jettison.removal.listed import Listed, listed_lines
from jettison.removal.listing import LIST
from jettison.removal.match import Matcher
from jettison.values import Evidence, Origin
from jettison.why.values import FileAnswer

KEPT = "kept, because it could not be shown unused"


def explain_listed(plan: Plan, path: str, files: Sequence[OwnedFile]) -> FileAnswer | None:
    """Explain a path below site-packages that a line of the list means; None: none does.

    ``files`` are those of the wheels that it is, or that lie below it.
    """
    name = plan.project.own(LIST)
    meant = Matcher.of((one.path, one) for one in listed_lines(plan.project.texts.get(name, "")))
    lines = {file.path: found[1] for file in files if (found := meant.find(file.path))}
    whole = meant.find(path) or meant.find(f"{path}/any")
    if whole and not files:
        lines = {path: whole[1]}
    owners = dict.fromkeys(plan.contents.label(file.distribution) for file in files)
    return _answer(path, ", ".join(owners), files, lines, name) if lines else None


def _answer(
    path: str, owner: str, files: Sequence[OwnedFile], lines: Mapping[str, Listed], name: str
) -> FileAnswer:
    gone = {one for one, line in lines.items() if line.leaves}
    told = list(dict.fromkeys(lines.values()))
    shown = [line for line in told if line.rule] or told
    reasons = dict.fromkeys(map(_reason, shown))
    whole = len(gone) == (len(files) or 1)
    return FileAnswer(
        path=path,
        owner=owner,
        files=len(files),
        bytes=sum(file.size for file in files),
        kept=(False if whole else None) if gone else True,
        removed_bytes=sum(file.size for file in files if file.path in gone),
        rule=", ".join(dict.fromkeys(line.rule for line in shown if line.rule)),
        reason="; ".join(reasons),
        line=", ".join(line.path for line in shown),
        evidence=tuple(
            Evidence(kind="list", message=line.path, origin=Origin(file=name, line=line.line))
            for line in shown
        ),
    )


def _reason(line: Listed) -> str:
    if line.file:
        return f"{line.reason}: another name of {line.file}"
    return line.reason if line.rule else f"{KEPT}: {line.reason}"
