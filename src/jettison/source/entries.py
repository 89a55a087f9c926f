"""Where a program starts: entry points out of the words of commands and of settings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Implied, Launchers, Prefix
from jettison.ecosystems.commands.invocation import ASSIGNMENT, PYTHON_VALUES
from jettison.source import dotted
from jettison.source.vocabulary import SourceIndex
from jettison.values import Origin, outwards

_OBJECT = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_][\w.]*)(\(.*\))?\Z")
_MODULE = re.compile(r"[A-Za-z_][\w.]*\Z")
_JOINED = re.compile(r"-[bBdEiIOPqsSuvx]+[mc]\Z")
# Programs that wait for any number of hosts and then start what stands behind ``--``.
_WAITING = ("wait-for", "wait_for", "waitforit", "dockerize")


class Entry(Struct, frozen=True, kw_only=True):
    """A module that production starts with.

    ``file`` is the module's path. ``script`` says that it runs as ``__main__``; ``why`` quotes
    what names it.
    """

    file: str
    why: str
    origin: Origin
    script: bool = False


def entries_of_command(
    words: Sequence[str],
    origin: Origin,
    index: SourceIndex,
    *,
    environment: Mapping[str, str] | None = None,
) -> tuple[Entry, ...]:
    """Entries that one simple command starts; empty when it starts no Python of the project.

    Variables of ``environment`` are put in where a word is ``$NAME`` or ``${NAME}``.
    """
    expanded = [_expand(word, environment or {}) for word in words]
    words = _without_prefixes(expanded)
    if not words:
        return ()
    roots = tuple(dict.fromkeys(("", *_told(words), *index.roots)))
    return tuple(dict.fromkeys(_entries(words, _Place(index, roots, origin), environment)))


_SETTINGS = "DJANGO_SETTINGS_MODULE"
_SETS_SETTINGS = re.compile(rf"{_SETTINGS}[\"'](?:\s*,|\]\s*=)\s*[\"']")
_HOLDS_SETTINGS = re.compile(r"^(?:INSTALLED_APPS\b|from\s+\S+\s+import\s+\*)", re.MULTILINE)


def django_settings(texts: Mapping[str, str], files: Collection[str]) -> Mapping[str, str]:
    """Name the settings that a deployment of Django most likely chooses, where nothing else does.

    ``texts`` are those of the modules that production loads, by their paths, ``files`` all of the
    project. Gives a variable and its value, or nothing.
    """
    found = [
        path
        for path, text in texts.items()
        if "settings" in path and path.endswith(".py") and _HOLDS_SETTINGS.search(text)
    ]
    if not found or any(map(_SETS_SETTINGS.search, texts.values())):
        return {}
    path = min(found, key=lambda one: ("prod" not in one, "base" in one, len(one), one))
    root = next((one for one in outwards(path) if f"{one}/manage.py" in files), "")
    return {_SETTINGS: dotted(path[len(root) :].lstrip("/"))}


class Served(Struct, frozen=True, kw_only=True):
    """Words that serve an object of the source, behind ``python3``, in a folder of the project."""

    words: tuple[str, ...]
    folder: str


_MADE = re.compile(r"^(\w+)(?:\s*:[^=\n]+)?\s*=\s*(?:[\w.]+\.)?(\w+)\(", re.MULTILINE)
_FUNCTION = re.compile(
    r"^(?:async[ \t]+)?def[ \t]+(\w+)(.*?)(?=^[^\s)#]|\Z)", re.MULTILINE | re.DOTALL
)
_IMPORTED = re.compile(r"^(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
_MANAGE = "manage"
_USUAL = ("main", "app", "wsgi", "asgi", "server", "application", "api", "web", "run")


def likely_server(
    texts: Mapping[str, str], files: Collection[str], distributions: Collection[str], port: int
) -> Served | None:
    """Give how the application is most likely served on a port, where nothing starts it.

    ``texts`` are those of its modules by their paths, ``files`` all of the project, and
    ``distributions`` the names of what is installed.
    """
    factories = dict(_factories(texts.values()))
    made = {
        path: {factories.get(maker, maker): name for name, maker in _MADE.findall(text)}
        for path, text in texts.items()
    }
    paths = sorted(made, key=_likelihood)
    for server in table(Launchers).servers:
        if server.distribution not in distributions:
            continue
        for path in paths:
            name = next((made[path][one] for one in server.makers if one in made[path]), "")
            if not name:
                continue
            folder = _import_folder(path, texts[path], files)
            if server.words[0] != _MANAGE or _is_there(folder, _MANAGE, files):
                module = dotted(posixpath.relpath(path, folder or "."))
                filled = (word.format(module=module, name=name, port=port) for word in server.words)
                return Served(words=("-m", *filled), folder=folder)
    return None


def _factories(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give functions that make what a server runs, each with its maker."""
    known = {one for server in table(Launchers).servers for one in server.makers}
    called = re.compile(rf"\b({'|'.join(sorted(known))})\(")
    for text in texts:
        for name, body in _FUNCTION.findall(text) if called.search(text) else ():
            if found := called.search(body):
                yield name, found[1]


def _likelihood(path: str) -> tuple[int, int, str]:
    name = posixpath.basename(path).removesuffix(".py")
    usual = _USUAL.index(name) if name in _USUAL else len(_USUAL)
    return path.count("/"), usual, path


def _import_folder(path: str, text: str, files: Collection[str]) -> str:
    """Give the folder that imports of a file begin in: that of manage.py, or of what they name."""
    folders = ["", *reversed([*outwards(posixpath.dirname(path))])]
    for names in ([_MANAGE], _IMPORTED.findall(text)):
        for folder in folders:
            if any(_is_there(folder, name, files) for name in names):
                return folder
    return ""


def _is_there(folder: str, name: str, files: Collection[str]) -> bool:
    """Whether a module lies in a folder of the project, or a package with a file of its own."""
    path = posixpath.join(folder, *name.split("."))
    return f"{path}.py" in files or f"{path}/__init__.py" in files


# Options that put a folder on the module search path.
_FOLDERS = ("--chdir", "--app-dir", "--pythonpath", "--workdir")


def _told(words: Sequence[str]) -> Iterator[str]:
    """The folders that options name, absolute ones by every end that the project may have."""
    options = (word.partition("=") for word in words)
    values = zip(options, (*words[1:], ""), strict=True)
    for (option, equals, value), following in values:
        if option in _FOLDERS:
            parts = posixpath.normpath(value if equals else following).strip("/").split("/")
            yield from ("/".join(parts[start:]) for start in range(len(parts)))


class _Place(Struct, frozen=True):
    index: SourceIndex
    roots: tuple[str, ...]
    origin: Origin

    def module(self, name: str, why: str, *, script: bool = False) -> list[Entry]:
        file = self.index.find(name.rstrip("."), roots=self.roots)
        if file is not None and (script or file.endswith("/")):
            inner = self.index.find(f"{name}.__main__", roots=self.roots)
            file = inner if script and inner else file
        if file is None or file.endswith("/"):
            return []
        return [Entry(file=file, why=why, origin=self.origin, script=script)]

    def path(self, path: str, why: str) -> list[Entry]:
        """Find a file by its path, absolute in the image or not: the longest end that exists."""
        parts = path.removeprefix("./").strip("/").split("/")
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            for folder in self.roots:
                file = f"{folder}/{tail}" if folder else tail
                if file in self.index.modules:
                    return [Entry(file=file, why=why, origin=self.origin, script=True)]
        return []


def _entries(
    words: list[str], place: _Place, environment: Mapping[str, str] | None
) -> Iterator[Entry]:
    program = words[0].rpartition("/")[2]
    arguments = words[1:]
    if program.startswith(("python", "pypy")):
        yield from _python(arguments, place)
        return
    if words[0].endswith(".py"):
        yield from place.path(words[0], " ".join(words))
        return
    if program in table(Launchers).launchers:
        yield from _launched(program, arguments, place)
        yield from _implied(program, arguments, place, environment or {})
        return
    for word in arguments:
        match = _OBJECT.match(word)
        if match:
            yield from place.module(match[1], word)


def _python(arguments: Sequence[str], place: _Place) -> Iterator[Entry]:
    rest = [part for word in arguments for part in _apart(word)]
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
        takes_value = rest.pop(0) in PYTHON_VALUES
        if takes_value and rest:
            rest.pop(0)
    if not rest:
        return
    if rest[0] == "-m" and len(rest) > 1:
        module, tail = rest[1], rest[2:]
        yield from place.module(module, f"python -m {module}", script=True)
        yield from _entries([module, *tail], place, None)
    elif rest[0] == "-c" and len(rest) > 1:
        for name in re.findall(r"(?:from|import)\s+([A-Za-z_][\w.]*)", rest[1]):
            yield from place.module(name, f"python -c {name}")
    else:
        yield from place.path(rest[0], f"python {rest[0]}")


def _apart(word: str) -> tuple[str, ...]:
    """Options that are written as one, such as ``-um``, one by one."""
    return (f"-{word[1:-1]}", f"-{word[-1]}") if _JOINED.match(word) else (word,)


def _launched(program: str, arguments: Sequence[str], place: _Place) -> Iterator[Entry]:
    """Every argument of a server or worker that resolves to a module of the project."""
    for word in arguments:
        name = word.partition("=")[2] if word.startswith("-") and "=" in word else word
        why = f"{program} {word}"
        for each in name.split(","):
            text = each.removeprefix("python:")
            match = _OBJECT.match(text)
            if match:
                yield from place.module(match[1], why)
            elif text.endswith(".py"):
                yield from place.path(text, why)
            elif _MODULE.match(text):
                found = place.module(text, why)
                if not found and "." in text:
                    found = place.module(text.rpartition(".")[0], why)
                yield from found


def _implied(
    program: str, arguments: Sequence[str], place: _Place, environment: Mapping[str, str]
) -> Iterator[Entry]:
    """Find what a launcher loads without being told, such as ``gunicorn.conf.py``."""
    rules = table(Launchers).implied.get(program, Implied())
    for variable in rules.variables:
        value = environment.get(variable, "")
        module = value.partition(":")[0].partition("(")[0]
        if module.endswith(".py"):
            yield from place.path(module, f"{variable}={value}")
        elif module:
            yield from place.module(module, f"{variable}={value}")
    named = any(_OBJECT.match(word) or word.endswith(".py") for word in arguments)
    for path in rules.always:
        yield from place.path(path, f"{program} loads {path}")
    for path in () if named else rules.default:
        found = place.path(path, f"{program} loads {path} by default")
        yield from found
        if found:
            break


def _without_prefixes(words: Sequence[str]) -> list[str]:
    """Find the command behind ``exec``, ``env A=b``, ``poetry run``, ``tini --``, ``gosu user``."""
    prefixes = table(Launchers).prefixes
    rest = list(words)
    while rest:
        program = rest[0].rpartition("/")[2]
        if ASSIGNMENT.match(rest[0]):
            rest.pop(0)
        elif program in prefixes:
            rest = _after_prefix(rest, prefixes[program])
        elif program in table(Launchers).runners:
            if len(rest) < 2 or rest[1] != "run":  # noqa: PLR2004  # the word and its "run"
                return rest
            rest = _after_prefix(rest[1:], Prefix())
        else:
            return rest
    return rest


def _after_prefix(words: list[str], rule: Prefix) -> list[str]:
    if words[0].rpartition("/")[2].startswith(_WAITING) and "--" in words:
        return words[words.index("--") + 1 :]
    rest = words[1 + rule.operands :]
    while rest and (rest[0].startswith("-") or ASSIGNMENT.match(rest[0])):
        option = rest.pop(0)
        if option == "--":
            break
        if option in table(Launchers).valued and rest:
            rest.pop(0)
    return rest


def _expand(word: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        return environment.get(name, match[2] or "")

    return re.sub(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)", value, word)
