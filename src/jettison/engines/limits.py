"""Limits of containers, and arguments of engines: checked, and never an option."""

from __future__ import annotations

import os
import posixpath
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from jettison.errors import EngineError
from jettison.images.stores.unpack import working_folder

_SHARE = 0.75
_SMALLEST = 512 << 20
_TRIES, _WAIT = 40, 0.025
_KILLED = re.compile(r"^oom_kill [1-9]", re.MULTILINE)
EXHAUSTED = "it used more memory than --memory-limit allows"
_OWN = re.compile(r"jettison-(\d+)-")
_UNIFIED = re.compile(r"^0::(/.*)$", re.MULTILINE)
# Of the first version (kernel.org, "Memory Resource Controller", "Process Number Controller").
_SEPARATE = {
    "memory": (re.compile(r"^\d+:(?:\w+,)*memory(?:,\w+)*:(/.*)$", re.MULTILINE), "limit_in_bytes"),
    "pids": (re.compile(r"^\d+:(?:\w+,)*pids(?:,\w+)*:(/.*)$", re.MULTILINE), "max"),
}


def _most_memory() -> int:
    """Return three quarters of the memory of this machine in bytes, 0 where that is not known."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    return max(_SMALLEST, int(whole * _SHARE))


class Limits(Struct, frozen=True, kw_only=True):
    """Bytes of memory and number of processes of one container; 0 is no limit.

    ``seconds`` is the most that all containers of one comparison may take together, ``requests``
    how many of its own an application is sent in one run, in ``request_seconds``.
    """

    memory: int = _most_memory()
    processes: int = 2048
    seconds: float = 3600.0
    requests: int = 2000
    request_seconds: float = 120.0


class Groups(Struct, frozen=True, kw_only=True):
    """Control groups that were made for one container. ``memory`` tells whether one limits that."""

    folders: tuple[Path, ...] = ()
    memory: bool = False

    @property
    def joined_by(self) -> tuple[str, ...]:
        """The files to which a process writes 0 to be in them."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders)

    @property
    def exhausted(self) -> bool:
        """Whether the kernel ended a process because there was no memory left."""
        for name in ("memory.oom_control", "memory.events"):
            for folder in self.folders:
                with suppress(OSError):
                    if _KILLED.search((folder / name).read_text("ascii")):
                        return True
        return False

    def remove(self) -> None:
        """Remove the groups when their last process is gone."""
        for folder in self.folders:
            for _ in range(_TRIES):
                with suppress(OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(_WAIT)


_MOUNTED = Path("/sys/fs/cgroup")


def groups_for(limits: Limits, name: str) -> Groups:
    """Make control groups beside that of this process; none where it may not."""
    listed = Path("/proc/self/cgroup")
    own = listed.read_text() if listed.exists() else ""
    folder = f"jettison-{os.getpid()}-{name}"
    found = Groups()
    for controller, (line, key) in _SEPARATE.items():
        path = line.search(own)
        amount = getattr(limits, "memory" if controller == "memory" else "processes")
        if path and amount:
            place = _MOUNTED / controller / path[1].lstrip("/") / folder
            if _made(place, {f"{controller}.{key}": amount}):
                folders = (*found.folders, place)
                found = Groups(folders=folders, memory=found.memory or controller == "memory")
    if found.folders:
        return found
    keys = {"memory.max": limits.memory, "pids.max": limits.processes}
    for parent in _unified(own):
        if _made(parent / folder, {key: amount for key, amount in keys.items() if amount}):
            return Groups(folders=(parent / folder,), memory=bool(limits.memory))
    return found


def _unified(own: str) -> Iterator[Path]:
    """Yield where a group of the second version may be: a group with processes has none below."""
    path = _UNIFIED.search(own)
    if path:
        here = _MOUNTED / path[1].lstrip("/")
        yield here
        if path[1] != "/":
            yield here.parent


def _made(place: Path, limits: dict[str, int]) -> bool:
    """Make a group with limits, if that can be; groups of processes that were killed leave."""
    with suppress(OSError):
        for other in place.parent.glob("jettison-*"):
            of = _OWN.match(other.name)
            if of and not Path(f"/proc/{of[1]}").exists():
                with suppress(OSError):
                    other.rmdir()
    try:
        place.mkdir()
    except OSError:
        return False
    try:
        for key, amount in limits.items():
            if not (place / key).exists():
                raise FileNotFoundError(key)
            (place / key).write_text(str(amount))
    except OSError:
        with suppress(OSError):
            place.rmdir()
        return False
    return True


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
    return normal_path(posixpath.join("/", text))


def normal_path(text: str) -> str:
    """Return a path in one spelling; POSIX lets two slashes at its beginning mean another one."""
    return posixpath.normpath(text).replace("//", "/")


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
    with working_folder() as folder:
        file = folder / "env"
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
