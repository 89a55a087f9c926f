"""Which declared distribution a module, a program or a word belongs to."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name

from jettison.distributions.facts import DistributionFacts

_PREFIXES = ("python-", "py", "django-", "flask-", "drf-", "python3-", "fastapi-")
_SUFFIXES = (
    "-python",
    "-py",
    "-binary",
    "-client",
    "-sdk",
    "-cffi",
    "-headless",
    "-cpu",
    "-python3",
    "4",
    "3",
    "2",
)


class Owners:
    """Import names and console scripts of the declared distributions.

    A distribution whose facts are missing is looked for under the names that its own name
    suggests: more of them rather than fewer, since a match keeps it.
    """

    def __init__(self, names: Iterable[str], facts: Mapping[str, DistributionFacts]) -> None:
        self._roots: dict[str, list[str]] = {}
        self._programs: dict[str, list[str]] = {}
        self.guessed: set[str] = set()
        self._names = tuple(dict.fromkeys(names))
        for name in self._names:
            known = facts.get(name)
            roots = known.import_names if known and known.import_names else self._guess(name)
            for root in roots:
                self._roots.setdefault(root.lower(), []).append(name)
            for program in _programs_of(name, known):
                self._programs.setdefault(program, []).append(name)

    def _guess(self, name: str) -> set[str]:
        self.guessed.add(name)
        return guessed_import_names(name)

    @property
    def import_names(self) -> frozenset[str]:
        """First parts of every import name, which never belong to a folder of the project."""
        return frozenset(root.partition(".")[0] for root in self._roots)

    def of_module(self, module: str) -> tuple[str, ...]:
        """Distributions that own a dotted name: those with the longest matching root."""
        name = module.lower()
        while name:
            if name in self._roots:
                return tuple(self._roots[name])
            name = name.rpartition(".")[0]
        return ()

    def of_import(self, module: str, names: Iterable[str]) -> tuple[str, ...]:
        """Distributions that ``from module import names`` loads, portions of namespaces too."""
        found = [owner for name in names for owner in self.of_module(f"{module}.{name}")]
        return tuple(dict.fromkeys(found or self.of_module(module)))

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


def _programs_of(name: str, known: DistributionFacts | None) -> Iterable[str]:
    """Its console scripts; the name itself where a release without a wheel does not tell them."""
    if known is None or (known.sdist_only and not known.console_scripts):
        return (name,)
    return known.console_scripts


def guessed_import_names(name: str) -> set[str]:
    """Import names that a distribution's normalized name suggests."""
    bases = {name}
    bases |= {name.removeprefix(prefix) for prefix in _PREFIXES}
    bases |= {name.removesuffix(suffix) for suffix in _SUFFIXES}
    dotted = {name.replace("-", ".", count) for count in (1, 2, 3)}
    found = {each.replace("-", "_") for each in bases | dotted if len(each) > 1}
    return found - sys.stdlib_module_names
