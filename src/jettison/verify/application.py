"""Where the application is, by what starts it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from msgspec import Struct

from jettison.formats.shell import SHELLS
from jettison.verify.observation import Setting

_TARGET = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*(\(\))?$")
_MODULE = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
# What looks like a module in a package, and is a file that configures something.
_SETTINGS = (".conf", ".json", ".txt", ".ini", ".toml", ".yaml", ".yml", ".xml", ".cfg", ".env")
_SHELL_COMMAND = 3


class Application(Struct, frozen=True, kw_only=True):
    """What to import, in the order of trying.

    ``targets`` are ``module:attribute`` or a module alone; ``settings_files`` are files that may
    name Django's settings; ``folders`` are import paths.
    """

    targets: tuple[str, ...] = ()
    settings_files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def words_of(command: tuple[str, ...]) -> tuple[str, ...]:
    """Give the words of a command; those of a shell's text and arguments when it is run by one."""
    if not command:
        return ()
    shell = command[0].rpartition("/")[2] in SHELLS
    if (
        shell
        and len(command) >= _SHELL_COMMAND
        and command[1].startswith("-")
        and "c" in command[1]
    ):
        try:
            words = tuple(shlex.split(command[2]))
        except (ValueError, RecursionError):
            return tuple(command[2].split())
        words = words[1:] if words[:1] == ("exec",) else words
        return (*words, *command[_SHELL_COMMAND + 1 :])
    return command


def find_application(
    command: tuple[str, ...], environment: Mapping[str, str], named: str = ""
) -> Application:
    """Read server commands (``uvicorn main:app``, ``flask --app``, ``gunicorn site.wsgi`` …)."""
    words = words_of(command)
    targets = [named] if named else []
    targets += _targets(words)
    targets += [environment[name] for name in ("FLASK_APP", "APP_MODULE") if environment.get(name)]
    folders = [
        words[index + 1]
        for index, word in enumerate(words[:-1])
        if word in {"--chdir", "--app-dir", "--pythonpath"}
    ]
    modules = [target.partition(":")[0].replace(".", "/") + ".py" for target in targets]
    return Application(
        targets=tuple(dict.fromkeys(targets)),
        settings_files=("manage.py", *modules),
        folders=tuple(folders),
    )


def _targets(words: tuple[str, ...]) -> Iterator[str]:
    for index, word in enumerate(words):
        if _TARGET.match(word):
            yield word
        elif word == "-m" and index + 1 < len(words):
            yield words[index + 1]
        elif word.startswith("--app="):
            yield word.removeprefix("--app=")
        elif word in {"--app", "-A"} and index + 1 < len(words):
            yield words[index + 1]
        elif word.endswith(".py"):
            yield word.removeprefix("./").lstrip("/").removesuffix(".py").replace("/", ".")
        elif index and _MODULE.match(word) and not word.endswith(_SETTINGS):
            yield word


def application_of(setting: Setting) -> Application:
    """Read where the application is from what starts it."""
    environment = {**dict(setting.facts.environment), **setting.request.environment}
    return find_application(setting.words, environment, setting.request.application)
