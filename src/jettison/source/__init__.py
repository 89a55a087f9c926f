"""What the application's source and its other files say and run: facts with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache as once
from typing import Final

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.packaging import ProjectFiles
from jettison.formats import fits, names_shell
from jettison.source.tree import is_test
from jettison.values import Origin, Skipped

# An argument that is text, a flat list of texts, a number or a truth value; None when it is
# computed. A list keeps None in the place of each computed element.
Literal = str | int | float | bool | None | tuple[str | None, ...]


class Circumstance(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Under which conditions a statement runs.

    ``condition`` is the expression of the enclosing ``if`` statements that speak of an
    environment (``settings.DEBUG``, ``sys.platform == 'win32'``), joined with ``and``; empty when
    there is none.
    """

    optional: bool = False
    typing_only: bool = False
    main_guard: bool = False
    condition: str = ""


ALWAYS = Circumstance()


class Placed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that stands on a line of a file."""

    file: str
    line: int

    @property
    def origin(self) -> Origin:
        """Where it is."""
        return Origin(file=self.file, line=self.line)


class Import(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """One imported module: ``import module`` or ``from module import names``.

    ``level`` counts the leading dots. ``dynamic`` marks ``importlib.import_module`` and
    ``__import__``; a ``module`` that ends in ``.*`` stands for every module under a package, from
    a text whose beginning alone is literal.
    """

    module: str
    names: tuple[str, ...] = ()
    level: int = 0
    dynamic: bool = False
    circumstance: Circumstance = ALWAYS


# The role of a program with which a text begins that a function may run.
COMMAND_LINE = "a command line"
# The role of a module that Python is given to run: "-m", "pip".
RUN_MODULE = "-m"


class Text(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """A string that may name a module, a driver or a URL.

    ``target`` is the name that the enclosing statement assigns (``INSTALLED_APPS``); ``role`` is
    the nearest dictionary key (``ENGINE``), keyword (``engine``) or called name
    (``BeautifulSoup``). For a formatted string, ``value`` is its literal beginning.
    """

    value: str
    target: str = ""
    role: str = ""
    circumstance: Circumstance = ALWAYS


class Call(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """A call of a catalogued function, its name made absolute through the file's imports.

    ``parameter`` is that of a function, after the function's name and a dot, which begins the first
    argument.
    """

    callee: str
    arguments: tuple[Literal, ...] = ()
    keywords: tuple[tuple[str, Literal], ...] = ()
    circumstance: Circumstance = ALWAYS
    parameter: str = ""

    def keyword(self, name: str) -> Literal:
        """Return the literal given for a keyword, None when it is absent or computed."""
        return dict(self.keywords).get(name)


class Reference(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """An attribute of an imported name, absolute: ``django.db.models.ImageField``."""

    name: str


class EnvironmentRead(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """An environment variable that the code reads."""

    name: str


class Switch(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """An assignment that chooses an environment: ``DEBUG = env.bool("DEBUG")`` as text."""

    name: str
    expression: str


class ModuleFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that was learned from one Python file.

    ``skipped`` is set when the file is not valid Python, not text or too large; its imports are
    then the ones that could be read line by line. ``calls_seen`` counts every call expression.
    """

    file: str
    calls_seen: int = 0
    imports: tuple[Import, ...] = ()
    texts: tuple[Text, ...] = ()
    calls: tuple[Call, ...] = ()
    references: tuple[Reference, ...] = ()
    environment: tuple[EnvironmentRead, ...] = ()
    switches: tuple[Switch, ...] = ()
    skipped: Skipped | None = None

    def names_used(self) -> Iterator[tuple[str, Origin]]:
        """Every absolute name that the file imports or refers to, with its place."""
        for imported in self.imports:
            if imported.level == 0 and not imported.circumstance.typing_only:
                for name in imported.names:
                    yield f"{imported.module}.{name}", imported.origin
        for reference in self.references:
            yield reference.name, reference.origin


class Use(StrEnum):
    """What a command is for.

    A BUILD command runs while the image is made; an UNCALLED one is in a script that nothing
    is seen to call.
    """

    PRODUCTION = "production"
    BUILD = "build"
    UNCALLED = "uncalled"
    DEVELOPMENT = "development"


class UsedCommand(Struct, frozen=True, kw_only=True):
    """One simple command: its words without quotes, and the file or instruction that holds it.

    ``always`` says that it runs whenever its script does.
    """

    words: tuple[str, ...]
    origin: Origin
    use: Use
    source: str
    always: bool = False


class Commands(Struct, frozen=True, kw_only=True):
    """What the text files of a project say beside its Python source.

    ``environment`` are the variables that the image and its service set; ``texts`` are strings of
    production configuration that may name a module, a driver or a URL. ``scripts`` maps each shell
    script that was read to its use. ``homes`` are places where documents tell people to mount
    something in root's home folder.
    """

    commands: tuple[UsedCommand, ...]
    environment: Mapping[str, str]
    texts: tuple[Text, ...]
    scripts: Mapping[str, Use]
    homes: tuple[Origin, ...] = ()


_READ: Final = (".sh", ".bash", ".ini", ".cfg", ".conf", ".toml", ".yml", ".yaml", ".json", ".env",
                ".service", ".cron", ".mk", ".dockerfile", ".timer", ".properties")  # fmt: skip
_SCRIPT_FOLDERS: Final = frozenset(
    {"bin", "scripts", "script", "docker", "deploy", "ops", "compose"}
)
_NO_SETTINGS: Final = re.compile(
    r"(^|/)(locale|locales|static|staticfiles|fixtures|assets|vendor|migrations|i18n|"
    r"translations|node_modules|frontend|testdata|licenses?)/"
)
_NO_DOCKERFILE: Final = (".dockerignore", ".yml", ".yaml", ".json", ".md", ".rst", ".txt", ".sh",
                         ".py", ".j2", ".jinja", ".jinja2", ".tmpl", ".js", ".map")  # fmt: skip
_LARGEST: Final = 256 * 1024
_LARGEST_SCRIPT: Final = 64 * 1024


def is_read(path: str, *, size: int, executable: bool) -> bool:
    """Whether a file can say something about commands and settings."""
    name = path.rpartition("/")[2].lower()
    if size > _LARGEST or _NO_SETTINGS.search(path):
        return False
    if name.endswith(_READ) or name.startswith(
        (".env", "dockerfile", "containerfile", ".pre-commit")
    ):
        return not name.endswith(("-lock.json", "-lock.yaml", ".lock", ".min.json"))
    if "." in name.strip("."):
        return fits(name, table(ProjectFiles).production)
    folder = path.rpartition("/")[0].rpartition("/")[2]
    return size <= _LARGEST_SCRIPT and (
        executable
        or folder in _SCRIPT_FOLDERS
        or name in ("makefile", "procfile", "justfile", "crontab", "jenkinsfile")
    )


def dotted(path: str) -> str:
    """Give the name of a module from its path below the folder that it is imported from."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


# Five fields of time, or a word for them, and a command: crontab(5).
_SCHEDULE: Final = re.compile(
    r"^[ \t]*(?:@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)"
    r"|(?:[\d*][\d*/,-]*[ \t]+){3}[\w*][\w*/,-]*[ \t]+[\w*][\w*/,-]*)[ \t]+[\w/.\[(]",
    re.MULTILINE,
)
_LARGEST_CRONTAB: Final = 8 * 1024


def is_crontab(text: str) -> bool:
    """Whether a text says when cron runs which commands."""
    return _SCHEDULE.search(text) is not None


def may_be_crontab(path: str, size: int) -> bool:
    """Whether a file may say that, of which its name tells nothing: it has any name."""
    name = path.rpartition("/")[2].lower()
    unknown = "." not in name.strip(".") or ("cron" in name and not name.endswith((".py", ".md")))
    return unknown and size <= _LARGEST_CRONTAB and not _NO_SETTINGS.search(path)


@once
def use_of_file(path: str) -> Use | None:
    """PRODUCTION or DEVELOPMENT where the name says so, None where it does not."""
    lower = path.lower()
    name = lower.rpartition("/")[2]
    catalogue = table(ProjectFiles)
    if fits(lower, catalogue.development) or fits(name, catalogue.development) or is_test(lower):
        return Use.DEVELOPMENT
    return Use.PRODUCTION if fits(name, catalogue.production) else None


@once
def use_of_script(path: str) -> Use:
    """DEVELOPMENT or UNCALLED for a shell script that nothing calls.

    One that came along with what browsers get is for those who made that.
    """
    if use_of_file(path) is Use.DEVELOPMENT or _NO_SETTINGS.search(path.lower()):
        return Use.DEVELOPMENT
    words = re.split(r"[^a-z0-9]+", path.lower())
    development = not set(words).isdisjoint(table(ProjectFiles).development_words)
    return Use.DEVELOPMENT if development else Use.UNCALLED


def is_dockerfile(path: str) -> bool:
    """Whether a file's name is a Dockerfile's."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(_NO_DOCKERFILE):
        return False
    return name.startswith(("dockerfile", "containerfile")) or name.endswith(".dockerfile")


def is_compose(path: str) -> bool:
    """Whether a file's name is a compose file's."""
    name = path.rpartition("/")[2].lower()
    return "compose" in name and name.endswith((".yml", ".yaml"))


def is_script(path: str, text: str) -> bool:
    """Whether a file is a shell script."""
    return path.endswith((".sh", ".bash")) or names_shell(text)
