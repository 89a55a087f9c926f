"""The words with which a build stage calls pip again, as the commands of the stage have them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import PipInstall
from jettison.formats.dockerfile import raw_pairs
from jettison.formats.shell.words import Word
from jettison.lift.action import Action
from jettison.lift.declared import LINKS
from jettison.lift.own_project import local_words
from jettison.lift.stage import FinalStage

# The cache of pip is a mount in the build stage.
UNCACHED = ("--no-cache-dir", "--no-cache")
EDITABLE = ("-e", "--editable")
_VARIABLE = re.compile(r"\$\{?(\w+)")


def repeated(
    stage: FinalStage, action: Action, paths: Mapping[str, str], wheels: Mapping[str, str]
) -> tuple[str, ...]:
    """Give the words behind ``pip install``, without folders of the project; empty for no more.

    ``paths`` are those of lists in the stage, with what they are called in the context, and
    ``wheels`` patterns of wheels with what they are called in the build stage.
    """
    fact = action.fact
    if not isinstance(fact, PipInstall):
        return ()
    own = local_words(fact)
    words = tuple(word for word in fact.requirements if word.text not in own)
    if not words and not fact.requirement_files:
        return ()
    return tuple(_words(stage, action, own, paths, wheels))


def _words(
    stage: FinalStage,
    action: Action,
    own: tuple[str, ...],
    paths: Mapping[str, str],
    wheels: Mapping[str, str],
) -> Iterator[str]:
    tokens = action.command.tokens
    start = next(n for n, token in enumerate(tokens) if token.text == "install")
    before = ""
    for token in tokens[start + 1 :]:
        option, before = before, token.text
        if token.text in (*UNCACHED, *EDITABLE, *own) or option in EDITABLE:
            continue
        if option in LINKS and "://" not in token.text:
            yield shlex.quote(stage.absolute(token.text, action.instruction))
            continue
        yield _renamed(token, paths) or wheels.get(token.text) or _written(token)


def _written(token: Word) -> str:
    """A word as it is written; variables keep their meaning in it."""
    return token.raw if token.raw.strip("\"'") == token.text else shlex.quote(token.text)


def _renamed(token: Word, paths: Mapping[str, str]) -> str:
    """The word with another path of a list, alone or joined to its option; empty for others."""
    if token.text in paths:
        return shlex.quote(paths[token.text])
    for path, name in paths.items():
        if token.text.startswith("-") and token.text.endswith(path):
            return shlex.quote(f"{token.text.removesuffix(path)}{name}")
    return ""


def is_repeatable(stage: FinalStage, word: Word) -> bool:
    """Whether all that a word is known by while building are variables that the stage sets."""
    items = (item for item in stage.instructions if item.keyword in ("ARG", "ENV"))
    known = {name for item in items for name, _ in raw_pairs(item)}
    plain = not re.search(r"`|\$\(|\$\{\w+[^\w}]", word.raw) and word.raw.count("$") > 0
    return word.literal or (plain and set(_VARIABLE.findall(word.raw)) <= known)


def seeds(stage: FinalStage) -> tuple[str, ...]:
    """The installers that the image of an old Python has, and an environment of it has not."""
    return table(Tools).pip.seeds.get(stage.python or "", ())
