"""What the application uses at run time, by its source, its scripts and its start commands."""

from __future__ import annotations

import posixpath
import re
import shlex
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, Language, Locales, ServiceData
from jettison.catalogue.packaging import ProjectFiles, Tools
from jettison.formats.shell import parse as parse_shell
from jettison.index.graph import Closure
from jettison.lift import Project
from jettison.lift.build_context import feeding_stages
from jettison.lift.health_probe import probe_of_check, python_check_of_service, script_of_check
from jettison.lift.scopes import ScopeInputs
from jettison.lift.search_path import INTERPRETERS
from jettison.lift.stage import lifted, lifted_stage
from jettison.lift.stages import services_of, stages_beside
from jettison.lift.usage import BUILDING, SCRIPT, UNCALLED, Given, Usage, usage_of
from jettison.source import Commands, Use
from jettison.source.operations_collect import called_scripts
from jettison.source.operations_lines import made_by_steps
from jettison.source.reading import Sources, read_text
from jettison.source.tree import folders_of, is_test, names_of
from jettison.source.vocabulary import LocaleFunctions, first_arguments, locales_named, words_in
from jettison.tasks.loading.project import Loaded
from jettison.tasks.loading.services import MODULE
from jettison.values import Evidence, Origin, Toward, replace
from jettison.verify import Importable, Reachable

# A language as a text of source names it, and the folder of the translations into one.
LANGUAGE = re.compile(r"""["']([a-z]{2,3}(?:[-_][A-Za-z]{2,4})?)["']""")
CATALOGUE = re.compile(r"(?:^|/)([A-Za-z]{2,3}(?:[_-]\w+)?)/LC_MESSAGES/")
# Commands of other files, which no name tells.
_INCLUDING = "[include]"
KINDS = {Use.UNCALLED: UNCALLED, Use.BUILD: BUILDING}


def used(
    project: Project,
    texts: Mapping[str, str],
    sources: Sources,
    commands: Commands,
    inputs: ScopeInputs,
) -> Usage:
    """Put together the uses that production has; texts are relative to the root of the project."""
    checks, others = _health_checks(project), _other_services(project)
    elsewhere = _other_stages(project)
    own = [
        each
        for each in commands.commands
        if each.source not in others
        and (each.origin.file, each.origin.line) not in elsewhere
        and not (each.use is Use.BUILD and each.origin.file != project.dockerfile_path)
    ]
    made = made_by_steps(own, commands.commands)
    outer = [c for c in (*own, *made) if c.source not in commands.scripts]
    uses = called_scripts(texts, outer, project.dockerfile_path)
    scripts = [
        (parse_shell(texts[path], origin=Origin(file=path, line=1)), KINDS.get(use, SCRIPT))
        for path, use in uses.items()
        if use is not Use.DEVELOPMENT
    ]
    scripts += [(parse_shell(shlex.join(c.words), origin=c.origin), BUILDING) for c in made]
    started = [
        (command.words, command.origin)
        for command in own
        if command.use is Use.PRODUCTION
        and command.words not in checks
        and uses.get(command.source, Use.PRODUCTION) is Use.PRODUCTION
    ]
    externals = inputs.reach.externals.items()
    imports = {name: tuple(each.origin for each in places) for name, places in externals}
    known, loaded = lifted(project).environment.keys(), inputs.reach.modules
    named = {origin.file for _, origin in started}
    lists = {path for path in named if path in texts and _INCLUDING not in texts[path]}
    found = usage_of(sources.modules, scripts, started, imports, loaded, known=known, lists=lists)
    zones = (*found.zones, *_zones(project))
    return replace(found, zones=zones, absent=inputs.absent, homes=commands.homes)


def _zones(project: Project) -> Iterator[Evidence]:
    """The local time that the compose file sets, of which the C library asks the system's zones."""
    for service in services_of(project):
        for variable in service.environment:
            if variable.name == "TZ":
                message = f"the service {service.name} sets TZ"
                yield Evidence.of("time-zone", message, variable.origin)


def _other_services(project: Project) -> frozenset[str]:
    """Services on other images, or on other stages: what they run is not in this image."""
    services = project.compose.services if project.compose else ()
    own = {each.name for each in services_of(project)}
    return frozenset(
        f"{project.compose_path} service {each.name}"
        for each in services
        if each.name not in own and (each.build or each.image)
    )


def _other_stages(project: Project) -> frozenset[tuple[str, int | None]]:
    """The lines of stages that the image does not begin with: their steps leave no program."""
    chain = {stage.index for stage in (*lifted(project).chain, *stages_beside(project))}
    return frozenset(
        (project.dockerfile_path, line)
        for stage in project.dockerfile.stages
        if stage.index not in chain
        for item in stage.instructions
        for line in range(item.origin.at, (item.origin.end_line or 0) + 1)
    )


def _health_checks(project: Project) -> frozenset[tuple[str, ...]]:
    """The words of health checks that ask with Python soon: the application does not call them."""
    found: set[tuple[str, ...]] = set()
    stage = lifted(project)
    if (script := script_of_check(stage)) and probe_of_check(stage):
        found.update(command.words for command in script.programs)
    for service in project.compose.services if project.compose else ():
        asks = python_check_of_service(service, stage)
        rewritten = service.healthcheck if asks else None
        test = rewritten.test if rewritten else ()
        if test[:1] == ("CMD",):
            found.add(test[1:])
        elif test:
            asked = parse_shell(test[-1], origin=Origin(file=project.compose_path or ""))
            found.update(command.words for command in asked.programs)
    return frozenset(found)


READ = (".py", ".sh", ".ipynb")
_ANY = frozenset({""})  # what readers of names give for one that is computed
TEMPLATES = (".html", ".htm", ".txt", ".xml", ".jinja", ".jinja2", ".j2")


def used_words(loaded: Loaded, closure: Closure) -> Mapping[str, Origin]:
    """Search the source, tests apart, for words of distributions and the host, names of keys."""
    keys = {name for path in loaded.tree.files for name in names_of(path)}
    own = {*keys, *table(Tools).of_the_host.words, *INTERPRETERS}
    vocabulary = {*_vocabulary(closure.facts), *_module_names(closure), *own}
    found: dict[str, Origin] = {}
    for path in _paths(loaded):
        text = read_text(loaded.root, path)
        if text is None:
            # What cannot be read may use everything.
            return dict.fromkeys(vocabulary, Origin(file=path))
        found = {**words_in(text, vocabulary, path), **found}
    return found


def given_names(loaded: Loaded, closure: Closure) -> Mapping[str, Given]:
    """The names of data that the source asks distributions for, tests apart."""
    known = table(DeadWeight)
    found: dict[str, Given] = {}
    for services in known.services:
        if services.distribution in closure.facts:
            asked = partial(_services, entry=services)
            found[services.distribution] = _given(loaded, asked, READ)
    for locale in known.locales:
        if locale.distribution in closure.facts and locale.calls:
            functions = _locale_functions(locale, closure)
            given = _given(loaded, partial(locales_named, known=functions), READ)
            found[locale.distribution] = _choosing(loaded, given, locale, functions)
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


def _choosing(loaded: Loaded, given: Given, entry: Locales, functions: LocaleFunctions) -> Given:
    """Add the application's own languages where all that it does is choose among them."""
    words = tuple(word for word in entry.words if word not in entry.choosing)
    named = partial(locales_named, known=replace(functions, words=words))
    other = _given(loaded, named, READ) if given.computed and entry.choosing else given
    if other.computed or other is given:
        return given
    literals = _given(loaded, lambda text: frozenset(LANGUAGE.findall(text)), READ)
    spoken = {found[1] for path in loaded.tree.files if (found := CATALOGUE.search(path))}
    return replace(given, names=other.names, spoken=literals.names | spoken)


def _services(text: str, entry: ServiceData) -> frozenset[str]:
    return first_arguments(text, entry.methods) if entry.mention in text else frozenset()


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
        # a folder such as ``quiz_test`` may hold the application
        if path.endswith(suffixes) and not is_test(path, frozenset(folders_of(path))):
            yield path


def _module_names(closure: Closure) -> Iterator[str]:
    """What the distributions that an unused part brings are imported by."""
    for entry in table(DeadWeight).optional:
        here = entry.distribution in closure.facts
        for name in closure.graph.reached(entry.requires if here else ()):
            if name in closure.facts:
                yield from closure.facts[name].import_names


def _vocabulary(distributions: Collection[str]) -> Iterator[str]:
    known = table(DeadWeight)
    for entry in (*known.optional, *known.parts, *known.variants):
        if entry.distribution in distributions:
            yield from entry.words
    for collection in known.collections:
        if collection.distribution in distributions:
            yield from (word for each in collection.data.values() for word in each.words)


def reachable(inputs: ScopeInputs, python: str) -> Reachable:
    """Name every file that production loads as it is imported, and every module from outside.

    ``python`` is the minor version that the distributions were chosen for.
    """
    reach, index = inputs.reach, inputs.index
    entries = {entry.file for entry in reach.entries}
    named = [(index.module_name(file), file) for file in sorted(reach.modules)]
    externals = {
        name: next(each.origin for each in places if not each.circumstance.optional)
        for name, places in reach.externals.items()
        if any(not each.circumstance.optional for each in places)
    }
    return Reachable(
        python=python,
        roots=index.roots,
        modules=tuple(
            Importable(name=name, entry=file in entries)
            for name, file in named
            if MODULE.fullmatch(name) and not name.endswith("__main__")
        ),
        externals=externals,
        environment=inputs.commands.environment,
    )


SUBMODULE = re.compile(r"^\s*path\s*=\s*(\S.*?)\s*$", re.MULTILINE)


def absent_parts(root: Path, project: Project) -> Iterator[Evidence]:
    """What the image gets and is not here: submodules, folders and modules that a COPY names."""
    for path in SUBMODULE.findall(read_text(root, ".gitmodules") or ""):
        if not any((root / path).glob("*")):
            place = Origin(file=".gitmodules")
            yield _absent(f"{path} is a submodule that is not checked out", place)
    for stage in feeding_stages(lifted(project)):
        made = lifted_stage(project, stage)
        for item, copied in made.copies:
            for source in copied.sources if copied.stage is None else ():
                path = posixpath.normpath(made.expanded(source).lstrip("/") or ".")
                if _is_absent(path, project):
                    yield _absent(f"{path} is not here, which the image gets", item.origin)


def _is_absent(path: str, project: Project) -> bool:
    """Whether a path that may hold Python is neither a file nor a folder of the context."""
    holds_python = "." not in posixpath.basename(path)[1:] or path.endswith(".py")
    if path == "." or not holds_python or "://" in path or set(path) & set("*?[<"):
        return False
    known = any(f"{file}/".startswith(f"{path}/") for file in project.files)
    return not (known or {*path.split("/")} & {*table(ProjectFiles).made})


def _absent(message: str, origin: Origin) -> Evidence:
    return Evidence(kind="absent", message=message, origin=origin, toward=Toward.RUNTIME)
