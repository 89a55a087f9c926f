"""The words with which a build stage calls pip again, as the commands of the stage have them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.commands import PipInstall
from jettison.formats.dockerfile import mounts, raw_pairs
from jettison.formats.dockerfile.run import with_script
from jettison.formats.shell import replacing_words
from jettison.formats.shell.words import Word
from jettison.lift.action import Action, ActionKind, LiftedRun, lifted_run
from jettison.lift.declared import LINKS
from jettison.lift.own_project import local_words
from jettison.lift.stage import FinalStage

# The cache of pip is a mount in the build stage.
UNCACHED = ("--no-cache-dir", "--no-cache")
EDITABLE = ("-e", "--editable")
# How pip is called, and what a condition asks with.
_PIPS = ("pip", "pip3", "python", "python3")
_ASKING = ("test", "[", "[[", "echo", "true", ":", "set")
_VARIABLE = re.compile(r"\$\{?(\w+)")


def is_conditional(run: LiftedRun) -> bool:
    """Whether a RUN only installs lists and names with pip, some of it under a condition."""
    plain = run.script.understood and not run.instruction.heredocs and not mounts(run.instruction)
    return plain and all(_is_plain(action) for action in run.actions)


def _is_plain(action: Action) -> bool:
    command, fact = action.command, action.fact
    if command.pipeline is not None or command.redirects or command.assignments:
        return False
    if not isinstance(fact, PipInstall):
        return action.kind is ActionKind.SETTING and command.name in _ASKING
    placed = fact.editable or fact.options.has(*LINKS, "--target", "-t", "--user")
    local = placed or any(re.search(r"^[./]|[/*].*(?<!://)$", w.text) for w in fact.requirements)
    return not local and command.name in _PIPS


def repeated(
    stage: FinalStage, action: Action, paths: Mapping[str, str], wheels: Mapping[str, str]
) -> tuple[str, ...] | str:
    """Give the words behind ``pip install``, without folders of the project; empty for no more.

    A RUN with a condition is given as it is, for its first installation. ``paths`` are those of
    lists in the stage, with what they are called in the context, and ``wheels`` patterns of wheels
    with what they are called in the build stage.
    """
    fact = action.fact
    if not isinstance(fact, PipInstall):
        return ()
    run = lifted_run(action.instruction)
    if not run.gives(action):
        first = next(each for each in run.actions if isinstance(each.fact, PipInstall))
        return _whole(run, paths) if action is first else ()
    own = local_words(fact)
    words = tuple(word for word in fact.requirements if word.text not in own)
    if not words and not fact.requirement_files:
        return ()
    return tuple(_words(stage, action, own, paths, wheels))


def _whole(run: LiftedRun, paths: Mapping[str, str]) -> str:
    """The text of a RUN with the lists as they are called in the context."""
    tokens = (
        token
        for action in run.actions
        if isinstance(action.fact, PipInstall)
        for token in action.command.tokens
    )
    texts = {token: named for token in tokens if (named := _renamed(token, paths))}
    return with_script(run.instruction, replacing_words(run.script, texts))


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
