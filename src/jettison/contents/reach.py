"""Which modules of an environment can be reached from what was touched and from the application."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.applications import Bounded, Loaders
from jettison.contents import BUNDLED, EntryPoint, Installed, Modules, Trace, module_name
from jettison.contents.attributes import ANY
from jettison.contents.links import (
    Links,
    absolute,
    is_idle,
    links_of,
    names_in,
    needed,
    on_demand,
    packages,
    programs_of,
    relative,
)
from jettison.contents.system import System
from jettison.ecosystems import TOOLS
from jettison.images.config import Config

_BYTECODE = re.compile(r"__pycache__/([^/]+?)\.[^./]+(?:\.opt-\d)?\.pyc$")
Read = Callable[[bytes], Links]
# What they start serves installations.
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "virtualenv", *TOOLS})


class Reach(Struct, frozen=True, kw_only=True):
    """The modules that stay, by dotted name, each with the reason.

    ``unsure`` are those of them that nothing names, in a package out of which something imports by
    a name that is made at run time. ``programs`` are those that they start, each with the file.
    """

    modules: Mapping[str, str]
    unsure: frozenset[str]
    programs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def reached(
    installed: Installed,
    trace: Trace,
    kept: Iterable[str] = (),
    read: Read = links_of,
    search: Search | None = None,
) -> Reach:
    """Follow everything that a module that stays may import, from the roots on.

    Roots are the touched modules, what the application's source and settings name, the entry points
    of groups that something asks for, and the modules among the ``kept`` paths below site-packages.
    ``search`` follows in a way of its own.
    """
    search = search or Search(installed, read)
    for path in kept:
        search.reach(module_name(path), "a line of the settings keeps it")
    for name in sorted(touched_modules(installed, trace)):
        search.reach(name, "the trace touched it")
    for path, content in sorted(installed.application.items()):
        search.application(path, content)
    search.libraries()
    search.run()
    unsure = frozenset(search.unsure)
    return Reach(modules=search.found, unsure=unsure, programs=search.programs)


def touched_modules(installed: Installed, trace: Trace) -> Iterator[str]:
    """Give the modules that the trace saw loaded, as source, byte code or extension."""
    names = {path: name for name, path in installed.modules.files.items()}
    for path in trace.touched:
        if path.startswith(f"{installed.site}/"):
            inner = source_of(path.removeprefix(f"{installed.site}/"))
            if inner in names:
                yield names[inner]


def source_of(path: str) -> str:
    """Give the source file of byte code, and any other path as it is."""
    return _BYTECODE.sub(r"\1.py", path)


class Search:
    """The modules found so far, and those to look into; ``read`` gives what a source names."""

    def __init__(self, installed: Installed, read: Read) -> None:
        self._installed = installed
        self._modules: Modules = installed.modules
        self._read = read
        self._queue: deque[str] = deque()
        self._texts: set[str] = set(table(Loaders).groups)
        self._waiting: dict[str, list[EntryPoint]] = {}
        for point in installed.entry_points:
            self._waiting.setdefault(point.group, []).append(point)
        self._surely: set[str] = set()
        self._anyhow: set[str] = set()
        self._whole: set[str] = set()
        self._parts: set[str] = set()
        self.found: dict[str, str] = {}
        self.unsure: set[str] = set()
        self.programs: dict[str, str] = {}

    def run(self) -> None:
        """Follow until nothing new is found; entry points are asked for by what was found."""
        self._entry_points()
        while self._queue:
            while self._queue:
                self._follow(self._queue.popleft())
            self._entry_points()

    def reach(self, name: str, why: str, *, sure: bool = True) -> None:
        """Keep a module and the packages that it lies in."""
        known = self._surely if sure else self._anyhow
        inner: list[str] = []
        while name and name not in known and (sure or name not in self._surely):
            inner.append(name)
            name = name.rpartition(".")[0]
        known.update(inner)
        for each in reversed(inner):
            if sure:
                self.unsure.discard(each)
            if each in self._modules.files and each not in self.found:
                self.found[each] = why
                self._queue.append(each)
                if not sure:
                    self.unsure.add(each)

    def application(self, path: str, content: bytes) -> None:
        """Take what a file of the application imports or names; a package named is kept whole."""
        if path.endswith(".py"):
            links = self._read(content)
            for imported in (*links.imports, *links.on_demand):
                if not imported.level:
                    self.imports(imported.module, imported.names, path)
            self._asked(links, path)
            named: Iterable[str] = links.texts
        else:
            named = names_in(content)
        for name in named:
            known = self._modules.known(name)
            if known and ("." in known or name == known):
                whole = known == name and known not in self._whole
                self._whole.update((known,) if whole else ())
                for each in self._modules.below(known) if whole else (known,):
                    self.reach(each, f"{path} names {name}")

    def _follow(self, name: str) -> None:
        path = self._modules.files[name]
        source = self._installed.sources.get(path)
        if source is None:
            self._words(self._modules.package_of(name), path)
            return
        links = self._read(source)
        self._texts |= links.texts
        if path.partition("/")[0] not in INSTALLERS:
            self.programs.update(dict.fromkeys(programs_of(path, links), path))
        package = self._modules.package_of(name)
        self._asked(links, path)
        for imported in (*needed(links), *links.on_demand):
            base = relative(package, imported.level, imported.module)
            self.imports(base, imported.names, path)
        bounded = table(Loaders).bounded.get(name)
        if bounded and not bounded.names:
            return
        for text in links.texts - on_demand(name):
            self._named(name, package, text, path, dynamic=links.dynamic)
        if bounded:
            self._bounded(bounded, path)
            return
        for beginning in links.beginnings:
            why = f"{path} imports out of it by computed names"
            self._all_of(absolute(package, beginning), why)
        if links.computed:
            self._all_of(package, f"{path} loads by a computed name: {links.computed}")

    def _asked(self, links: Links, path: str) -> None:
        """Keep what attributes of a package load that are asked for, by a module or outside."""
        for asked in links.asked:
            package, _, attribute = asked.rpartition(".")
            late = on_demand(package)
            for each in late if attribute == ANY else late & {attribute}:
                if f"{package}.{each}" in self._modules and not is_idle(package, path, each):
                    self.reach(f"{package}.{each}", f"{path} may ask for {package}.{each}")

    def _bounded(self, known: Bounded, path: str) -> None:
        """Follow computed names that are known to be among the texts of some modules."""
        for listing in known.names:
            source = self._installed.sources.get(self._modules.files.get(listing, ""))
            package = self._modules.package_of(listing)
            for text in self._read(source).texts if source else ():
                self._named(listing, package, text, path, dynamic=True)

    def imports(self, base: str, names: Iterable[str], path: str) -> None:
        """Keep what ``from base import names`` loads."""
        known = self._modules.known(base)
        if not known or is_idle(base.partition(".")[0], path, base):
            return
        self.reach(known, f"{path} imports it")
        if base == known and not names and known not in self._modules.files:
            # Nothing is in a namespace but what is looked for below it.
            self._all_of(known, f"{path} imports its namespace")
        if "*" in names:
            names = self._exports(known)
        for name in names:
            if base == known and f"{base}.{name}" in self._modules:
                self.reach(f"{base}.{name}", f"{path} imports it")

    def _exports(self, package: str) -> Iterable[str]:
        """Give what ``from package import *`` loads."""
        source = self._installed.sources.get(self._modules.files.get(package, ""))
        return self._read(source).exports if source else ()

    def _named(self, name: str, package: str, text: str, path: str, *, dynamic: bool) -> None:
        """A text names a module when it is dotted; a plain word only where words are imported."""
        if text.startswith("."):
            known = self._modules.known(absolute(package, text))
            if known.count(".") > package.count("."):
                self.reach(known, f"{path} names {text}")
        elif "." in text:
            known = self._modules.known(text)
            if "." in known:
                self.reach(known, f"{path} names {text}")
        elif (dynamic or package == name) and text != "__main__":
            if f"{package}.{text}" in self._modules:
                self.reach(f"{package}.{text}", f"{path} names {text}")
            if dynamic and text in self._modules:
                self.reach(text, f"{path} names {text}")

    def _all_of(self, package: str, why: str) -> None:
        parts = table(Loaders).parts.get(package)
        needs = parts.needs.items() if parts else ()
        idle = tuple(f"{package}.{part}." for part, wanted in needs if self._idle(part, wanted))
        found = () if package in self._parts else sorted(self._modules.below(package))
        self._parts.add(package)
        for each in found:
            if not f"{each}.".startswith(idle):
                self.reach(each, why, sure=False)

    def _idle(self, part: str, drivers: Iterable[str]) -> bool:
        """Whether a part of a package cannot work here, and the application never names it."""
        if not set(self._installed.owners.values()).isdisjoint(drivers):
            return False
        word = part.encode()
        return not any(word in content for content in self._installed.application.values())

    def libraries(self) -> None:
        """Take what libraries name that are no modules by their names but may be loaded."""
        extensions = set(self._modules.files.values())
        for path in self._installed.words.keys() - extensions:
            # What auditwheel puts there are libraries of the system, which know nothing of Python.
            if BUNDLED not in path:
                self._words(posixpath.dirname(path).replace("/", "."), path)

    def _words(self, package: str, path: str) -> None:
        """Compiled code names what it imports too, relative names without their dots."""
        around = list(packages(package))
        words = self._installed.words.get(path, frozenset())
        for late, known in table(Loaders).on_demand.items():
            own = path.startswith((f"{late}/", *known.silent))
            # A compiled module asks for an attribute by its bare name.
            for each in on_demand(late) & words if late in words and not own else ():
                self.reach(f"{late}.{each}", f"{path} holds the words {late} and {each}")
        for word in words:
            if "." in word and word in self._modules:
                self.reach(word, f"{path} holds the word {word}")
            for each in around:
                if f"{each}.{word}" in self._modules and word not in on_demand(each):
                    self.reach(f"{each}.{word}", f"{path} holds the word {word}")

    def _entry_points(self) -> None:
        """Keep what distributions offer to a group that something which stays names."""
        asked = sorted(self._waiting.keys() & self._texts)
        self._texts.clear()
        for point in (one for group in asked for one in self._waiting.pop(group)):
            package, _, inner = point.module.partition(".")
            # a program of such a part leaves with it
            if inner.partition(".")[0] not in on_demand(package):
                why = f"it is an entry point of {point.group}"
                self.reach(self._modules.known(point.module), why)


class Observed(Struct, frozen=True, kw_only=True):
    """The evidence for what is removed of an image that was built.

    ``standard`` are the reached modules of the standard library and ``system`` what lies around the
    environment, None when not read. ``interpreters`` are programs with a script that names each,
    ``scripts`` those of a shell behind the start command, ``libraries`` what Python source names,
    ``at_once`` modules imported with their distribution, ``imported`` the standard library's files.
    With ``apart`` the rules made the image and took files out of it. ``said`` are instructions for
    what its base is configured with, None where they are not known.
    """

    installed: Installed
    trace: Trace
    reach: Reach
    standard: Reach | None = None
    system: System | None = None
    python: str = ""
    interpreters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    scripts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    libraries: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    at_once: frozenset[str] = frozenset()
    config: Config | None = None
    imported: frozenset[str] = frozenset()
    apart: bool = False
    said: tuple[str, ...] | None = None

    @property
    def traced(self) -> bool:
        """Whether the image was watched, so that what was not touched may be unneeded."""
        return bool(self.trace.method)
