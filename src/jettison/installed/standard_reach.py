"""Which modules of the standard library can be reached from an environment and an application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.catalogue.reader import table
from jettison.installed.environment import Installed, StandardLibrary, module_name
from jettison.installed.links import links_of
from jettison.installed.reach import Reach, Read, Search, touched_modules
from jettison.trace.values import Trace

EXTENSIONS = "lib-dynload/"


def reached_standard(
    installed: Installed,
    trace: Trace,
    reach: Reach,
    kept: Iterable[str] = (),
    read: Read = links_of,
) -> Reach | None:
    """Follow imports through the standard library; None when its files are not known.

    Roots are the modules that the trace saw loaded, what the reached modules of the environment and
    the application import or name, the ``kept`` names, and those that Python imports by itself.
    """
    if installed.standard is None:
        return None
    library = _as_environment(installed, installed.standard)
    search = Search(library, read)
    for name in (*table("standard_library")["always"], *kept):
        for each in library.modules.below(name):
            search.reach(each, "Python imports it by itself, or a line of the settings keeps it")
    for name in sorted(touched_modules(library, trace)):
        search.reach(name, "the trace touched it")
    for path, content in sorted(installed.application.items()):
        search.application(path, content)
    for name in reach.modules:
        _from_environment(search, installed, library, installed.modules.files[name], read)
    search.run()
    return Reach(modules=search.found, unsure=frozenset(search.unsure))


def unreached_standard(installed: Installed, reach: Reach) -> Iterator[str]:
    """Give the files of the standard library whose module cannot be reached, without byte code."""
    for path in installed.standard.files if installed.standard else ():
        name = module_name(path.removeprefix(EXTENSIONS))
        if name and name not in reach.modules:
            yield path


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


def _from_environment(
    search: Search, installed: Installed, library: Installed, path: str, read: Read
) -> None:
    """Take what a module of the environment imports, names, or holds as words."""
    source = installed.sources.get(path)
    if source is None:
        for word in installed.words.get(path, ()):
            if word in library.modules:
                search.reach(word, f"{path} holds the word {word}")
        return
    links = read(source)
    for imported in links.imports:
        if not imported.level:
            search.imports(imported.module, imported.names, path)
    for text in links.texts:
        if text in library.modules and ("." in text or links.dynamic):
            search.reach(text, f"{path} names {text}")
