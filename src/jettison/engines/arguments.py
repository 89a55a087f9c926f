"""What a project or an image wrote, as arguments of an engine: checked, and never an option.

Every call of an engine's client is a ``Call``, every start of a container takes ``RunOptions``,
and both check their texts here when they are made.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from jettison.errors import EngineError

_OPTION = re.compile(r"--[a-z][a-z-]*(=.*)?", re.DOTALL)
_IMAGE = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:/@\[\]+-]*")
_PATH = re.compile(r'[^\0-\x1f\x7f,:"]+')
# With the options that Docker documents for tmpfs; nothing that allows devices or set-user-ID.
_TMPFS_OPTION = re.compile(
    r"rw|ro|exec|noexec|nosuid|nodev|(size|mode|uid|gid|nr_inodes)=[0-9]+[kmgKMG%]?b?"
)
_VARIABLE = re.compile(r"[^\s=#\0][^\s=\0]*")
_NAME = re.compile(r"[A-Za-z0-9_.][\w.-]*", re.ASCII)
# What clients, their helpers (for credentials, Git) and the loader read of their own environment.
_OF_CLIENTS = re.compile(
    r"(AWS|AZURE|BUILDAH|BUILDKIT|BUILDX|CLOUDSDK|COMPOSE|CONTAINERS?|DBUS|DOCKER|DYLD|GCLOUD|GIT"
    r"|GOOGLE|LD|NODE|OTEL|PODMAN|REGISTRY|RUBY|SSH|SSL|STORAGE|XDG)_.*"
    r"|(BASH|GO|MALLOC|PERL|PYTHON|TMP).*|.*_PROXY|ENV|IFS|HOME|LANG|LC_.*|PATH|SHELL|USER",
    re.IGNORECASE,
)
_SECRET = re.compile(r"(CERT|CREDENTIALS|JSON|KEY|PASSWORD|PEM|SECRET|TOKEN)$", re.IGNORECASE)
_QUOTING = frozenset("\"'\\")
_LONGEST_SHOWN = 200


class Call(Struct, frozen=True, kw_only=True):
    """One call of a client: its verb, its options, and words that are never taken for options.

    Options are ``--name`` or ``--name=value``. Raises EngineError for a text that no program can
    be given.
    """

    verb: tuple[str, ...]
    options: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check every word."""
        for option in self.options:
            if not _OPTION.fullmatch(option):
                raise _refused("option", option)
        for word in (*self.verb, *self.options, *self.operands):
            require_word(word)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the arguments of the client."""
        return (*self.verb, *self.options, *(("--", *self.operands) if self.operands else ()))


def require_word(text: str) -> None:
    """Raise EngineError for what cannot be an argument or a variable of a program."""
    try:
        unfit = b"\0" in os.fsencode(text)
    except UnicodeEncodeError:
        unfit = True
    if unfit:
        raise _refused("word", text)


def image_name(text: str) -> str:
    """Return the name or ID of an image; EngineError for what cannot be one."""
    if not _IMAGE.fullmatch(text):
        raise EngineError(
            f"no image {text!r}",
            why="an image is named by letters, digits and .:/@_- and begins with one of the first",
            hint="Correct the name; the compose file or the command line has it.",
        )
    return text


def container_path(text: str) -> str:
    """Return a path of a container, from its root; EngineError for one that could be more."""
    if not _PATH.fullmatch(text):
        raise _refused(
            "path in a container", text, "it has a colon, a comma or a control character"
        )
    return posixpath.normpath(posixpath.join("/", text))


def tmpfs_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Split ``/path:exec,mode=755`` into path and options; EngineError for other options."""
    target, _, options = text.partition(":")
    found = tuple(option for option in options.split(",") if option)
    for option in found:
        if not _TMPFS_OPTION.fullmatch(option):
            raise _refused("option of tmpfs", option, f"required for {target}")
    return container_path(target), found


def require_alias(text: str) -> None:
    """Raise EngineError for what is no name of a host."""
    if text and not _NAME.fullmatch(text):
        raise _refused("host name", text)


def require_variables(environment: Mapping[str, str]) -> None:
    """Raise EngineError for variables that cannot be given to a program."""
    for name, value in environment.items():
        if not _VARIABLE.fullmatch(name):
            raise _refused("name of a variable", name)
        require_word(name)
        require_word(value)


@contextmanager
def given_variables(
    environment: Mapping[str, str],
) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Give options that pass variables, and what the client's own environment needs for them.

    Values hold secrets, and everybody can read the arguments of a program: they are in a file for
    the owner alone. Such a file has one line a variable, and clients differ in what quotes mean
    there; a value with either goes through the environment of the client. EngineError where that
    would change what the client does.
    """
    require_variables(environment)
    plain = {
        name: value
        for name, value in environment.items()
        if value.isprintable() and (is_of_clients(name) or not _QUOTING & set(value))
    }
    others = {name: value for name, value in environment.items() if name not in plain}
    options = through_environment(others, "--env")
    if not plain:
        yield options, others
        return
    with TemporaryDirectory(prefix="jettison-variables-") as folder:
        file = Path(folder) / "env"
        lines = (f"{name}={value}\n" for name, value in plain.items())
        file.write_text("".join(lines), "utf-8", "surrogateescape")
        yield (f"--env-file={file}", *options), others


def through_environment(environment: Mapping[str, str], option: str) -> tuple[str, ...]:
    """Return options whose values the client takes from its environment; EngineError if unsafe."""
    for name in environment:
        if is_of_clients(name):
            raise _refused("variable", name, "its value has several lines, and the client reads it")
    return tuple(f"{option}={name}" for name in environment)


def is_of_clients(name: str) -> bool:
    """Whether a variable of this name may change what a client does."""
    return bool(_OF_CLIENTS.fullmatch(name)) and not _SECRET.search(name)


def _refused(what: str, text: str, why: str = "it cannot be given to a program") -> EngineError:
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return EngineError(
        f"{shown!r} is refused as {what}",
        why=f"{shown!r} is refused as {what}: {why}",
        hint="Correct it in the Dockerfile or the compose file.",
    )
