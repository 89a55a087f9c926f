"""What an image starts: its Python, the scripts behind its start command, and what reads them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from operator import itemgetter

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Launchers
from jettison.contents.image_files import EXECUTABLE, SHEBANG, ImageFiles
from jettison.formats import names_shell
from jettison.images.config import Config
from jettison.images.entry import Kind
from jettison.values import by_key, once_each

PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)(?P<minor>3(?:\.\d+)?)?")
WORD = re.compile(r"[\w./+-]+")
# What a shell reads, executable or not.
READ_BY_SHELL = re.compile(
    r"(?:^|[\s;&|(])(?:\.|source|(?:/[\w./-]{1,99}/)?(?:ba|da|a|k|z)?sh)\s+(?:-\w+\s+)*([\w./-]+)"
)
# Variables that name the environment of a project.
NAMED = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
OF_DISTRIBUTIONS = re.compile(r"/(?:site|dist)-packages/")
# Git runs none of these (git-scm.com, githooks).
HOOK_SAMPLE = re.compile(r"/hooks/[^/]+\.sample$")
SOURCES = (".py", ".sh")
NAME = re.compile(rb"[\w.-]+")
# No kernel reads more of a first line.
LONGEST = 256
# Of more scripts among distributions, each counts as called.
MOST_NAMES = 300


class Python(Struct, frozen=True, kw_only=True):
    """An interpreter: the path that the image names, and the program that its links lead to."""

    path: str
    program: str

    @property
    def prefix(self) -> str:
        """The folder of its environment."""
        return posixpath.dirname(posixpath.dirname(self.path))


def python_of(image: ImageFiles, words: tuple[str, ...]) -> Python | None:
    """Find the interpreter that the start command runs, or the first one on the PATH."""
    on_path = _on_path(image, ("python3", "python"))
    for path in (*_activated(image, words), *_named(image, words), *on_path):
        program = _program(image, path)
        if program and PYTHON.fullmatch(program):
            return Python(path=path, program=program)
    return None


def _activated(image: ImageFiles, words: tuple[str, ...]) -> Iterator[str]:
    """Give the interpreters of environments that a tool such as `uv run` looks in for a program.

    Those come first in which the image's variables or the project's folder have it.
    """
    scripts = (WORD.findall(text) for text in scripts_of(image, words).values())
    called = [*words, *(word for script in scripts for word in script)]
    runs = {one for one, then in pairwise(called) if then == "run"}
    if not runs.intersection(table(Launchers).runners):
        return
    folder = image.config.working_directory or "/"
    variables = image.config.env
    named = [posixpath.join(folder, variables[one]) for one in NAMED if one in variables]
    found = [posixpath.dirname(path) for path in image.files if path.endswith("/pyvenv.cfg")]
    inside = posixpath.join(folder, "")
    found.sort(key=lambda one: (one not in named, not one.startswith(inside), one))
    for environment in found:
        if any(f"{environment}/bin/{word}" in image.files for word in called):
            yield f"{environment}/bin/python"


def _named(image: ImageFiles, words: tuple[str, ...]) -> Iterator[str]:
    """Give what the words of the start command run, and what interprets those scripts.

    What interprets a script of a package, such as one that supervises others, runs that alone.
    """
    for word in words:
        if word.startswith("-"):
            continue
        for path in [word] if word.startswith("/") else _on_path(image, (word,)):
            yield path
            program = _program(image, path)
            own = program not in image.system.owners
            script = SHEBANG.match(image.text(program)) if own else None
            if script and script["program"].endswith("/env"):
                yield from _on_path(image, (script["word"] or "",))
            elif script:
                yield script["program"]


def _on_path(image: ImageFiles, names: tuple[str, ...]) -> Iterator[str]:
    """Give the programs of some names in the order of the PATH, each folder by its first name."""
    found = (one for name in names for one in image.on_path.get(name, ()))
    for _, *paths in sorted(found, key=itemgetter(0)):
        yield from [path for path in paths if _program(image, path)][:1]


def _program(image: ImageFiles, path: str, *, executable: bool = True) -> str:
    """Give the program that a path leads to; empty when there is none."""
    *_, last = image.system.chain(path)
    file = image.files.get(last)
    found = file and file.kind is Kind.FILE and (not executable or file.mode & EXECUTABLE)
    return last if found else ""


def started_words(config: Config) -> tuple[str, ...]:
    """Give the words of whatever an image starts by itself."""
    check = config.health_check.test[1:] if config.health_check else ()
    words = (*config.entrypoint, *config.command, *check)
    return tuple(part for word in words for part in word.split())


def scripts_of(image: ImageFiles, words: Iterable[str]) -> Mapping[str, str]:
    """Give the scripts of a shell that words name, with those that they name in turn.

    Of a path that is computed, or relative to another folder, the last part names every script.
    """
    found: dict[str, str] = {}
    named = _shell_scripts(image)
    pending = list(dict.fromkeys(words))
    seen, searched = set(pending), set[tuple[str, bool]]()
    read = set(READ_BY_SHELL.findall(" ".join(pending)))
    while pending:
        word = pending.pop()
        places = [posixpath.normpath(posixpath.join("/", image.config.working_directory, word))]
        places += [] if "/" in word else _on_path(image, (word,))
        name = posixpath.basename(word)
        if "/" in word and places[0] not in image.files and (name, word in read) not in searched:
            searched.add((name, word in read))
            places += named.get(name, [])
        for path in map(posixpath.normpath, places):
            program = _program(image, path, executable=word not in read)
            text = image.text(program) if path not in found else ""
            if text and (word in read or names_shell(text)):
                found[path] = text
                known = [one for one in dict.fromkeys(WORD.findall(text)) if one not in seen]
                again = [one for one in READ_BY_SHELL.findall(text) if one not in read]
                seen.update(known)
                read.update(again)
                pending += [*known, *again]
    return found


@once_each
def _shell_scripts(image: ImageFiles) -> Mapping[str, list[str]]:
    """Give the paths of scripts of a shell by their names."""
    return by_key(
        (posixpath.basename(path), path)
        for path, file in image.files.items()
        if file.is_script and names_shell(image.text(path))
    )


def interpreters_of(image: ImageFiles, python: Python | None) -> Mapping[str, str]:
    """Give the programs that interpret scripts of no package, by name or path, each with one.

    A script among the modules of distributions counts where the name of it is in a source.
    """
    found = {python.path: "the start command"} if python else {}
    scripts = [
        path
        for path, file in image.files.items()
        if file.mode & EXECUTABLE and file.is_script and path not in image.system.owners
        if not HOOK_SAMPLE.search(path)
    ]
    brought = {path for path in scripts if OF_DISTRIBUTIONS.search(path)}
    called = _mentioned(image, {posixpath.basename(path) for path in brought})
    for path in scripts:
        if path in brought and posixpath.basename(path) not in called:
            continue
        script = SHEBANG.match(image.text(path)[:LONGEST])
        for program in (script["program"], script["word"]) if script else ():
            if program and not program.startswith("-"):
                found.setdefault(program, path)
    return found


def _mentioned(image: ImageFiles, names: Iterable[str]) -> frozenset[str]:
    """Give those of the names that another source in the image holds as a part of a path."""
    words = {name.encode("utf-8", "surrogateescape"): name for name in names}
    if len(words) > MOST_NAMES:
        return frozenset(words.values())
    odd = (name for word, name in words.items() if not NAME.fullmatch(word))
    return frozenset(odd).union(
        words[word]
        for path, file in image.files.items()
        if path.endswith(SOURCES) and (text := file.text)
        # most texts hold none
        if any(word in text for word in words)
        for word in words.keys() & set(NAME.findall(text))
        if words[word] != posixpath.basename(path)
    )
