"""Finds the Python that an image starts, its environment, and what is installed in it. Pure."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from email.parser import HeaderParser
from itertools import chain

from packaging.utils import canonicalize_name

from jettison.contents import EntryPoint, Installed, PackedTexts, Trace
from jettison.contents.image_files import ImageFiles, imported_library
from jettison.contents.links import links_of, programs_of
from jettison.contents.reach import INSTALLERS, Observed, Reach
from jettison.contents.started import Python, interpreters_of, python_of, scripts_of, started_words
from jettison.images.entry import Kind
from jettison.index.metadata import parse_entry_points, record_rows
from jettison.values import OWN_FOLDER

METADATA = re.compile(r"(?P<site>/.+)/[^/]+\.(?:dist-info/METADATA|egg-info(?:/PKG-INFO)?)")
SHARED_SITE = re.compile(r"(?:/usr|/usr/local|/root/\.local|/home/[^/]+/\.local)/lib")
# What may start a program with a name that is written down.
STARTING = re.compile(
    rb"subprocess|Popen|\bsystem\(|spawn|which\(|\bexec[lv]p?e?\(|check_(?:call|output)"
)
# One of these is in what the pattern finds: looking for words is ten times as fast.
STARTING_WORDS = (
    b"subprocess", b"Popen", b"system(", b"spawn", b"which(", b"exec", b"check_call",
    b"check_output",
)  # fmt: skip
LIBRARY = re.compile(rb"\blib[\w+-]{1,128}\.so(?:\.\d+)*")
FOUND = re.compile(rb"""(?:find_library|CDLL|LoadLibrary)\(\s*["']([\w.+-]+)["']""")
LOADING_WORDS = (b"find_library", b"CDLL", b"LoadLibrary")
AT_ONCE = re.compile(rb"^(?:import|from)\s+(\w+)", re.MULTILINE)
INSTALLED = "it is installed"


def sites_of(image: ImageFiles) -> Mapping[str, int]:
    """Give the folders that hold distributions, with how many beside installers.

    Those inside another one are copies that a distribution brings along for itself.
    """
    found: Counter[str] = Counter()
    for path in image.files:
        metadata = METADATA.fullmatch(path)
        if metadata:
            name = posixpath.basename(path.removesuffix("/METADATA").removesuffix("/PKG-INFO"))
            found[metadata["site"]] += name.partition("-")[0].lower() not in INSTALLERS
    return {
        site: count
        for site, count in found.items()
        if not any(site.startswith(f"{other}/") for other in found)
    }


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
        path: file.packed
        for path, file in image.files.items()
        if file.packed and _is_application(path, folder, site)
    }
    owners, versions, points = _distributions(image, site)
    return Installed(
        site=site,
        library=_library(image, python),
        files={path: file.size for path, file in inner.items()},
        owners=owners,
        entry_points=tuple(points),
        sources=sources_of(image, site, inner),
        words={},
        application=PackedTexts(application),
        versions=versions,
    )


def sources_of(image: ImageFiles, folder: str, files: Iterable[str]) -> PackedTexts:
    """Give the Python source among files of a folder, by their paths within it."""
    found = {path: image.files.get(f"{folder}/{path}") for path in files if path.endswith(".py")}
    return PackedTexts({path: file.packed for path, file in found.items() if file and file.packed})


def _is_application(path: str, folder: str, site: str) -> bool:
    inside = folder not in ("", "/") and path.startswith(f"{folder}/")
    others = [f"{one}/" for one in (site, f"{folder}/{OWN_FOLDER}") if one]
    return inside and not (path.startswith(tuple(others)) or "site-packages/" in path)


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
        name = canonicalize_name(header["Name"] or "")
        versions[name] = header["Version"] or ""
        for row in record_rows(image.text(f"{folder}/RECORD")):
            if not posixpath.normpath(row[0]).startswith(".."):
                owners[posixpath.normpath(row[0])] = name
        points += (
            EntryPoint(distribution=name, group=point.group, name=point.name, value=point.value)
            for point in parse_entry_points(image.text(f"{folder}/entry_points.txt"))
        )
    return owners, versions, points


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
    for path, content in chain(installed.sources.items(), installed.application.items()):
        named = LIBRARY.finditer(content) if b".so" in content else ()
        loaded = FOUND.finditer(content) if any(map(content.__contains__, LOADING_WORDS)) else ()
        for found in (*named, *loaded):
            yield found[found.lastindex or 0].decode("ascii", "ignore"), path


def imported_at_once(installed: Installed) -> Iterator[str]:
    """Give what distributions import as they are themselves imported, by its first name."""
    for path in installed.sources:
        if path.endswith("/__init__.py") and path.count("/") == 1:
            yield from (one[1].decode() for one in AT_ONCE.finditer(installed.sources[path]))


def _starts_programs(text: bytes) -> bool:
    return any(map(text.__contains__, STARTING_WORDS)) and STARTING.search(text) is not None


def _programs(image: ImageFiles) -> Iterator[tuple[str, str]]:
    """Give the programs that modules of any environment name as they start one."""
    for path, file in image.files.items():
        inside = "/site-packages/" in path or "/dist-packages/" in path
        if not inside or not path.endswith(".py"):
            continue
        inner = path.rpartition("-packages/")[2]
        text = b"" if inner.partition("/")[0] in INSTALLERS else file.text
        if text and _starts_programs(text):
            for name in programs_of(inner, links_of(text)):
                yield name, path
