"""What an image starts: its Python, the scripts behind its start command, and what reads them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.contents.image import EXECUTABLE, ImageFiles
from jettison.images.config import Config
from jettison.images.entry import Kind

PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)(?P<minor>3(?:\.\d+)?)?")
SHELL = re.compile(r"#!\s*\S*(?:/|\s)(?:ba|da|a|k|z)?sh\b")
WORD = re.compile(r"[\w./+-]+")
# What a shell reads, executable or not.
READ_BY_SHELL = re.compile(
    r"(?:^|[\s;&|(])(?:\.|source|(?:/\S+/)?(?:ba|da|a|k|z)?sh)\s+(?:-\w+\s+)*([\w./-]+)"
)
SHEBANG = re.compile(r"#!\s*(?P<program>\S+)(?:\s+(?:-S\s+)?(?P<word>\S+))?")
OF_DISTRIBUTIONS = re.compile(r"/(?:site|dist)-packages/")
SOURCES = (".py", ".sh")
# No kernel reads more of a first line.
LONGEST = 256


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
    for path in (*_named(image, words), *_on_path(image, ("python3", "python"))):
        program = _program(image, path)
        if program and PYTHON.fullmatch(program):
            return Python(path=path, program=program)
    return None


def _named(image: ImageFiles, words: tuple[str, ...]) -> Iterator[str]:
    """Give what the words of the start command run, and what interprets those scripts."""
    for word in words:
        if word.startswith("-"):
            continue
        for path in [word] if word.startswith("/") else _on_path(image, (word,)):
            yield path
            script = SHEBANG.match(image.text(_program(image, path)))
            if script and script["program"].endswith("/env"):
                yield from _on_path(image, (script["word"] or "",))
            elif script:
                yield script["program"]


def _on_path(image: ImageFiles, names: tuple[str, ...]) -> Iterator[str]:
    for folder in image.config.env.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":"):
        for name in names:
            path = posixpath.join(folder, name)
            if name and _program(image, path):
                yield path


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
    pending = list(words)
    read = set(READ_BY_SHELL.findall(" ".join(pending)))
    while pending:
        word = pending.pop()
        places = [posixpath.normpath(posixpath.join("/", image.config.working_directory, word))]
        places += [] if "/" in word else _on_path(image, (word,))
        if "/" in word and places[0] not in image.files:
            places += named.get(posixpath.basename(word), [])
        for path in map(posixpath.normpath, places):
            text = image.text(_program(image, path, executable=word not in read))
            if path not in found and text and (word in read or SHELL.match(text)):
                found[path] = text
                read.update(READ_BY_SHELL.findall(text))
                pending += WORD.findall(text)
    return found


def _shell_scripts(image: ImageFiles) -> Mapping[str, list[str]]:
    """Give the paths of scripts of a shell by their names."""
    found: dict[str, list[str]] = {}
    for path, file in image.files.items():
        if (file.text or b"").startswith(b"#!") and SHELL.match(image.text(path)):
            found.setdefault(posixpath.basename(path), []).append(path)
    return found


def interpreters_of(image: ImageFiles, python: Python | None) -> Mapping[str, str]:
    """Give the programs that interpret scripts of no package, by name or path, each with one.

    A script among the modules of distributions counts where the name of it is in a source.
    """
    found = {python.path: "the start command"} if python else {}
    scripts = {
        path: file.text
        for path, file in image.files.items()
        if file.text
        and file.text.startswith(b"#!")
        and file.mode & EXECUTABLE
        and path not in image.system.owners
    }
    brought = {path for path in scripts if OF_DISTRIBUTIONS.search(path)}
    called = _mentioned(image, {posixpath.basename(path) for path in brought})
    for path, text in scripts.items():
        if path in brought and posixpath.basename(path) not in called:
            continue
        script = SHEBANG.match(text[:LONGEST].decode("utf-8", "replace"))
        for program in (script["program"], script["word"]) if script else ():
            if program and not program.startswith("-"):
                found.setdefault(program, path)
    return found


def _mentioned(image: ImageFiles, names: Iterable[str]) -> frozenset[str]:
    """Give those of the names that another source in the image holds as a part of a path."""
    words = [name.encode() for name in sorted(names)]
    found = re.compile(rb"(?<![\w.-])(?:%b)(?![\w.-])" % b"|".join(map(re.escape, words))).findall
    return frozenset(
        word.decode()
        for path, file in image.files.items()
        if file.text and path.endswith(SOURCES)
        # a search for many words at once is slow, and few texts hold any
        if any(word in file.text for word in words)
        for word in found(file.text)
        if word.decode() != posixpath.basename(path)
    )
