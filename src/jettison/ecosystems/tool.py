"""What is known of a tool that installs a project's declarations: one value per tool."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from msgspec import Struct

from jettison.ecosystems.lock import Lock
from jettison.formats.toml import Table

SYSTEM = "/usr/local"
VIRTUAL = "/opt/venv"
TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")
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


def _in_folder(setting: Setting) -> str:
    return f"{setting.folder}/.venv"


def _nothing(_declared: Table, _words: Collection[str]) -> str:
    return ""


def _never(_declared: Table, _words: Collection[str], _linked: bool) -> bool:
    return False


def _no_names(_declared: Table, _words: Collection[str]) -> frozenset[str]:
    return frozenset()


class Tool(Struct, frozen=True, kw_only=True):
    """A tool, and what has to hold before its installation can move to a build stage.

    Commands: ``installs`` and ``writes`` are actions that install and that write requirements;
    ``named`` actions take environments of the project as arguments. ``declares`` is the file
    that they read, ``lock`` the one beside it (empty for a tool without one), ``read_lock`` its
    parser, ``relock`` the command that writes it, and ``files`` further files of the tool.

    Place: ``place`` gives the folder of the environment, empty when that cannot be determined;
    ``home`` is the tool's own folder of environments, which a build stage replaces; ``makes``
    says that the tool makes the environment itself, ``on_path`` that it takes one only from
    PATH.

    Project: ``package`` says whether the project itself is installed (by its file, the words of
    the command, and whether the lock links a folder of it), ``without_project`` is the option
    against that. ``starts`` are the words, without those of the command that is started, that
    run something in the environment (``TOOL run`` where there are no others), ``names``
    commands that only the tool knows, ``reads`` files that its ``run`` reads, ``obstacle`` is
    why the installation stays where it is, empty for nothing.

    Words: ``left_out`` are options of the first of two commands, and those that only concern
    files besides the environment; ``run`` are options of ``run`` without effect once everything
    is installed, ``modules`` and ``scripts`` say that ``run`` takes ``-m`` and files; ``calls``
    are actions that need the tool in the image. ``cache`` is mounted for root, ``variables``
    begin the names of settings, ``wanted`` are settings for a build stage and ``stays`` those
    of an image that the tool may not write, None where it cannot stay without its environment.
    ``settings`` says that ``config`` sets what the installation reads, ``compiles`` that
    bytecode is made, unless ``compile`` asks for it. ``with_tool`` are distributions that
    people install beside it and ``script`` is where its own installer is fetched. ``python``
    are variables that choose another Python. ``refusals`` match options that leave development
    out, ``asking`` are those that bring it, by action.
    """

    name: str
    installs: tuple[str, ...]
    writes: tuple[str, ...] = ()
    named: bool = False
    declares: str = "pyproject.toml"
    lock: str = ""
    read_lock: Callable[..., Lock] | None = None
    relock: str = ""
    files: tuple[str, ...] = ()
    place: Callable[[Setting], str] = _in_folder
    home: str = ""
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
    with_tool: tuple[str, ...] = ()
    script: str = ""
    python: tuple[str, ...] = ()
    refusals: str = ""
    asking: Mapping[str, str] = NONE
