"""The inputs with what several collectors ask of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.applications import Conventions
from jettison.index import DistributionFacts
from jettison.lift.scopes import ScopeInputs, Signal, Weight
from jettison.source import Circumstance, Import, Text
from jettison.source.literals import word_roles
from jettison.source.tree import folders_of, is_development_place, is_test
from jettison.values import Evidence, Origin, Toward, outwards

_PREFIXES = ("python-", "py", "django-", "flask-", "drf-", "python3-", "fastapi-")
_SUFFIXES = (
    "-python", "-py", "-binary", "-client", "-sdk", "-cffi", "-headless", "-cpu", "-python3", "4",
    "3", "2"
)  # fmt: skip


class Owners:
    """Import names and console scripts of the declared distributions.

    A distribution whose facts are missing is looked for under the names that its own name
    suggests: more of them rather than fewer, since a match keeps it.
    """

    def __init__(self, names: Iterable[str], facts: Mapping[str, DistributionFacts]) -> None:
        self._roots: dict[str, list[str]] = {}
        self._programs: dict[str, list[str]] = {}
        self._parts: dict[tuple[str, str], list[str]] = {}
        self.guessed: set[str] = set()
        # A program of the same name may be the system's: only a reason to keep.
        self.unsure: set[str] = set()
        self._names = dict.fromkeys(names)
        for name in self._names:
            known = facts.get(name)
            roots = known.import_names if known and known.import_names else self._guess(name)
            for root in roots:
                self._roots.setdefault(root.lower(), []).append(name)
            if _programs_are_guessed(known):
                self.unsure.add(name)
            for program in _programs_of(name, known):
                self._programs.setdefault(program, []).append(name)
            for point in known.entry_points if known else ():
                program, _, kind = point.group.partition(".")
                if kind == "commands":
                    self._parts.setdefault((program, point.name), []).append(name)

    def _guess(self, name: str) -> set[str]:
        self.guessed.add(name)
        return guessed_import_names(name)

    @property
    def import_names(self) -> frozenset[str]:
        """First parts of every import name, which never belong to a folder of the project."""
        return frozenset(root.partition(".")[0] for root in self._roots)

    def of_module(self, module: str) -> tuple[str, ...]:
        """Distributions that own a dotted name: those with the longest matching root."""
        found = (self._roots[name] for name in outwards(module.lower(), ".") if name in self._roots)
        return tuple(next(found, ()))

    def of_import(self, module: str, names: Iterable[str]) -> tuple[str, ...]:
        """Distributions that ``from module import names`` loads, portions of namespaces too."""
        found = [owner for name in names for owner in self.of_module(f"{module}.{name}")]
        return tuple(dict.fromkeys(found or self.of_module(module)))

    def of_namespace(self, name: str) -> tuple[str, ...]:
        """Distributions with a portion of a namespace package."""
        portions = (own for root, own in self._roots.items() if root.startswith(f"{name}."))
        return tuple(dict.fromkeys(owner for own in portions for owner in own))

    def of_word(self, word: str) -> tuple[str, ...]:
        """Distributions that a single word names: an import name, or the distribution's own."""
        return self.of_module(word.replace("-", "_"))

    def of_distribution(self, name: str) -> tuple[str, ...]:
        """The declared distribution of this name, none when it is not declared."""
        normalized = canonicalize_name(name)
        return (normalized,) if normalized in self._names else ()

    def of_program(self, program: str) -> tuple[str, ...]:
        """Distributions that put a program on PATH."""
        return tuple(self._programs.get(program, ()))

    def of_part(self, program: str, word: str) -> tuple[str, ...]:
        """Distributions that give a program one of its commands, as ``celery flower``."""
        return tuple(self._parts.get((program, word), ()))


def _programs_of(name: str, known: DistributionFacts | None) -> Iterable[str]:
    """Its console scripts; the name itself where a release without a wheel does not tell them."""
    return known.console_scripts if known and not _programs_are_guessed(known) else (name,)


def _programs_are_guessed(known: DistributionFacts | None) -> bool:
    return known is None or (known.sdist_only and not known.console_scripts)


def guessed_import_names(name: str) -> set[str]:
    """Import names that a distribution's normalized name suggests."""
    bases = {name}
    bases |= {name.removeprefix(prefix) for prefix in _PREFIXES}
    bases |= {name.removesuffix(suffix) for suffix in _SUFFIXES}
    dotted = {name.replace("-", ".", count) for count in (1, 2, 3)}
    found = {each.replace("-", "_") for each in bases | dotted if len(each) > 1}
    return found - sys.stdlib_module_names


_LOADERS = frozenset(
    {"importlib.import_module", "__import__", "importlib.util.find_spec", "pkgutil.iter_modules",
     "pkgutil.walk_packages", "werkzeug.utils.import_string",
     "django.utils.module_loading.import_string"}
)  # fmt: skip

_RUNS = frozenset({"main", "console_main", "run", "Run", "run_pylint", "run_module"})

# Below this share of the application's files an entry point was probably missed.
_LEAST_SHARE = 0.3


class Context:
    """What the collectors work on."""

    def __init__(self, inputs: ScopeInputs) -> None:
        self.inputs = inputs
        self.names = tuple(dict.fromkeys(each.name for each in inputs.declared))
        self.declared = frozenset(self.names)
        self.owners = Owners(self.names, inputs.distributions)

    def facts(self, name: str) -> DistributionFacts | None:
        """Facts of a distribution, None when nothing could be learned."""
        return self.inputs.distributions.get(name)

    def is_reached(self, file: str) -> bool:
        """Whether production loads a file, as far as that can be followed."""
        return file in self.inputs.reach.modules

    @cached_property
    def _production(self) -> frozenset[str]:
        files = (*self.inputs.reach.modules, *self.inputs.programs)
        reached = (folder for file in files for folder in folders_of(file))
        return self.inputs.reach.folders.union(reached, self._parts, self._django_applications())

    def _django_applications(self) -> Iterator[str]:
        """Folders with commands or migrations of Django, which may be called ``devel``."""
        for file in self.inputs.index.modules:
            for mark in ("/management/commands/", "/migrations/__init__.py"):
                if mark in file:
                    yield file.partition(mark)[0]

    @cached_property
    def _parts(self) -> frozenset[str]:
        """Packages inside packages: what they are called is what that part is about."""
        suffix = "/__init__.py"
        packages = {f.removesuffix(suffix) for f in self.inputs.index.modules if f.endswith(suffix)}
        words = frozenset(table(Conventions).development.inner)
        parts = (folder.rpartition("/") for folder in packages)
        return frozenset(
            f"{above}/{name}" for above, _, name in parts if above in packages and name in words
        )

    def serves_development(self, file: str) -> bool:
        """Whether a file's path is that of tests, tools and the like; production may load it.

        Tests that other code of the application imports, as for samples of data, are such code;
        what a script imports that nothing calls stays a test.
        """
        return is_development_place(file, self._production) and file not in self._lent_tests

    @cached_property
    def _lent_tests(self) -> frozenset[str]:
        index, production = self.inputs.index, self._production
        pending = [
            file
            for file in index.modules
            if not is_development_place(file, production)
            and (self.is_reached(file) or self._may_lend(file))
        ]
        found: set[str] = set()
        while pending:
            for imported in index.modules[pending.pop()].imports:
                if imported.circumstance.main_guard or not self.may_run(imported.circumstance):
                    continue
                files = (file for file in index.resolve(imported) if file in index.modules)
                fresh = {file for file in files if is_test(file, production)} - found
                found |= fresh
                pending += fresh
        return frozenset(found)

    def _may_lend(self, file: str) -> bool:
        """Whether a file is more than a script, of which nothing is seen that calls it."""
        scripts = {"script", "scripts"}.intersection(file.split("/")[:-1])
        return not self.inputs.reach.entries or (self.is_of_package(file) and not scripts)

    @cached_property
    def followed(self) -> bool:
        """Whether what production loads is known well.

        It is not when no entry point was found, or when reached code loads modules whose names it
        computes: then application code that was not reached counts as if it were.
        """
        if self.reached_share < _LEAST_SHARE:
            return False
        return not any(
            call.callee in _LOADERS and (not call.arguments or call.arguments[0] is None)
            for file in self.inputs.reach.modules
            for call in self.inputs.index.modules[file].calls
        )

    @cached_property
    def reached_share(self) -> float:
        """Share of the application's files that production is seen to load, 0 to 1."""
        files = [f for f in self.inputs.index.modules if not self.serves_development(f)]
        reached = sum(self.is_reached(file) for file in files)
        return reached / len(files) if files else 0.0

    def counts_as_loaded(self, file: str) -> bool:
        """Whether production loads a file, or may, as most of the application was not reached."""
        if self.reached_share < _LEAST_SHARE and not self.serves_development(file):
            return True
        return self.is_reached(file)

    @cached_property
    def left_out(self) -> frozenset[Import]:
        """Imports in reached files that do not run in production."""
        return frozenset(self.inputs.reach.left_out)

    def may_run(self, circumstance: Circumstance) -> bool:
        """Whether code of a file that was not reached could run in production."""
        if circumstance.typing_only:
            return False
        return self.inputs.reach.production.holds(circumstance.condition) is not False

    def weight_of_unreached(self) -> Weight:
        """Say how much a use in application code that was not reached says."""
        if self.followed:
            return Weight.FAINT
        return Weight.FAIR if self.reached_share >= _LEAST_SHARE else Weight.STRONG

    def is_script(self, imported: Import) -> bool:
        """Whether a file is run by itself and not imported: it is part of no package."""
        return imported.circumstance.main_guard or not self.is_of_package(imported.file)

    def is_of_package(self, file: str) -> bool:
        """Whether a file is part of a package of the application."""
        folder = file.rpartition("/")[0]
        beside = f"{folder}/__init__.py" if folder else "__init__.py"
        return beside in self.inputs.index.modules

    def runs(self, tool: str) -> bool:
        """Whether code of the application names what runs a tool, as ``pytest.main``."""
        files = self.inputs.index.modules.values()
        own = (facts for facts in files if not self.serves_development(facts.file))
        names = (name for facts in own for name, _ in facts.names_used())
        return any(n.startswith(f"{tool}.") and n.rpartition(".")[2] in _RUNS for n in names)

    def is_external(self, imported: Import) -> bool:
        """Whether an import leads out of the project."""
        if imported.level or imported.module.endswith(".*"):
            return False
        return not self.inputs.index.resolve(imported)

    def names_package(self, text: Text) -> tuple[str, ...]:
        """Distributions that a string names."""
        value = text.value.partition(":")[0]
        if value == "egg":  # of PasteDeploy: egg:distribution#entry point
            return self.owners.of_distribution(text.value.removeprefix("egg:"))
        if "://" in text.value or "+" in value:
            return ()
        if "." in value:
            return () if self.inputs.index.is_local(value) else self.owners.of_module(value)
        if ":" in text.value or not _may_be_package(text):
            return ()
        return () if self.inputs.index.is_local(value) else self.owners.of_word(value)


def _may_be_package(text: Text) -> bool:
    if text.role in word_roles() or text.target in word_roles():
        return True
    return is_setting(text)


def is_setting(text: Text) -> bool:
    """Whether a string is assigned to a setting whose values are loaded."""
    return _settings().fullmatch(text.target) is not None


@cache
def _settings() -> re.Pattern[str]:
    return re.compile("|".join(table(Conventions).settings))


def toward_runtime(
    name: str, weight: Weight, kind: str, message: str, origin: Origin | None
) -> Signal:
    """Make a signal that a requirement is needed in production."""
    return _signal(name, weight, kind, message, origin, Toward.RUNTIME)


def toward_development(
    name: str, weight: Weight, kind: str, message: str, origin: Origin | None
) -> Signal:
    """Make a signal that a requirement serves development."""
    return _signal(name, weight, kind, message, origin, Toward.DEVELOPMENT)


def _signal(  # noqa: PLR0917  # called twice, above
    name: str, weight: Weight, kind: str, message: str, origin: Origin | None, toward: Toward
) -> Signal:
    evidence = Evidence(kind=kind, message=message, origin=origin, toward=toward)
    return Signal(name=name, weight=weight, evidence=evidence)
