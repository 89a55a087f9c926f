"""Commands that install Python distributions: from requirements, projects, locks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from jettison.ecosystems import TOOLS
from jettison.ecosystems.commands.invocation import Invocation, Option, Options, invocation
from jettison.ecosystems.declaration import DEVELOPMENT
from jettison.ecosystems.uv import UV
from jettison.formats.shell import Command, Word
from jettison.values import Origin


class PipInstall(Struct, frozen=True, kw_only=True):
    """An installation by pip or in its manner, or the wheels for one.

    ``tool`` is ``pip``, ``python -m pip``, ``pip wheel``, ``uv pip install`` or ``uv pip sync``.
    Requirements are words, so that each knows its line; ``.`` and ``.[extra]`` are requirements
    too. ``cached`` is false when the command itself turns the cache of the tool off.
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

    @property
    def by_uv(self) -> bool:
        """Whether uv installs, which reads its own settings and leaves nothing of pip."""
        return self.tool.startswith(UV.name)


WHEEL = "pip wheel"


def pip_install(command: Command) -> PipInstall | None:
    """Return what ``pip install``, ``uv pip install`` or ``uv pip sync`` installs.

    What ``pip wheel`` makes is to be installed.
    """
    run = invocation(command)
    if run is None:
        return None
    if run.is_a("pip", "install"):
        tool = "python -m pip" if run.module else "pip"
        return _pip_install(run, tool, run.options.arguments[1:])
    if run.is_a("pip", "wheel"):
        return _pip_install(run, WHEEL, run.options.arguments[1:])
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

    @property
    def seeded(self) -> bool:
        """Whether pip is put into it."""
        return self.tool != _UV_VENV


_UV_VENV = f"{UV.name} venv"


def virtual_environment(command: Command) -> VirtualEnvironment | None:
    """Return the environment that ``python -m venv``, ``virtualenv`` or ``uv venv`` makes."""
    run = invocation(command)
    if run is None:
        return None
    arguments = [word.text for word in run.options.arguments]
    if run.is_a("uv", "venv"):
        tool, paths = _UV_VENV, arguments[1:] or [".venv"]
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
        paths=tuple(word.text for word in run.options.arguments), listed=run.options.value("-i")
    )


# How ``find`` selects byte code, and what removes what it finds.
_BYTECODE = re.compile(r"__pycache__|\*?\.py(c|o|\[co\]|\[oc\])")
_REMOVES = frozenset({"-delete", "rm"})


def bytecode_removals(commands: Sequence[Command]) -> tuple[Command, ...]:
    """Return those that find byte code and remove it, with what ``find`` gives its names to."""
    found = [one for one in commands if one.name == "find" and _finds_bytecode(one.words)]
    into = {one.pipeline for one in commands if one.name == "xargs" and "rm" in one.words}
    pipes = into & {one.pipeline for one in found} - {None}
    removing = [one for one in found if _REMOVES & {*one.words}]
    return tuple(one for one in commands if one.pipeline in pipes or one in removing)


def _finds_bytecode(words: Sequence[str]) -> bool:
    names = [name for option, name in pairwise(words) if option in {"-name", "-iname"}]
    return bool(names) and all(map(_BYTECODE.fullmatch, names))


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
    return None if not words or words[0].startswith("-") else Management(action=words[0])


_CONDA_ACTIONS = ("create", "update", "install")
_CONDA = ("conda", "mamba", "micromamba")
_WITH = ("--with", "--group", "-G")
_WITHOUT = ("--without", "--no-group")
_ONLY = ("--only", "--only-group")
_EXTRAS = ("--extra", "-E", "--extras")


class ProjectInstall(Struct, frozen=True, kw_only=True):
    """An installation or an export (``output``) from a project's own lock file.

    ``file`` is the declaring file where the command names it. ``development`` says whether the
    development group comes along. Environment variables such as ``UV_NO_DEV`` are not seen here.
    """

    tool: str
    action: str
    with_groups: tuple[str, ...] = ()
    without_groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    all_extras: bool = False
    development: bool = False
    output: str | None = None
    options: Options
    origin: Origin
    file: str = ""


def project_install(command: Command) -> ProjectInstall | None:
    """Return what ``uv sync``, ``poetry install``, ``hatch env create`` … do.

    ``uv export``, ``poetry export``, ``pipenv requirements`` and ``pdm export`` count too.
    """
    run = invocation(command)
    if run is not None and run.program in _CONDA:
        return _conda(run)
    tool = TOOLS.get(run.program) if run else None
    if run is None or tool is None:
        return None
    options = run.options
    words = [word.text for word in options.arguments]
    known = (*tool.installs, *tool.writes)
    action = next((each for each in known if words[: len(each.split())] == each.split()), "")
    if not action or (tool.name == "pipenv" and words[1:]):
        return None
    if tool.named:
        names = tuple(words[len(action.split()) :]) or ("default",)
        return _whole(run, tool.name, action, groups=names)
    included, excluded, only = (_names(options, each) for each in (_WITH, _WITHOUT, _ONLY))
    return ProjectInstall(
        tool=run.program,
        action=action,
        with_groups=included,
        without_groups=excluded,
        only_groups=only,
        extras=_names(options, _EXTRAS),
        all_extras=options.has("--all-extras"),
        development=_development(run, included, excluded, only),
        output=run.options.value("-o", "--output-file", "--output"),
        options=options,
        origin=run.origin,
    )


def _conda(run: Invocation) -> ProjectInstall | None:
    """``conda env create -f FILE``, and what mamba and micromamba call the same."""
    words = [word.text for word in run.options.arguments[:2]]
    file = run.options.value("-f", "--file")
    action = words[1] if words[:1] == ["env"] and words[1:] else "".join(words[:1])
    if not file or not file.endswith((".yml", ".yaml")) or action not in _CONDA_ACTIONS:
        return None
    return _whole(run, "conda", action, file=file)


def _whole(
    run: Invocation, tool: str, action: str, *, groups: tuple[str, ...] = (), file: str = ""
) -> ProjectInstall:
    """An installation of all that a file declares, with some groups."""
    return ProjectInstall(
        tool=tool,
        action=action,
        with_groups=groups,
        options=run.options,
        origin=run.origin,
        file=file,
    )


def tool_setting(command: Command) -> tuple[str, str] | None:
    """Return name and value of ``poetry config virtualenvs.create false``."""
    run = invocation(command)
    tool = TOOLS.get(run.program) if run else None
    if run is None or tool is None or not tool.settings or not run.is_a(tool.name, "config"):
        return None
    words = [word.text for word in run.options.arguments[1:]]
    return (words[0], words[1]) if len(words) > 1 else None


def _names(options: Options, names: Iterable[str]) -> tuple[str, ...]:
    values = (option.value or "" for option in options.every(*names))
    return tuple(name for value in values for name in re.split(r"[,\s]+", value) if name)


def _development(
    run: Invocation, included: Iterable[str], excluded: Iterable[str], only: tuple[str, ...]
) -> bool:
    options = run.options
    if run.program == "pipenv":
        return options.has("--dev", "-d", "--dev-only")
    if only or options.has("--only-root"):
        return bool({*DEVELOPMENT} & set(only))
    if options.has("--only-dev", "--dev") or {*DEVELOPMENT} & set(included):
        return True
    refused = options.has("--no-dev", "--no-default-groups", "--prod", "--production")
    if refused or {*DEVELOPMENT} & set(excluded):
        return False
    tool = TOOLS.get(run.program)
    return not (tool and options.arguments[0].text in tool.bare)
