"""Commands of a script that may run a program which no text names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from itertools import dropwhile, pairwise

from jettison.formats.shell.words import SHELLS, Command, Script, Word
from jettison.values import replace

# What they run lies in files, or is a text of its own.
_ANYTHING = frozenset(
    {
        "run-parts", "make", "service", "invoke-rc.d", "start-stop-daemon", "init", "cron",
        "crond", "s6-svscan", "runsvdir", "runit", "at", "batch", "parallel",
    }
)  # fmt: skip
# What they run lies in the file of this option, or where they look without it.
_CONFIGURED = {"supervisord": ("-c", "--configuration")}
_EVALUATING = "eval"
_STARTING = SHELLS | {"su", "runuser", "script", "watch"}
_SOURCING = frozenset({".", "source"})
# Sets PATH and the prompt alone.
_ACTIVATE = "activate"
_TEXT = re.compile(r"-\w*c")
# They run the words behind them, some behind a word of their own.
_FORWARDING = {
    **dict.fromkeys(
        (
            "exec", "env", "xargs", "sudo", "doas", "setpriv", "nohup", "time", "nice", "ionice",
            "command", "builtin", "tini", "dumb-init", "setsid", "stdbuf", "unshare", "trap",
        ),
        0,
    ),
    **dict.fromkeys(("gosu", "su-exec", "chroot", "timeout", "flock"), 1),
}  # fmt: skip
_OWN = re.compile(r"-.*|\w+=.*")
_FOUND = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_VARIABLE = re.compile(r"\$(?:\{[!#]?)?([A-Za-z_]\w*|[@*\d])")
_WHOLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
_POSITIONAL = re.compile(r"[@*\d]")
_ARGUMENTS = re.compile(r"\$\{?[@*\d]")
_SUBSTITUTION = re.compile(r"`|\$\(")
# What these print is a path, or a part of it, that they were given.
_TELLING = frozenset(
    {"which", "command", "type", "dirname", "basename", "readlink", "realpath", "pwd", "cd", "echo"}
)
_SCRIPT = ".sh"
FUNCTION = re.compile(r"^[ \t]*(?:function[ \t]+)?([\w-]+)[ \t]*\(\)", re.MULTILINE)
# Of a command that is shown.
_SHOWN = 60
# Nobody writes more of them in one command.
_MOST_FORWARDING = 20


def computed_command(script: Script, known: Collection[str], files: Collection[str]) -> str:
    """Show the first command of a script that runs what its text does not name; empty without one.

    ``known`` are variables whose values the caller reads as texts, as those of an image, ``files``
    the names of the scripts and of the lists of programs that it reads: what others do, which may
    be mounted, is not known. The arguments of a script are texts of whoever starts it.
    """
    if not script.understood:
        return _shown(script.text)
    named = _Named(script, known, files)
    return next((_shown(one.raw) for one in script.programs if named.is_computed(one)), "")


def _shown(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")[:_SHOWN]


class _Named:
    """What the text of a script says of its variables and commands."""

    def __init__(self, script: Script, known: Collection[str], files: Collection[str]) -> None:
        self._files = files
        self._functions = frozenset(FUNCTION.findall(script.text))
        self._runs_arguments = any(
            _ARGUMENTS.match(word.text)
            for one in script.programs
            if one.nested
            for word in one.tokens[: None if one.name in {_EVALUATING, *_FORWARDING} else 1]
        )
        self._variables = set(known)
        self._values: dict[str, list[Word]] = {}
        self._learn(script)

    def _learn(self, script: Script) -> None:
        """Keep what variables are assigned; add those that are only ever assigned known texts."""
        needs: dict[str, set[str]] = {}
        for command in script.commands:
            for name, word in command.assignments:
                self._values.setdefault(name, []).append(word)
                found = _variables_in(word) if _is_written(word, command) else {""}
                needs.setdefault(name, set()).update(found - {name})
        users: dict[str, list[str]] = {}
        for name, others in needs.items():
            others.difference_update(self._variables)
            for other in others:
                users.setdefault(other, []).append(name)
        told = [name for name, others in needs.items() if not others]
        while told:
            name = told.pop()
            self._variables.add(name)
            for user in users.get(name, ()):
                needs[user].discard(name)
                told += [] if needs[user] else [user]

    def is_computed(self, command: Command, depth: int = 0) -> bool:
        """Whether a command may run what no text names."""
        first, *others = command.tokens
        # the text of a trap begins with its program
        program = (first.text.split() or [""])[0]
        name = posixpath.basename(program)
        if not self._tells(replace(first, text=program), command) or name in _ANYTHING:
            return True
        if name in _SOURCING or name in _CONFIGURED or name.endswith(_SCRIPT):
            read = others[:1] if name in _SOURCING else [first]
            options = _CONFIGURED.get(name, ())
            given = [two for one, two in pairwise(others) if one.text in options]
            return not all(map(self._is_read, given or read))
        if name in _STARTING:
            return self._starts_anything(command, others)
        if name in _FORWARDING:
            behind = list(dropwhile(_is_own, others))[_FORWARDING[name] :]
            inner = dropwhile(_is_own, behind)
            forwarded = replace(command, tokens=tuple(inner))
            deep = depth > _MOST_FORWARDING
            return bool(forwarded.tokens) and (deep or self.is_computed(forwarded, depth + 1))
        if name == _EVALUATING or (name in self._functions and self._runs_arguments):
            return not all(self._tells(one, command) for one in others)
        run = (two for one, two in pairwise(others) if one.text in _FOUND)
        return not all(self._tells(one, command) for one in run)

    def _starts_anything(self, command: Command, words: list[Word]) -> bool:
        """Whether a shell reads what is typed, a file that is not known, or a computed text."""
        if any(_TEXT.fullmatch(one.text) for one in words):
            return not all(self._tells(one, command) for one in words)
        scripts = [one for one in words if not one.text.startswith("-")]
        return not (scripts and self._is_read(scripts[0]))

    def _is_read(self, word: Word) -> bool:
        variable = _WHOLE.fullmatch(word.text)
        values = self._values.get(variable[1] or variable[2], [word]) if variable else [word]
        names = {posixpath.basename(value.text) for value in values}
        return names <= {_ACTIVATE, *self._files}

    def _tells(self, word: Word, command: Command) -> bool:
        """Whether all that a word can be is written somewhere."""
        return _is_written(word, command) and _variables_in(word) <= self._variables


def _is_own(word: Word) -> bool:
    return _OWN.fullmatch(word.text) is not None


def _is_written(word: Word, command: Command) -> bool:
    """Whether what a word substitutes, if anything, prints what it was given."""
    inner = command.substitutions if _SUBSTITUTION.search(word.text) else ()
    return all(posixpath.basename(one.name) in _TELLING for one in inner)


def _variables_in(word: Word) -> set[str]:
    return {name for name in _VARIABLE.findall(word.text) if not _POSITIONAL.match(name)}
