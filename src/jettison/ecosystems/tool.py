"""What is known of a packaging tool: one value per tool; and the locks that tools write."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.ecosystems.declaration import Declaration, Document
from jettison.formats.toml import Table, read_toml, table, tables, text_of
from jettison.values import FALSE, TRUE, Origin, replace


class SourceKind(StrEnum):
    """Where a locked distribution comes from; ``virtual`` is a project that is not installed."""

    REGISTRY = "registry"
    URL = "url"
    GIT = "git"
    PATH = "path"
    EDITABLE = "editable"
    VIRTUAL = "virtual"


class LockedFile(Struct, frozen=True, kw_only=True):
    """A wheel or sdist; ``size`` in bytes when the lock says it; hashes are ``algorithm:hex``."""

    filename: str
    url: str = ""
    size: int | None = None
    hashes: tuple[str, ...] = ()


class LockedDistribution(Struct, frozen=True, kw_only=True):
    """One pinned distribution.

    ``name`` is normalized; ``version`` is empty for a project without one. ``source`` is where it
    comes from and ``location`` the index, URL or path. ``requires`` are the requirements that the
    lock states for it, with their markers.
    """

    name: str
    version: str
    marker: str = ""
    wheels: tuple[LockedFile, ...] = ()
    sdist: LockedFile | None = None
    source: SourceKind = SourceKind.REGISTRY
    location: str = ""
    requires: tuple[str, ...] = ()
    origin: Origin = Origin(file="")


class Lock(Struct, frozen=True, kw_only=True):
    """A lockfile."""

    distributions: tuple[LockedDistribution, ...]


def package_origins(text: str, key: str, file: str) -> Iterator[Origin]:
    """Yield the place of every ``[[key]]`` header in order, each to the line before the next.

    After the last one the whole file is given, so that no package lacks an origin.
    """
    header = re.compile(rf"[\ufeff \t]*\[\[[ \t]*(['\"]?){key}\1[ \t]*\]\]")
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines, 1) if header.match(line)]
    for start, following in itertools.pairwise((*starts, len(text.splitlines()) + 1)):
        yield Origin(file=file, line=start, end_line=following - 1)
    while True:
        yield Origin(file=file)


def locked_file(one: Table) -> LockedFile:
    """Read a file table in the notation that uv, pdm, poetry and pylock share."""
    url = text_of(one, "url") or text_of(one, "path")
    size = one.get("size")
    hashes = [text_of(one, "hash")]
    hashes += [f"{algorithm}:{value}" for algorithm, value in table(one, "hashes").items()]
    return LockedFile(
        filename=text_of(one, "name") or text_of(one, "file") or posixpath.basename(url),
        url=url,
        size=size if isinstance(size, int) else None,
        hashes=tuple(value for value in hashes if value),
    )


def wheels_and_sdist(
    files: Sequence[LockedFile],
) -> tuple[tuple[LockedFile, ...], LockedFile | None]:
    """Tell wheels from the source distribution by their names."""
    wheels = tuple(one for one in files if one.filename.endswith(".whl"))
    others = (one for one in files if not one.filename.endswith((".whl", ".egg", ".exe")))
    return wheels, next(others, None)


def lock_of(
    text: str, file: str, read: Callable[[Table, Table], LockedDistribution], key: str = "package"
) -> Lock:
    """Read the tables ``[[key]]`` of a lock: ``read`` takes one and the whole document.

    Raises InputSyntaxError with the line for bad TOML.
    """
    root = read_toml(text, file)
    rows = zip(tables(root, key), package_origins(text, key, file), strict=False)
    return Lock(distributions=tuple(replace(read(one, root), origin=place) for one, place in rows))


def locked(
    one: Table,
    files: Sequence[LockedFile],
    source: SourceKind,
    location: str,
    marker: str,
    *,
    requires: Iterable[str] = (),
) -> LockedDistribution:
    """Read name and version of a table; ``files`` are its wheels and its source distribution."""
    wheels, sdist = wheels_and_sdist(files)
    return LockedDistribution(
        name=canonicalize_name(text_of(one, "name")),
        version=text_of(one, "version"),
        marker=marker,
        wheels=wheels,
        sdist=sdist,
        source=source,
        location=location,
        requires=tuple(requires),
    )


def marked(name: str, marker: str) -> str:
    """A requirement of any version, under a marker where there is one."""
    return f"{name}; {marker}" if marker else name


SYSTEM = "/usr/local"
VIRTUAL = "/opt/venv"
NONE: Mapping[str, str] = MappingProxyType({})


class Setting(Struct, frozen=True, kw_only=True):
    """Where a command runs: variables, the folder, the text of all RUN steps, its own words."""

    environment: Mapping[str, str]
    folder: str
    text: str
    words: Collection[str]

    def on(self, name: str) -> bool:
        """Whether a variable switches something on."""
        return self.environment.get(name, "").lower() in TRUE

    def off(self, name: str) -> bool:
        """Whether a variable switches something off."""
        return self.environment.get(name, "").lower() in FALSE


class Omitted(Struct, frozen=True, kw_only=True):
    """Groups and extras that a command brings unasked and shall leave out.

    ``rest`` says that it brings other groups, ``every`` that it asks for all of them. ``declared``
    and ``lock`` are the texts of the project's files.
    """

    names: tuple[str, ...]
    extras: tuple[str, ...]
    rest: bool
    every: bool
    declared: str
    lock: str


def _in_folder(setting: Setting) -> str:
    return f"{setting.folder}/.venv"


def _nothing(_declared: Table, _words: Collection[str]) -> str:
    return ""


def _never(_declared: Table, _words: Collection[str], _linked: bool) -> bool:
    return False


def _no_flags(_gone: Omitted) -> Iterator[str]:
    yield from ()


def _all_groups(_declared: Table, _development: bool) -> None:
    return None


def _declares_nothing(_document: Document) -> Iterator[Declaration]:
    yield from ()


def _no_names(_declared: Table, _words: Collection[str]) -> frozenset[str]:
    return frozenset()


class Tool(Struct, frozen=True, kw_only=True):
    """A tool, and what has to hold before its installation can move to a build stage.

    Commands: ``installs`` and ``writes`` are actions that install and that write requirements;
    ``named`` actions take environments of the project as arguments. ``declares`` are the files
    that they read, one of them, or with ``follows`` each that is there and those that it names;
    ``declared`` gives what a table of the tool's own in pyproject.toml declares. ``lock`` is the
    one beside it (empty for a tool without one), ``read_lock`` its parser, ``relock`` the command
    that writes it, ``files`` further files of the tool, and ``decides`` those that may change
    where or what it installs.

    Place: ``place`` gives the folder of the environment, empty when that cannot be determined;
    ``home`` is a folder of environments that a build stage replaces (the tool's own, or that of
    the image), ``placed`` the variable that says where instead; ``makes``
    says that the tool makes the environment itself, ``on_path`` that it takes one only from
    PATH.

    Project: ``package`` says whether the project itself is installed (by its file, the words of
    the command, and whether the lock links a folder of it), ``without_project`` is the option
    against that. ``starts`` are the words, without those of the command that is started, that
    run something in the environment (``TOOL run`` where there are no others), ``names``
    commands that only the tool knows, ``reads`` files that its ``run`` reads, ``obstacle`` is
    why the installation stays where it is, empty for nothing.

    Words: ``left_out`` are options of the first of two commands, and those that only concern files
    besides the environment; ``run`` are options of ``run`` without effect once everything is
    installed, ``modules`` and ``scripts`` say that ``run`` takes ``-m`` and files; ``calls`` are
    actions that need the tool in the image. ``cache`` is mounted for root, ``variables`` begin the
    names of settings, ``wanted`` are settings for a build stage and ``stays`` those of an image
    that the tool may not write, None where it cannot stay without its environment. ``settings``
    says that ``config`` sets what the installation reads, ``compiles`` that bytecode is made,
    unless ``compile`` asks for it or the variable ``compile_variable`` does; ``seeded`` says that
    an environment has what pip brings, setuptools with it. ``with_tool`` are distributions that
    people install beside it and ``script`` is where its own installer is fetched. ``python`` are
    variables that choose another Python. ``refusals`` match options that leave development out,
    ``asking`` are those that bring it, by action, and ``bringing`` those that a command may have
    for it.

    Groups: ``omitting`` gives the options that leave groups out, ``unasked`` the groups that come
    by default (by its file, and whether development is requested; None for all), which with
    ``on_request`` are requested. ``bare`` actions bring none, and with ``groups_or_extras`` the
    option for groups names extras too. ``extras`` says that extras can be omitted by an option or
    a word, and ``whole`` that no part can. ``production`` is the variable that omits development.
    What matches ``syncing`` installs what is missing when it starts, unless ``unsynced`` is set;
    with the option ``active`` it does so in the environment that VIRTUAL_ENV names.
    """

    name: str
    installs: tuple[str, ...]
    writes: tuple[str, ...] = ()
    named: bool = False
    declares: tuple[str, ...] = ("pyproject.toml",)
    follows: bool = False
    declared: Callable[[Document], Iterator[Declaration]] = _declares_nothing
    lock: str = ""
    read_lock: Callable[..., Lock] | None = None
    relock: str = ""
    files: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    place: Callable[[Setting], str] = _in_folder
    home: str = ""
    placed: str = ""
    makes: bool = False
    on_path: bool = False
    package: Callable[[Table, Collection[str], bool], bool] = _never
    without_project: str = ""
    names: Callable[[Table, Collection[str]], frozenset[str]] = _no_names
    starts: Callable[[Collection[str]], tuple[tuple[str, ...], ...]] | None = None
    reads: tuple[str, ...] = ()
    obstacle: Callable[[Table, Collection[str]], str] = _nothing
    left_out: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    modules: bool = False
    scripts: bool = False
    calls: tuple[str, ...] = ("run",)
    cache: str = "/root/.cache/pip"
    variables: str
    wanted: Mapping[str, str] = NONE
    stays: Mapping[str, str] | None = NONE
    settings: bool = False
    compiles: bool = False
    compile: str = ""
    compile_variable: str = ""
    seeded: bool = True
    with_tool: tuple[str, ...] = ()
    script: str = ""
    python: tuple[str, ...] = ()
    refusals: str = ""
    asking: Mapping[str, str] = NONE
    bringing: tuple[str, ...] = ()
    omitting: Callable[[Omitted], Iterable[str]] = _no_flags
    unasked: Callable[[Table, bool], Collection[str] | None] = _all_groups
    bare: tuple[str, ...] = ()
    on_request: bool = False
    groups_or_extras: bool = False
    extras: bool = False
    whole: bool = False
    production: str = ""
    syncing: str = ""
    active: str = ""
    unsynced: tuple[str, str] = ("", "")
