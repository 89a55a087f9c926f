"""What starts in an environment that a lock made, and whether its tool is needed for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from jettison.catalogue.reader import table
from jettison.lift.action import ActionKind
from jettison.lift.invocation import Invocation
from jettison.lift.stage import FinalStage
from jettison.values import Evidence

MODULE = ("-m", "--module")


def starts(
    tool: str, stage: FinalStage, named: Collection[str]
) -> Iterator[tuple[Invocation, tuple[str, ...]]]:
    """CMD and ENTRYPOINT that begin with the tool, each with the words that do without it."""
    for each in (stage.entrypoint, stage.command):
        words = direct(tool, each.words or (), named) if each else ()
        if each and words:
            yield each, words


def direct(tool: str, words: Sequence[str], named: Collection[str] = ()) -> tuple[str, ...]:
    """What ``TOOL run`` starts in an environment that is on PATH; empty when that is not plain.

    ``named`` are commands that only the tool knows.
    """
    if tuple(words[:2]) != (tool, "run"):
        return ()
    rest = list(words[2:])
    while rest and rest[0] in table("locked_tools")[tool]["run"]:
        del rest[0]
    if not rest or rest[0] in named:
        return ()
    if rest[0].startswith("-") and rest[0] != "--" and not (tool == "uv" and rest[0] in MODULE):
        return ()
    if rest[0] in MODULE:
        return ("python", "-m", *rest[1:])
    rest = rest[1:] if rest[0] == "--" else rest
    script = tool == "uv" and rest[:1] and rest[0].endswith(".py")
    return ("python", *rest) if script else tuple(rest)


def called(tool: str, stage: FinalStage, plain: Collection[Invocation]) -> Evidence | None:
    """Where a start command, a health check or a step that stays calls the tool.

    ``plain`` are the start commands that do without it.
    """
    invocations = (stage.command, stage.entrypoint)
    texts = [
        (each.instruction.text, each.origin)
        for each in invocations
        if each and not any(each is other for other in plain)
    ]
    texts += [(i.text, i.origin) for i in stage.inherited if i.keyword == "HEALTHCHECK"]
    steps = (a for a in stage.actions if a.kind not in (ActionKind.LOCKED, ActionKind.PYTHON))
    texts += [(action.text, action.origin) for action in steps]
    calls = "|".join(table("locked_tools")[tool]["calls"])
    pattern = re.compile(rf"\b{tool}x\b|\b{tool}\s+(?:-\S+\s+)*(?:{calls})\b")
    for text, origin in texts:
        if pattern.search(_spaced(text)):
            message = f"`{' '.join(text.split())[:60]}` calls it"
            return Evidence(kind="command", message=message, origin=origin)
    return None


def _spaced(text: str) -> str:
    """The words of an exec form with spaces between them."""
    return re.sub(r'["\',\[\]]+', " ", text)
