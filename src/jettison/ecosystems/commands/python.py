"""Commands that install Python requirements, make environments, and prepare the application."""

from __future__ import annotations

from msgspec import Struct

from jettison.ecosystems.commands.invocation import Invocation, Option, Options, invocation
from jettison.formats.shell import Command, Word
from jettison.values import Origin


class PipInstall(Struct, frozen=True, kw_only=True):
    """An installation by pip or in its manner.

    ``tool`` is ``pip``, ``python -m pip``, ``uv pip install`` or ``uv pip sync``. Requirements are
    words, so that each knows its line; ``.`` and ``.[extra]`` are requirements too. ``cached`` is
    false when the command itself turns the cache of the tool off.
    """

    tool: str
    requirement_files: tuple[str, ...]
    constraint_files: tuple[str, ...]
    requirements: tuple[Word, ...]
    editable: tuple[str, ...]
    groups: tuple[str, ...]
    target: str | None
    user: bool
    cached: bool
    options: Options
    origin: Origin


def pip_install(command: Command) -> PipInstall | None:
    """Return what ``pip install``, ``uv pip install`` or ``uv pip sync`` installs."""
    run = invocation(command)
    if run is None:
        return None
    if run.is_a("pip", "install"):
        tool = "python -m pip" if run.module else "pip"
        return _pip_install(run, tool, run.options.arguments[1:])
    actions = tuple(word.text for word in run.options.arguments[:2])
    if run.program == "uv" and actions in {("pip", "install"), ("pip", "sync")}:
        return _pip_install(run, f"uv pip {actions[1]}", run.options.arguments[2:])
    return None


def _pip_install(run: Invocation, tool: str, arguments: tuple[Word, ...]) -> PipInstall:
    options = run.options
    sync = tool == "uv pip sync"
    files = options.every("-r", "--requirement", "--requirements")
    return PipInstall(
        tool=tool,
        requirement_files=(
            tuple(word.text for word in arguments) if sync else tuple(_values(files))
        ),
        constraint_files=tuple(_values(options.every("-c", "--constraint", "--constraints"))),
        requirements=() if sync else arguments,
        editable=tuple(_values(options.every("-e", "--editable"))),
        groups=tuple(_values(options.every("--group"))),
        target=options.value(
            "-t", "--target", "--prefix", "--root", "-w", "--wheel-dir", "-d", "--dest"
        ),
        user=options.has("--user"),
        cached=not options.has("--no-cache-dir", "--no-cache", "-n"),
        options=options,
        origin=run.origin,
    )


def _values(options: tuple[Option, ...]) -> list[str]:
    return [option.value for option in options if option.value is not None]


class VirtualEnvironment(Struct, frozen=True, kw_only=True):
    """A virtual environment that is made at ``path``."""

    tool: str
    path: str
    system_packages: bool
    origin: Origin


def virtual_environment(command: Command) -> VirtualEnvironment | None:
    """Return the environment that ``python -m venv``, ``virtualenv`` or ``uv venv`` makes."""
    run = invocation(command)
    if run is None:
        return None
    arguments = [word.text for word in run.options.arguments]
    if run.is_a("uv", "venv"):
        tool, paths = "uv venv", arguments[1:] or [".venv"]
    elif run.program in {"venv", "virtualenv"} and arguments:
        tool, paths = ("python -m venv" if run.program == "venv" else "virtualenv"), arguments
    else:
        return None
    return VirtualEnvironment(
        tool=tool,
        path=paths[0],
        system_packages=run.options.has("--system-site-packages"),
        origin=run.origin,
    )


class Compilation(Struct, frozen=True, kw_only=True):
    """A ``python -m compileall``: the paths, or the standard library when there are none.

    ``listed`` is a file that names further paths (``-i``).
    """

    paths: tuple[str, ...]
    listed: str | None


def compile_bytecode(command: Command) -> Compilation | None:
    """Return what ``python -m compileall`` compiles."""
    run = invocation(command)
    if run is None or run.program != "compileall":
        return None
    return Compilation(
        paths=tuple(word.text for word in run.options.arguments),
        listed=run.options.value("-i"),
    )


class Management(Struct, frozen=True, kw_only=True):
    """A Django management command: ``python manage.py collectstatic --noinput``."""

    action: str


def management(command: Command) -> Management | None:
    """Return the Django command that a command is, in any way of starting it."""
    run = invocation(command)
    if run is None:
        return None
    words = [word.text for word in run.words]
    if run.program == "python" and words and words[0].rsplit("/", 1)[-1] == "manage.py":
        words = words[1:]
    elif run.program not in {"manage.py", "django-admin", "django"}:
        return None
    if not words or words[0].startswith("-"):
        return None
    return Management(action=words[0])
