"""Which words of the rules' catalogue stand in the source of a project."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from jettison.catalogue.reader import table
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
    vocabulary = {word for entry in _entries(closure.facts) for word in entry["words"]}
    vocabulary |= set(_module_names(closure))
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
    found: dict[str, Given] = {}
    for entry in table("dead_weight")["services"]:
        if entry["distribution"] in closure.facts:
            asked = partial(_services, entry=entry)
            found[entry["distribution"]] = _given(loaded, asked, READ)
    for entry in table("dead_weight")["locales"]:
        if entry["distribution"] in closure.facts and "calls" in entry:
            named = partial(locales_named, known=_locale_functions(entry, closure))
            found[entry["distribution"]] = _given(loaded, named, READ)
    for entry in table("dead_weight")["languages"]:
        if entry["distribution"] in closure.facts:
            spoken = _given(loaded, partial(_languages, entry=entry), (*READ, *TEMPLATES))
            default = frozenset({entry["default"]})
            found[entry["distribution"]] = replace(spoken, names=spoken.names or default)
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


def _services(text: str, entry: Mapping[str, Any]) -> frozenset[str]:
    asked = entry["mention"] in text
    return first_arguments(text, entry["methods"]) if asked else frozenset()


def _locale_functions(entry: Mapping[str, Any], closure: Closure) -> LocaleFunctions:
    """What the catalogue knows of a package; only those that it knows may hand its functions on."""
    own = {entry["distribution"], *entry["users"]}
    others = (facts.import_names for name, facts in closure.facts.items() if name not in own)
    return LocaleFunctions(
        package=entry["distribution"],
        calls=entry["calls"],
        words=entry["words"],
        keyword=entry.get("keyword", "locale"),
        named=entry.get("named", ()),
        others=sys.stdlib_module_names.union(*others),
    )


def _languages(text: str, entry: Mapping[str, Any]) -> frozenset[str]:
    """The languages that a text sets, an empty one where it may choose any."""
    if any(word in text for word in entry["words"]):
        return frozenset({""})
    named = re.findall(rf"\b{entry['setting']}\s*=\s*[\"']([\w-]+)[\"']", text)
    computed = len(re.findall(rf"\b{entry['setting']}\b", text)) > len(named)
    return frozenset({*named, *([""] if computed else [])})


def _paths(loaded: Loaded, suffixes: tuple[str, ...] = READ) -> Iterator[str]:
    for path in loaded.tree.files:
        if path.endswith(suffixes) and not is_test(path):
            yield path


def _module_names(closure: Closure) -> Iterator[str]:
    """What the distributions that an unused part brings are imported by."""
    for entry in _entries(closure.facts):
        waiting, seen = list(entry.get("requires", ())), set[str]()
        while waiting:
            name = waiting.pop()
            if name in closure.facts and name not in seen:
                seen.add(name)
                waiting += closure.graph.edges.get(name, ())
                yield from closure.facts[name].import_names


def _entries(distributions: Collection[str]) -> Iterator[Mapping[str, Any]]:
    known = table("dead_weight")
    data = (each for one in known["collections"] for each in _data(one))
    for entry in (*known["optional"], *known["parts"], *known["variants"], *data):
        if entry["distribution"] in distributions:
            yield entry


def _data(collections: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in collections["data"].values():
        yield {"distribution": collections["distribution"], "words": each["words"]}
