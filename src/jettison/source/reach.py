"""What production loads: from the entry points, along imports and strings that name modules."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Conventions
from jettison.source import Circumstance, Import, ModuleFacts, Switch, Text
from jettison.source.conditions import Production
from jettison.source.entries import Entry
from jettison.source.tree import folders_of, is_development_place, is_documentation, is_test
from jettison.source.vocabulary import SourceIndex
from jettison.values import Origin, Skipped, outwards, replace

Loaded = tuple[str, Origin, str]
_APPLICATIONS = "INSTALLED_APPS"
_LONGEST = 1000
"""Characters of the joined assignments of one name."""


def loaded_by_framework(
    facts: ModuleFacts, texts: Iterable[Text], index: SourceIndex
) -> Iterator[Loaded]:
    """Files loaded because of what ``facts`` says: a file, the place that says so, and why."""
    for text in texts:
        if text.target.endswith("_APPS"):
            yield from _application(text, index)
    for call in facts.calls:
        if call.callee in ("pkgutil.iter_modules", "pkgutil.walk_packages"):
            folder = facts.file.rpartition("/")[0]
            above = frozenset(folders_of(facts.file))
            for file in index.modules:
                if file.startswith(folder + "/") and not is_test(file, above):
                    yield file, call.origin, f"{call.callee} over {folder}"


def _application(text: Text, index: SourceIndex) -> Iterator[Loaded]:
    """Find what Django loads of an application: models, migrations, commands people run, ...."""
    found = next(filter(None, map(index.find, outwards(text.value, "."))), None)
    if found is None:
        return
    folder = found.removesuffix("__init__.py")
    if not folder.endswith("/"):  # an AppConfig in a module of the application
        folder = folder.rpartition("/")[0] + "/"
    above = frozenset(folders_of(folder))
    conventions = frozenset(table(Conventions).django.modules)
    folders = tuple(table(Conventions).django.folders)
    for file in sorted(index.modules):
        if not file.startswith(folder) or is_test(file, above):
            continue
        rest = file[len(folder) :].removesuffix(".py")
        head, _, tail = rest.partition("/")
        if rest in conventions or (tail and head in conventions) or rest.startswith(folders):
            yield file, text.origin, f'"{text.value}" in {text.target}'
        elif rest.startswith("management/commands/"):
            yield file, text.origin, f"management command {rest.rpartition('/')[2]}"


class Link(Struct, frozen=True, kw_only=True):
    """One step of a chain: the place in ``origin`` loads ``file``."""

    file: str
    origin: Origin
    why: str


class Reach(Struct, frozen=True, kw_only=True, dict=True):
    """What is loaded from the entries.

    ``links`` has, for each loaded file, the step that loaded it first (breadth first, so chains
    are shortest). ``externals`` maps the full dotted name of each external import to where it is
    imported. ``texts`` are the strings in loaded files, at conditions that hold in production.
    ``left_out`` and ``left_out_texts`` are in loaded files too, under conditions that do not hold.
    ``production`` evaluates conditions of any file at the same values. ``folders`` hold entry
    points or are on the search path, so that their names say nothing about development.
    """

    entries: tuple[Entry, ...]
    links: Mapping[str, Link]
    externals: Mapping[str, tuple[Import, ...]]
    texts: tuple[Text, ...]
    left_out: tuple[Import, ...]
    left_out_texts: tuple[Text, ...]
    production: Production
    folders: frozenset[str] = frozenset()

    def faulty_entry(self, index: SourceIndex) -> Skipped | None:
        """Return what is wrong with an entry's own file; without it nothing can start."""
        faults = (index.modules[entry.file].skipped for entry in self.entries)
        return next((fault for fault in faults if fault is not None), None)

    @cached_property
    def modules(self) -> frozenset[str]:
        """Files that are loaded."""
        return frozenset(self.links)

    def chain(self, file: str) -> tuple[Link, ...]:
        """Return the steps from an entry to a file, the entry first; none when it is not loaded."""
        steps: list[Link] = []
        while (link := self.links.get(file)) is not None and link not in steps:
            steps.append(link)
            file = link.origin.file
        return tuple(reversed(steps))


def reach(
    index: SourceIndex, entries: Iterable[Entry], *, environment: Mapping[str, str] | None = None
) -> Reach:
    """Follow everything that production loads.

    Imports for type checkers are not followed, nor those whose condition is false in production;
    ``environment`` says which settings Django reads. Code under ``if __name__ == "__main__"`` is
    followed in scripts alone.
    """
    return _Search(index, tuple(entries), environment or {}).run()


class _Search:
    def __init__(
        self, index: SourceIndex, entries: tuple[Entry, ...], environment: Mapping[str, str]
    ) -> None:
        self._index = index
        self._entries = entries
        self._links: dict[str, Link] = {}
        self._queue: deque[str] = deque()
        self._externals: dict[str, list[Import]] = {}
        self._texts: list[Text] = []
        self._left_out: list[Import] = []
        self._left_out_texts: list[Text] = []
        self._scripts = {entry.file for entry in entries if entry.script}
        self._switches: dict[str, Switch] = {}
        inner = [f"{root}/." for root in self._application_roots() if root]
        files = [*inner, *(entry.file for entry in entries)]
        self._folders = frozenset(folder for file in files for folder in folders_of(file))
        self._loaded_folders = self._folders
        self._applications: set[str] = set()
        self._production = Production(
            self._switches,
            self._applications,
            frozenset(
                text.value
                for facts in self._index.modules.values()
                for text in facts.texts
                if text.target.endswith("_APPS") and is_development_place(facts.file, self._folders)
            ),
            environment.get("DJANGO_CONFIGURATION", ""),
        )
        self._environment = environment
        self._set_elsewhere = False

    def _application_roots(self) -> tuple[str, ...]:
        """The search path, without folders for development that only their own files need there.

        Where no entry was found, any of those but documentation may hold the application.
        """
        roots, given = self._index.roots, len(self._index.roots) - self._index.inferred
        doubt = roots[given:] if self._entries else filter(is_documentation, roots[given:])
        left_out = {root for root in doubt if is_development_place(f"{root}/.")}
        return (*roots[:given], *(root for root in roots[given:] if root not in left_out))

    def run(self) -> Reach:
        self._set_elsewhere = self._is_set_elsewhere()
        for entry in self._entries:
            self._load(entry.file, entry.origin, entry.why)
        settings = self._environment.get("DJANGO_SETTINGS_MODULE", "")
        file = self._index.find(settings) if settings else None
        if file and not file.endswith("/"):
            self._load(file, Origin(file=file), f"DJANGO_SETTINGS_MODULE={settings}")
        if not self._links:  # whatever runs, these are the switches it can find
            for facts in self._production_modules():
                self._switch(facts)
        self._follow_all()
        for file in self._settings_of_elsewhere():
            self._load(file, Origin(file=file), "settings that DJANGO_SETTINGS_MODULE may name")
        self._follow_all()
        return Reach(
            entries=self._entries,
            links=self._links,
            externals={name: tuple(found) for name, found in sorted(self._externals.items())},
            texts=tuple(self._texts),
            left_out=tuple(self._left_out),
            left_out_texts=tuple(self._left_out_texts),
            production=self._production,
            folders=self._folders,
        )

    def _follow_all(self) -> None:
        while self._queue:
            self._follow(self._index.modules[self._queue.popleft()])

    def _settings_of_elsewhere(self) -> Iterator[str]:
        """Django's settings among which something outside chooses, where nothing leads to any."""
        if any(text.target == _APPLICATIONS for text in self._texts):
            return
        if not any(name.partition(".")[0] == "django" for name in self._externals):
            return
        modules = tuple(self._production_modules())
        whole = {one.file for one in modules if any(t.target == _APPLICATIONS for t in one.texts)}
        for facts in modules:
            stars = (imported for imported in facts.imports if imported.names == ("*",))
            if facts.file in whole or any(whole & {*self._index.resolve(one)} for one in stars):
                yield facts.file

    def _production_modules(self) -> Iterator[ModuleFacts]:
        for facts in self._index.modules.values():
            if not is_development_place(facts.file, self._folders):
                yield facts

    def _is_set_elsewhere(self) -> bool:
        """Whether settings come from a module of the application that a deployment adds."""
        return any(
            imported.names == ("*",)
            and (imported.level or self._index.is_local(imported.module))
            and not self._has(imported)
            for facts in self._production_modules()
            for imported in facts.imports
        )

    def _has(self, imported: Import) -> bool:
        last = imported.module.rpartition(".")[2]
        ends = (f"/{last}.py", f"/{last}/__init__.py")
        return any(f"/{file}".endswith(ends) for file in self._index.resolve(imported))

    def _load(self, file: str, origin: Origin, why: str) -> None:
        for each in (*self._packages_of(file), file):
            if each not in self._links and each in self._index.modules:
                self._links[each] = Link(file=each, origin=origin, why=why)
                self._queue.append(each)
                self._loaded_folders = self._loaded_folders.union(folders_of(each))
                self._switch(self._index.modules[each])

    def _switch(self, facts: ModuleFacts) -> None:
        if self._set_elsewhere:
            return
        for_development = is_development_place(facts.file, self._folders)
        for switch in facts.switches:
            if for_development and switch.name in self._switches:
                continue
            known = self._switches.get(switch.name, switch)
            if known.expression != switch.expression:  # any of them may be the one that counts
                both = f"({switch.expression}) or ({known.expression})"
                known = replace(known, expression=both) if len(both) < _LONGEST else switch
            self._switches[switch.name] = known

    def _packages_of(self, file: str) -> Iterator[str]:
        parts = file.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            package = "/".join([*parts[:end], "__init__.py"])
            if package != file and package in self._index.modules:
                yield package

    def _follow(self, facts: ModuleFacts) -> None:
        for imported in facts.imports:
            if self._runs(imported.circumstance, facts.file):
                self._import(imported)
            else:
                self._left_out.append(imported)
        texts: list[Text] = []
        for text in facts.texts:
            runs = self._runs(text.circumstance, facts.file) and not self._is_default(text)
            (texts if runs else self._left_out_texts).append(text)
        self._texts.extend(texts)
        self._applications.update(t.value for t in texts if t.target.endswith("_APPS"))
        for text in texts:
            self._named(text)
        for file, origin, why in loaded_by_framework(facts, texts, self._index):
            self._load(file, origin, why)

    def _runs(self, circumstance: Circumstance, file: str) -> bool:
        if circumstance.typing_only or (circumstance.main_guard and file not in self._scripts):
            return False
        return self._production.holds(circumstance.condition) is not False

    def _is_default(self, text: Text) -> bool:
        """Whether a text is the value of a variable that production sets itself."""
        settings = self._environment.get("DJANGO_SETTINGS_MODULE")
        return text.role == "setdefault" and settings is not None and text.value != settings

    def _import(self, imported: Import) -> None:
        if imported.module.endswith(".*"):
            package = imported.module.removesuffix(".*")
            tests = is_test(f"{package.replace('.', '/')}/")
            for file in self._index.below(package):
                if tests or not is_test(file):
                    self._load(file, imported.origin, f"import_module({package}.…)")
            if not self._index.is_local(package):
                self._externals.setdefault(package, []).append(imported)
            return
        files = self._index.resolve(imported)
        for file in files:
            self._load(file, imported.origin, f"import {imported.module}")
        if not imported.level and not files and not self._index.find(imported.module):
            self._externals.setdefault(imported.module, []).append(imported)

    def _known(self, text: Text, file: str) -> frozenset[str]:
        """Folders that hold the application; also those of the settings that a script sets."""
        if text.role == "setdefault":
            return self._loaded_folders.union(folders_of(file))
        return self._loaded_folders

    def _named(self, text: Text) -> None:
        """Load the module that a dotted string names, or that of the object it names."""
        name = text.value.partition(":")[0]
        if "." not in name and ":" not in text.value:
            return
        if not self._index.is_local(name):
            return
        file = next(filter(None, map(self._index.find, outwards(name, "."))), "/")
        # A name of test code is for whoever runs the tests; settings for development are a default
        # that a deployment replaces.
        if not file.endswith("/") and not is_development_place(file, self._known(text, file)):
            self._load(file, text.origin, f'"{text.value}"')
