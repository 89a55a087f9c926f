"""Finds the Python that an image starts, its environment, and what is installed in it. Pure."""

from __future__ import annotations

import configparser
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from email.parser import HeaderParser

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Loaders
from jettison.contents.environment import EntryPoint, Installed, Trace
from jettison.contents.image import EXECUTABLE, ImageFiles, imported_library
from jettison.contents.links import links_of
from jettison.contents.reach import Observed, Reach
from jettison.ecosystems import TOOLS
from jettison.images.config import Config
from jettison.images.entry import Kind
from jettison.index.metadata import record_rows

PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)(?P<minor>3(?:\.\d+)?)?")
SHELL = re.compile(r"#!\s*\S*(?:/|\s)(?:ba|da|a|k|z)?sh\b")
WORD = re.compile(r"[\w./+-]+")
# What a shell reads, executable or not.
READ_BY_SHELL = re.compile(
    r"(?:^|[\s;&|(])(?:\.|source|(?:/\S+/)?(?:ba|da|a|k|z)?sh)\s+(?:-\w+\s+)*([\w./-]+)"
)
METADATA = re.compile(r"(?P<site>/.+)/[^/]+\.(?:dist-info/METADATA|egg-info(?:/PKG-INFO)?)")
SHARED_SITE = re.compile(r"(?:/usr|/usr/local|/root/\.local|/home/[^/]+/\.local)/lib")
SHEBANG = re.compile(r"#!\s*(?P<program>\S+)(?:\s+(?:-S\s+)?(?P<word>\S+))?")
# What may start a program with a name that is written down.
STARTING = re.compile(
    rb"subprocess|Popen|\bsystem\(|spawn|which\(|\bexec[lv]p?e?\(|check_(?:call|output)"
)
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "virtualenv", *TOOLS})
LIBRARY = re.compile(rb"\blib[\w+-]{1,128}\.so(?:\.\d+)*")
FOUND = re.compile(rb"""(?:find_library|CDLL|LoadLibrary)\(\s*["']([\w.+-]+)["']""")
AT_ONCE = re.compile(rb"^(?:import|from)\s+(\w+)", re.MULTILINE)
INSTALLED = "it is installed"
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
    """Give the programs that interpret scripts of no package, by name or path, each with one."""
    found = {python.path: "the start command"} if python else {}
    for path, file in image.files.items():
        text = file.text or b""
        if not text.startswith(b"#!") or not file.mode & EXECUTABLE or path in image.system.owners:
            continue
        script = SHEBANG.match(text[:LONGEST].decode("utf-8", "replace"))
        for program in (script["program"], script["word"]) if script else ():
            if program and not program.startswith("-"):
                found.setdefault(program, path)
    return found


def sites_of(image: ImageFiles) -> Mapping[str, int]:
    """Give the folders that hold distributions, with how many beside installers."""
    found: Counter[str] = Counter()
    for path in image.files:
        metadata = METADATA.fullmatch(path)
        if metadata:
            name = posixpath.basename(path.removesuffix("/METADATA").removesuffix("/PKG-INFO"))
            found[metadata["site"]] += name.partition("-")[0].lower() not in INSTALLERS
    return found


def site_of(image: ImageFiles, python: Python | None) -> str:
    """Give the folder of the distributions that the application uses.

    It is the one below the interpreter's environment that has any, or the one that has the most.
    """
    sites = sites_of(image)
    own = [site for site in sites if python and sites[site] and _is_of(site, python)]
    ranked = sorted(own or sites, key=lambda site: (-sites[site], site))
    return ranked[0] if ranked else ""


def _is_of(site: str, python: Python) -> bool:
    """Whether an interpreter looks for modules in a folder, of its own or of a user."""
    if python.prefix in ("/usr", "/usr/local"):
        return bool(SHARED_SITE.match(site))
    return site.startswith(f"{python.prefix}/lib")


def installed_in(image: ImageFiles, python: Python | None, folder: str) -> Installed:
    """Read the environment, and the application in ``folder``."""
    site = site_of(image, python)
    below = f"{site}/"
    inner = {
        path.removeprefix(below): file
        for path, file in image.files.items()
        if site and path.startswith(below) and file.kind is Kind.FILE
    }
    application = {
        path: file.text
        for path, file in image.files.items()
        if file.text is not None and _is_application(path, folder, below)
    }
    owners, versions, points = _distributions(image, site)
    return Installed(
        site=site,
        library=_library(image, python),
        files={path: file.size for path, file in inner.items()},
        owners=owners,
        entry_points=tuple(points),
        sources={
            path: file.text
            for path, file in inner.items()
            if path.endswith(".py") and file.text is not None
        },
        words={},
        application=application,
        versions=versions,
    )


def _is_application(path: str, folder: str, site: str) -> bool:
    inside = folder not in ("", "/") and path.startswith(f"{folder}/")
    return inside and not (path.startswith(site) or "site-packages/" in path)


def _library(image: ImageFiles, python: Python | None) -> str:
    """Give the folder of the standard library of an interpreter."""
    prefix = posixpath.dirname(posixpath.dirname(python.program)) if python else ""
    found = (
        posixpath.dirname(path)
        for path in image.files
        if path.startswith(f"{prefix}/lib/python3") and path.endswith("/os.py")
    )
    return min(found, key=len, default="")


def _distributions(
    image: ImageFiles, site: str
) -> tuple[dict[str, str], dict[str, str], list[EntryPoint]]:
    """Give the owners of files below a folder, the versions of distributions, and entry points."""
    owners: dict[str, str] = {}
    versions: dict[str, str] = {}
    points: list[EntryPoint] = []
    for path in image.files:
        metadata = METADATA.fullmatch(path)
        if not site or not metadata or metadata["site"] != site or not path.endswith("/METADATA"):
            continue
        folder = posixpath.dirname(path)
        header = HeaderParser().parsestr(image.text(path), headersonly=True)
        name = normal_name(header["Name"] or "")
        versions[name] = header["Version"] or ""
        for row in record_rows(image.text(f"{folder}/RECORD")):
            if not posixpath.normpath(row[0]).startswith(".."):
                owners[posixpath.normpath(row[0])] = name
        points += _points(name, image.text(f"{folder}/entry_points.txt"))
    return owners, versions, points


def normal_name(name: str) -> str:
    """Give the name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _points(distribution: str, text: str) -> Iterator[EntryPoint]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError):  # the latter for a second section after no value
        return
    for group in parser.sections():
        for name, value in parser.items(group):
            yield EntryPoint(distribution=distribution, group=group, name=name, value=value)


def as_observed(image: ImageFiles) -> Observed:
    """Give what is in an image that nobody watched: all of its modules count as reached."""
    config = image.config
    words = started_words(config)
    python = python_of(image, words)
    installed = installed_in(image, python, config.working_directory)
    reach = Reach(
        modules=dict.fromkeys(installed.modules.files, INSTALLED),
        unsure=frozenset(),
        programs=dict(_programs(image)),
    )
    nothing = Trace(served=frozenset(), tested=frozenset(), method="")
    return Observed(
        installed=installed,
        trace=nothing,
        reach=reach,
        system=image.system,
        python=python.program if python else "",
        interpreters=interpreters_of(image, python),
        scripts=scripts_of(image, words),
        libraries=dict(libraries_named(installed)),
        at_once=frozenset(imported_at_once(installed)),
        config=config,
        imported=imported_library(image, installed.library),
    )


def libraries_named(installed: Installed) -> Iterator[tuple[str, str]]:
    """Give the libraries that Python files of the environment and the application name."""
    for path, content in {**installed.sources, **installed.application}.items():
        for found in (*LIBRARY.finditer(content), *FOUND.finditer(content)):
            yield found[found.lastindex or 0].decode("ascii", "ignore"), path


def imported_at_once(installed: Installed) -> Iterator[str]:
    """Give what distributions import as they are themselves imported, by its first name."""
    for path, source in installed.sources.items():
        if path.endswith("/__init__.py") and path.count("/") == 1:
            yield from (found[1].decode() for found in AT_ONCE.finditer(source))


def _programs(image: ImageFiles) -> Iterator[tuple[str, str]]:
    """Give the programs that modules of any environment name as they start one."""
    for path, file in image.files.items():
        inside = "/site-packages/" in path or "/dist-packages/" in path
        if not inside or not path.endswith(".py") or not file.text:
            continue
        inner = path.rpartition("-packages/")[2]
        quiet = inner.partition("/")[0] in INSTALLERS or inner in table(Loaders).for_people
        if not quiet and STARTING.search(file.text):
            for name in links_of(file.text).programs:
                yield name, path
