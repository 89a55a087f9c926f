"""Files of an image and what its package databases and its standard library say of them. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from jettison.contents import Packed, module_name
from jettison.contents.links import absolute
from jettison.contents.system import PROGRAMS, System, SystemPackage
from jettison.errors import InputSyntaxError
from jettison.formats.debian_control import installed, paragraphs, parse_provides, parse_relations
from jettison.images.config import Config
from jettison.images.entry import Kind

STATUS = "/var/lib/dpkg/status"
STATES = "/var/lib/apt/extended_states"
LISTING = re.compile(r"/var/lib/dpkg/info/(?P<name>[^/:]+)(?::[^/]+)?\.list")
ALPINE = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
WORLD = "/etc/apk/world"
VERSION = re.compile(r"[<>=~@].*")

Real = Callable[[str], str]
"""Gives a folder without links on the way to it."""


def debian_packages(
    status: str, listings: Mapping[str, str], real: Real
) -> Iterator[SystemPackage]:
    """Read dpkg's status and its lists of files by package. Raises InputSyntaxError."""
    for fields in installed(status):
        name = fields["Package"]
        needs = (
            *parse_relations(fields.get("Pre-Depends", "")),
            *parse_relations(fields.get("Depends", "")),
        )
        yield SystemPackage(
            name=name,
            needs=tuple(tuple(relation.name for relation in each) for each in needs),
            recommends=tuple(
                tuple(relation.name for relation in each)
                for each in parse_relations(fields.get("Recommends", ""))
            ),
            provides=tuple(each.name for each in parse_provides(fields.get("Provides", ""))),
            paths=frozenset(_real_paths(listings.get(name, "").splitlines(), real)),
        )


def automatic(states: str) -> frozenset[str]:
    """Give the packages that apt installed because others need them."""
    found = paragraphs(states.splitlines())
    return frozenset(
        each["Package"] for each in found if each.get("Auto-Installed") == "1" and "Package" in each
    )


def alpine_packages(installed: str, real: Real) -> Iterator[SystemPackage]:
    """Read the database of apk: paragraphs of lines that begin with a letter."""
    for paragraph in installed.split("\n\n"):
        lines = [line.partition(":")[::2] for line in paragraph.splitlines()]
        fields = dict(reversed(lines))
        if "P" in fields:
            needs = (each for each in fields.get("D", "").split() if not each.startswith("!"))
            yield SystemPackage(
                name=fields["P"],
                needs=tuple((VERSION.sub("", each),) for each in needs),
                provides=tuple(VERSION.sub("", each) for each in fields.get("p", "").split()),
                paths=frozenset(_real_paths(_alpine_paths(lines), real)),
            )


def _alpine_paths(lines: list[tuple[str, str]]) -> Iterator[str]:
    folder = ""
    for letter, value in lines:
        if letter == "F":
            folder = value
        elif letter == "R":
            yield posixpath.join("/", folder, value)


def world(text: str) -> frozenset[str]:
    """Give the packages that were requested of apk."""
    return frozenset(VERSION.sub("", each) for each in text.split())


def _real_paths(paths: Iterator[str] | list[str], real: Real) -> Iterator[str]:
    folders: dict[str, str] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = real(folder)
        yield f"{folders[folder]}/{name}"


EXECUTABLE = 0o111
SHEBANG = re.compile(r"#![ \t]*(?P<program>\S+)(?:[ \t]+(?:-S[ \t]+)?(?P<word>\S+))?")
_SCRIPT = b"#!"
_PATH = "/usr/local/bin:/usr/bin:/bin"


class ImageFile(Struct, frozen=True, kw_only=True):
    """A file or link of an image.

    ``target`` is what a link leads to. ``needed`` are the libraries that an ELF file asks for, None
    for any other file; ``packed`` is the text of files that are read. A further name of the same
    file has no ``size``. ``digest`` is that of the content,
    owner and mode of a file that can have a second name, empty for any other.
    """

    kind: Kind
    mode: int = 0o644
    size: int = 0
    target: str = ""
    needed: tuple[str, ...] | None = None
    packed: Packed | None = None
    digest: bytes = b""

    @property
    def text(self) -> bytes | None:
        """The text of a file that was read, unpacked each time; None of any other."""
        return self.packed.content() if self.packed else None

    @property
    def is_script(self) -> bool:
        """Whether its first line names what interprets it."""
        return self.packed is not None and self.packed.starts_with(_SCRIPT)


class ImageFiles(Struct, frozen=True, kw_only=True, dict=True):
    """An image by absolute paths.

    ``of_base`` are the packages that its base image had, or that were requested in it.
    """

    files: Mapping[str, ImageFile]
    config: Config
    of_base: frozenset[str] = frozenset()

    def text(self, path: str) -> str:
        """Give the text of a file; empty when it is not there or was not read."""
        found = self.files.get(path)
        return ((found and found.text) or b"").decode("utf-8", "replace")

    def folder_of(self, path: str) -> str:
        """Give a folder without links on the way to it."""
        parts, real = path.strip("/").split("/"), ""
        for part in parts if path.strip("/") else ():
            step = f"{real}/{part}"
            found = self.files.get(step)
            target = found.target if found and found.kind is Kind.SYMLINK else ""
            real = posixpath.normpath(posixpath.join(real or "/", target)) if target else step
        return real

    @cached_property
    def on_path(self) -> Mapping[str, list[tuple[int, str, str]]]:
        """Give by name what lies in folders of the PATH, with their numbers.

        Of each its path as the PATH names the folder, and without links.
        """
        folders: dict[str, tuple[int, str]] = {}
        for number, folder in enumerate(self.config.env.get("PATH", _PATH).split(":")):
            folders.setdefault(self.folder_of(folder), (number, folder))
        found: dict[str, list[tuple[int, str, str]]] = {}
        for path in self.files:
            above, _, name = path.rpartition("/")
            if above in folders:
                number, folder = folders[above]
                found.setdefault(name, []).append((number, posixpath.join(folder, name), path))
        return found

    @cached_property
    def system(self) -> System:
        """What lies around the environments: files, links, libraries, packages.

        A damaged package database is as good as none.
        """
        plain = {path: file for path, file in self.files.items() if file.kind is Kind.FILE}
        try:
            packages = {each.name: each for each in self._packages()}
        except InputSyntaxError:
            packages = {}
        return System(
            files={path: file.size for path, file in plain.items()},
            links={p: f.target for p, f in self.files.items() if f.kind is Kind.SYMLINK},
            libraries={path: f.needed for path, f in plain.items() if f.needed is not None},
            packages=packages,
            environment=self.config.env,
            manual=frozenset(self._manual(packages)),
            digests={path: file.digest for path, file in plain.items() if file.digest},
            interpreted=dict(self._interpreted(plain)),
        )

    def _interpreted(self, plain: Mapping[str, ImageFile]) -> Iterator[tuple[str, str]]:
        """The programs that are scripts, each with what interprets it."""
        for path, file in plain.items():
            script = file.is_script and posixpath.dirname(path) in PROGRAMS
            if found := SHEBANG.match(self.text(path)) if script else None:
                by_env = found["program"].endswith("/env") and found["word"]
                yield path, found["word"] if by_env else found["program"]

    @cached_property
    def _listings(self) -> Mapping[str, str]:
        """The lists of files by the name of the package."""
        found = ((LISTING.fullmatch(path), path) for path in self.files)
        return {match["name"]: path for match, path in found if match}

    def _packages(self) -> Iterator[SystemPackage]:
        """The packages of whatever manages them here."""
        lists = {name: self.text(path) for name, path in self._listings.items()}
        yield from debian_packages(self.text(STATUS), lists, self.folder_of)
        for path in ALPINE:
            yield from alpine_packages(self.text(path), self.folder_of)

    def _manual(self, packages: Mapping[str, SystemPackage]) -> Iterator[str]:
        """The packages that were requested on top of the base image."""
        asked = world(self.text(WORLD)) or packages.keys() - automatic(self.text(STATES))
        yield from (asked & packages.keys()) - self.of_base


# What an interpreter imports as it starts, and what text is read and written with.
AT_START = (
    *("abc", "codecs", "io", "os", "runpy", "site", "stat"),
    *("encodings.aliases", "encodings.ascii", "encodings.idna", "encodings.latin_1"),
    "encodings.utf_8",
)
_IMPORT = (
    rb"(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t(]+(?P<names>[\w, \t]+)"
    rb"|import[ \t]+(?P<modules>[\w., \t]+))"
)
ANYWHERE = re.compile(rb"^[ \t]*" + _IMPORT, re.MULTILINE)
AT_ONCE = re.compile(rb"^" + _IMPORT, re.MULTILINE)
WORD = re.compile(r"[\w.]+")


def imported_library(image: ImageFiles, library: str) -> frozenset[str]:
    """Give the Python files of the standard library, below its folder, that imports lead to.

    All imports of the environment and the application count, and of the library's own modules those
    that are carried out as the module is loaded. This is for what may be missed without harm:
    a name that is made at run time is not followed.
    """
    inside = f"{library}/"
    sources: dict[str, tuple[str, Packed]] = {}
    pending = list(AT_START)
    for path, file in image.files.items():
        if not path.endswith(".py") or not (file.packed and file.packed.size):
            continue
        inner = path.removeprefix(inside)
        if library and path.startswith(inside) and not inner.startswith("site-packages/"):
            sources[module_name(inner)] = (inner, file.packed)
        else:
            pending += _imported(file.packed.content(), ANYWHERE, "")
    return frozenset(sources[name][0] for name in _closure(pending, sources))


def _closure(pending: list[str], sources: Mapping[str, tuple[str, Packed]]) -> Iterable[str]:
    found: dict[str, None] = {}
    while pending:
        parts = pending.pop().split(".")
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            if name in found or name not in sources:
                continue
            found[name] = None
            path, text = sources[name]
            package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
            pending += _imported(text.content(), AT_ONCE, package)
    return found


def _imported(text: bytes, pattern: re.Pattern[bytes], package: str) -> Iterator[str]:
    """Give the modules that a source imports, and what it imports from them, as either may be."""
    for found in pattern.finditer(text):
        module = (found["module"] or b"").decode("ascii", "replace")
        base = absolute(package, module)
        for each in (
            (found["names"] or found["modules"] or b"").decode("ascii", "replace").split(",")
        ):
            word = WORD.search(each)
            name = word[0] if word else ""
            yield f"{base}.{name}" if module else name
