"""Which words of the rules' catalogue stand in the source of a project."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from msgspec.structs import replace

from jettison.catalogue.dead_weight import Language, Locales, Services, dead_weight
from jettison.distributions.graph import Closure
from jettison.lift.usage import Given
from jettison.loading.project import Loaded
from jettison.project.reading import read_text
from jettison.project.source.locales import LocaleFunctions, locales_named
from jettison.project.source.places import is_test
from jettison.project.source.words import first_arguments, words_in
from jettison.values import Origin

READ = (".py", ".sh", ".ipynb")
# What readers of names give for one that is computed.
_ANY = frozenset({""})
TEMPLATES = (".html", ".htm", ".txt", ".xml", ".jinja", ".jinja2", ".j2")


def used_words(loaded: Loaded, closure: Closure) -> Mapping[str, Origin]:
    """Search the source, tests apart, for the words that matter to these distributions."""
    vocabulary = {*_vocabulary(closure.facts), *_module_names(closure)}
    found: dict[str, Origin] = {}
    for path in _paths(loaded) if vocabulary else ():
        text = read_text(loaded.root, path)
        if text is None:
            # What cannot be read may use everything.
            return dict.fromkeys(vocabulary, Origin(file=path))
        found = {**words_in(text, vocabulary, path), **found}
    return found


def given_names(loaded: Loaded, closure: Closure) -> Mapping[str, Given]:
    """The names of data that the source asks distributions for, tests apart."""
    known = dead_weight()
    found: dict[str, Given] = {}
    for services in known.services:
        if services.distribution in closure.facts:
            asked = partial(_services, entry=services)
            found[services.distribution] = _given(loaded, asked, READ)
    for locale in known.locales:
        if locale.distribution in closure.facts and locale.calls:
            named = partial(locales_named, known=_locale_functions(locale, closure))
            found[locale.distribution] = _given(loaded, named, READ)
    for language in known.languages:
        if language.distribution in closure.facts:
            spoken = _given(loaded, partial(_languages, entry=language), (*READ, *TEMPLATES))
            names = spoken.names or frozenset({language.default})
            found[language.distribution] = replace(spoken, names=names)
    return found


def _given(
    loaded: Loaded, read: Callable[[str], frozenset[str]], suffixes: tuple[str, ...]
) -> Given:
    """Read the names in every file; what cannot be read may give any."""
    names: set[str] = set()
    computed: list[Origin] = []
    for path in _paths(loaded, suffixes):
        text = read_text(loaded.root, path)
        found = _ANY if text is None else read(text)
        names |= found - _ANY
        computed += [Origin(file=path)] if found & _ANY else []
    return Given(names=frozenset(names), computed=tuple(computed))


def _services(text: str, entry: Services) -> frozenset[str]:
    asked = entry.mention in text
    return first_arguments(text, entry.methods) if asked else frozenset()


def _locale_functions(entry: Locales, closure: Closure) -> LocaleFunctions:
    """What the catalogue knows of a package; only those that it knows may hand its functions on."""
    own = {entry.distribution, *entry.users}
    others = (facts.import_names for name, facts in closure.facts.items() if name not in own)
    return LocaleFunctions(
        package=entry.distribution,
        calls=entry.calls,
        words=entry.words,
        keyword=entry.keyword,
        named=entry.named,
        others=sys.stdlib_module_names.union(*others),
    )


def _languages(text: str, entry: Language) -> frozenset[str]:
    """The languages that a text sets, an empty one where it may choose any."""
    if any(word in text for word in entry.words):
        return frozenset({""})
    named = re.findall(rf"\b{entry.setting}\s*=\s*[\"']([\w-]+)[\"']", text)
    computed = len(re.findall(rf"\b{entry.setting}\b", text)) > len(named)
    return frozenset({*named, *([""] if computed else [])})


def _paths(loaded: Loaded, suffixes: tuple[str, ...] = READ) -> Iterator[str]:
    for path in loaded.tree.files:
        if path.endswith(suffixes) and not is_test(path):
            yield path


def _module_names(closure: Closure) -> Iterator[str]:
    """What the distributions that an unused part brings are imported by."""
    for entry in dead_weight().optional:
        here = entry.distribution in closure.facts
        waiting, seen = list(entry.requires if here else ()), set[str]()
        while waiting:
            name = waiting.pop()
            if name in closure.facts and name not in seen:
                seen.add(name)
                waiting += closure.graph.edges.get(name, ())
                yield from closure.facts[name].import_names


def _vocabulary(distributions: Collection[str]) -> Iterator[str]:
    known = dead_weight()
    for entry in (*known.optional, *known.parts, *known.variants):
        if entry.distribution in distributions:
            yield from entry.words
    for collection in known.collections:
        if collection.distribution in distributions:
            yield from (word for each in collection.data.values() for word in each.words)
