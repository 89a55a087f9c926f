"""Which modules of the standard library and which bundled libraries can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.applications import LibraryModules, Loaders
from jettison.catalogue.dead_weight import DeadWeight
from jettison.contents import BUNDLED, Installed, StandardLibrary, Trace, module_name
from jettison.contents.links import links_of, needed
from jettison.contents.reach import Reach, Read, Search, touched_modules
from jettison.contents.system import System
from jettison.values import replace

EXTENSIONS = "lib-dynload/"
TOUCHED = "the trace touched it"


def reached_standard(
    installed: Installed,
    trace: Trace,
    reach: Reach,
    kept: Iterable[str] = (),
    read: Read = links_of,
) -> Reach | None:
    """Follow imports through the standard library; None when its files or its users are not known.

    Roots are the modules that the trace saw loaded, what the reached modules of the environment and
    the application import or name, the ``kept`` names, and those that Python imports by itself.
    """
    if installed.standard is None or _installs_pip(installed, read):
        return None
    library = _as_environment(installed, installed.standard)
    terminal = frozenset(table(LibraryModules).at_a_terminal)
    idle = terminal.union(table(LibraryModules).to_test_itself)
    search = LibrarySearch(library, read, idle=idle)
    for name in (*table(LibraryModules).always, *sorted(kept)):
        for each in library.modules.below(name):
            search.reach(each, "Python imports it by itself, or a line of the settings keeps it")
    for name in _touched(library, _beside(trace), terminal):
        search.reach(name, TOUCHED)
    for path, content in sorted(installed.application.items()):
        search.application(path, content)
    for name in reach.modules.keys() - _only_building(installed, trace):
        _from_environment(search, installed, library, name, read)
    search.run()
    return Reach(modules=search.found, unsure=frozenset(search.unsure))


def _installs_pip(installed: Installed, read: Read) -> bool:
    """Whether the application installs pip, which imports what nothing here tells."""
    known = table(LibraryModules).running_pip
    sources = (text for path, text in installed.application.items() if path.endswith(".py"))
    return any(one.module in known for text in sources for one in read(text).imports)


class LibrarySearch(Search):
    """Follows imports, but not those of the library by itself to what is idle or a stand-in.

    A stand-in is a module that it only imports where the one that is written in C is missing.
    ``idle`` are names at the top of it; ``others`` are modules that are no part of the library.
    """

    def __init__(
        self,
        installed: Installed,
        read: Read,
        *,
        idle: frozenset[str],
        others: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(installed, read)
        self._idle_names = idle
        self._others = others
        self._by_itself = False

    def _follow(self, name: str) -> None:
        self._by_itself = not (self._is_idle(name) or name in self._others)
        super()._follow(name)
        self._by_itself = False

    def reach(self, name: str, why: str, *, sure: bool = True) -> None:
        """Keep a module, unless it is idle or a stand-in and only the library leads to it."""
        if not (self._by_itself and (self._is_idle(name) or self._is_stand_in(name))):
            super().reach(name, why, sure=sure)

    def _is_idle(self, name: str) -> bool:
        return name.partition(".")[0] in self._idle_names

    def _is_stand_in(self, name: str) -> bool:
        better = table(LibraryModules).instead_of.get(name, "")
        return better in self._modules or better == "_io"


def _touched(library: Installed, trace: Trace, terminal: frozenset[str]) -> Iterator[str]:
    """Give what was loaded; test tools load modules for a terminal, which the tests do not need."""
    served = frozenset(touched_modules(library, replace(trace, tested=frozenset())))
    for name in sorted(touched_modules(library, trace)):
        if name in served or name.partition(".")[0] not in terminal:
            yield name


def unreached_standard(installed: Installed, reach: Reach) -> Iterator[str]:
    """Give the files of the standard library whose module cannot be reached, without byte code.

    Data files go with the package at the top that they lie in.
    """
    used = {name.partition(".")[0] for name in reach.modules}
    files = installed.standard.files if installed.standard else {}
    packages = {path.partition("/")[0] for path in files if path.endswith("/__init__.py")}
    for path in files:
        name, top = module_name(path.removeprefix(EXTENSIONS)), path.partition("/")[0]
        unreached = name and name not in reach.modules
        data = not name and top in packages - used and not path.endswith(".pyc")
        if unreached or data:
            yield path


def _beside(trace: Trace) -> Trace:
    """The trace as if extension modules lay beside the others."""
    served, tested = (
        frozenset(path.replace(f"/{EXTENSIONS}", "/") for path in paths)
        for paths in (trace.served, trace.tested)
    )
    return replace(trace, served=served, tested=tested)


def _as_environment(installed: Installed, standard: StandardLibrary) -> Installed:
    """The standard library as an environment of its own, extension modules beside the others."""
    return Installed(
        site=installed.library,
        library=installed.library,
        files={path.removeprefix(EXTENSIONS): size for path, size in standard.files.items()},
        owners={},
        entry_points=(),
        sources=standard.sources,
        words={path.removeprefix(EXTENSIONS): words for path, words in standard.words.items()},
        application={},
    )


def _only_building(installed: Installed, trace: Trace) -> frozenset[str]:
    """The modules that only build extensions and the like, where the trace did not see them."""
    known = table(DeadWeight).importers
    return frozenset(known) - frozenset(touched_modules(installed, trace))


def _from_environment(
    search: Search, installed: Installed, library: Installed, name: str, read: Read
) -> None:
    """Take what a module of the environment imports, names, or holds as words."""
    path = installed.modules.files[name]
    source = installed.sources.get(path)
    if source is None:
        for word in installed.words.get(path, ()):
            if word in library.modules and word not in table(LibraryModules).by_chance:
                search.reach(word, f"{path} holds the word {word}")
        return
    links = read(source)
    for imported in needed(links):
        if not imported.level:
            search.imports(imported.module, imported.names, path)
    if (bounded := table(Loaders).bounded.get(name)) and not bounded.names:
        return
    for text in links.texts:
        if text in library.modules and ("." in text or links.dynamic):
            search.reach(text, f"{path} names {text}")


def unneeded_libraries(
    installed: Installed, reach: Reach, trace: Trace, system: System
) -> frozenset[str]:
    """Give the bundled libraries, by their path below site-packages, that no file needs.

    Needed are those that a reached extension module, a touched library, or a library that is needed
    itself asks the loader for.
    """
    inside = f"{installed.site}/"
    named = {path.rpartition("/")[2]: path for path in _bundled(installed, system)}
    gone = {f"{inside}{path}" for name, path in installed.modules.files.items()
            if name not in reach.modules}  # fmt: skip
    pending = [
        path
        for path in system.libraries
        if path not in gone and (path not in named.values() or path in trace.touched)
    ]
    needed = {path for path in named.values() if path in trace.touched}
    while pending:
        for name in system.libraries[pending.pop()]:
            path = named.get(name)
            if path and path not in needed:
                needed.add(path)
                pending.append(path)
    return frozenset(path.removeprefix(inside) for path in named.values() if path not in needed)


def _bundled(installed: Installed, system: System) -> Iterator[str]:
    inside = f"{installed.site}/"
    for path in system.libraries:
        folder, _, name = path.removeprefix(inside).partition("/")
        if path.startswith(inside) and f"{folder}/".endswith(BUNDLED) and "/" not in name:
            yield path
