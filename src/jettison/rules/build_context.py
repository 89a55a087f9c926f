"""Keep files that the image does not need out of the build context.

`COPY . .` takes everything that lies in the folder: the history of the project, a local environment
built for another machine, caches, tests, and the `.env` file with passwords, which then can be read
in the image for ever. `.dockerignore` keeps them out, and the build context small.

Source: docs.docker.com, "Build context", .dockerignore files, and "Build secrets"; each pattern of
the catalogue names its own.

Safe: files that a stage of the Dockerfile copies or mounts by name, and modules that production
imports, stay in; so do files in folders that a web server serves or renders, whatever they are
called (a `.gitignore` below `static` has an address), secrets and caches apart; a compose file or a
Dockerfile that is a template of the application; the history of the project where a step or the
application asks git for it, or the project is installed and takes its version from there; a file of
settings that the application may read when nothing else gives it to it; and a key, certificate or
log that the source, the Dockerfile, a script or a file of settings names. A pattern that only may
be useless at run time is used for tests alone, when nothing imports them, no path of the source
leads to them, no other stage or Dockerfile beside makes an image for development from the whole
context, and no compose file has a service for tests from this one. Settings that have the name of a
program that is started stay, too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.errors import InputSyntaxError
from jettison.formats.compose import parse as parse_compose
from jettison.formats.dockerfile import COPIES, Stage, copy, mounts, parse
from jettison.formats.dockerignore_proposal import Proposal, propose
from jettison.lift import Project
from jettison.lift.build_context import feeding_stages
from jettison.lift.repeated_commands import reads_history
from jettison.lift.stage import lifted
from jettison.lift.stages import services_of
from jettison.lift.usage import SCRIPT, Usage
from jettison.plan import Finding, Plan
from jettison.plan.changes import IgnorePaths
from jettison.rules.rule import Rule
from jettison.source import Use, is_compose, is_dockerfile, use_of_file
from jettison.source.operations_images import is_for_development
from jettison.source.tree import NAMED_FILE, RUNS_TESTS, is_test, names_of
from jettison.source.vocabulary import TESTS_NAMED
from jettison.values import Basis, Evidence, Origin, Size, counted, folders_above, human

# Words in the names of files that only show what settings there are.
TEMPLATES = ("example", "sample", "template", "dist")


def settings_that_are_read(project: Project, usage: Usage) -> tuple[str, ...]:
    """Files that production may read from the image and that compose does not give it.

    Paths are relative to the context; files that are ignored already are not among them.
    """
    known = table(Tools).settings_readers
    modules = tuple(known.modules)
    if not any(name.startswith(modules) for name in usage.imports):
        return ()
    services = services_of(project)
    given = {posixpath.normpath(path) for service in services for path in service.env_file}
    return tuple(
        path
        for path in project.files
        if any(fnmatchcase(path, pattern) for pattern in known.files)
        and not any(word in path for word in TEMPLATES)
        and not is_test(path)
        and project.in_context(path) not in given
        and not (project.ignore and project.ignore.ignores(path))
    )


NAME = "build-context"
# Categories that are kept out although their patterns are not certain by themselves: production
# was followed along its imports, and secrets do not belong in an image.
KEYS = frozenset({"**/*.pem", "**/*.key"})
# A folder that is copied by its name for what such files hold.
CERTIFICATES = re.compile(r"(^|[/_.-])(certs?|certificates?|ssl|tls|keys?|pem|ca|pki)($|[/_.-])")
DECIDED = frozenset({"secrets", "tests"})
# Folders whose files are served or rendered by their names.
SERVED = re.compile(
    r"(^|/)(static\w*|public|assets|media|templates?|www|htdocs|webroot|html|frontend|dist)/"
)
# What a template of Jinja says and neither Compose nor Docker understands.
TEMPLATE = re.compile(r"\{%[-+]?\s*\w|\{\{[-+]?\s*[A-Za-z_]")
# What a script runs tests with, or a folder of theirs.
TESTING = re.compile(rf"{RUNS_TESTS}|(?<![\w-])tests?/\S")
# The name of a compose file or service that runs tests.
TEST = re.compile(r"(^|[^a-z])(tests?|testing|pytest|ci)([^a-z]|$)")
# Files that may name a key or certificate for what runs in the image.
SETTINGS = re.compile(r"\.(conf|ini|cfg|toml|ya?ml|json|sh|env)$")
NAMED = re.compile(r"(?<![\w@.+-])[\w@.+-]*(?:/[\w@.+-]+)+/?|(?<=\bcd )[\w@.+-]+")
# What may be a program in a command.
CALLED = re.compile(r"(?<![\w./-])[A-Za-z][\w-]+(?![\w./-])")
NEVER_SERVED = re.compile(
    r"(^|/)(\.(git|hg|svn|ssh|aws|venv|env[^/]*)|__pycache__|node_modules|venv|id_\w+)(/|$)"
    r"|\.(py[cod]|pem|key|p12|pfx|kdbx|sw[op])$"
)


def detect(plan: Plan) -> Iterator[Finding]:
    """Find paths of the context that no line of the ignore file keeps out."""
    project = plan.project
    if not any(copied.stage is None for _, copied in plan.stage.copies):
        return
    read = settings_that_are_read(project, plan.usage)
    needed = [source for item in _copies(plan) for source in item]
    needed += [*read, *_named_by_stages(plan.original), *_served(project.files)]
    needed += [*plan.withheld(NAME), *_named_files(plan), *_templates(plan.original)]
    commands = [*_scripts(plan), *_steps(plan.original)]
    needed += [".git"] if reads_history(plan.original, commands, plan.usage) else []
    needed += _named(commands, project.files)
    # a program reads the settings that have its name
    called = {*plan.usage.started, *(word for text in commands for word in CALLED.findall(text))}
    stems = ((path, path.rpartition("/")[2].partition(".")[0]) for path in project.files)
    needed += [path for path, stem in stems if stem in called]
    elsewhere = TESTS_NAMED in plan.usage.words or any(map(TESTING.search, commands))
    elsewhere = elsewhere or _runs_tests_elsewhere(plan.original)
    prefix = project.prefix
    needed += [file.removeprefix(prefix) for file in plan.loaded if file.startswith(prefix)]
    certificates = any(CERTIFICATES.search(path) for sources in _copies(plan) for path in sources)
    proposals = [
        proposal
        for proposal in propose(_files(plan), project.ignore, needed, _given(project))
        if (proposal.certain or proposal.category in DECIDED)
        and not (proposal.category == "tests" and elsewhere)
        and not (proposal.pattern in KEYS and certificates)
    ]
    kept = tuple(_kept(plan, path) for path in read)
    if not proposals:
        yield from kept
        return
    count = sum(item.amount.bytes for item in proposals)
    files = sum(item.amount.files for item in proposals)
    entries = tuple(
        (pattern, item.category)
        for item in proposals
        for pattern in (item.pattern, *item.exceptions)
    )
    saving = Size(bytes=count, basis=Basis.MEASURED, source="files of the context that they match")
    yield Finding.of(
        (
            f"{counted(len(entries), 'pattern keeps', 'patterns keep')} "
            f"{counted(files, 'file')} ({human(count)}) out"
        ),
        tuple(_evidence(item) for item in sorted(proposals, key=_weight)),
        IgnorePaths(entries=entries),
        saving=saving,
    )
    yield from kept


def _given(project: Project) -> set[str]:
    """The files of variables that compose gives to containers, relative to the context."""
    files = (posixpath.normpath(path) for one in services_of(project) for path in one.env_file)
    prefix = project.prefix
    return {path.removeprefix(prefix) for path in files if path.startswith(prefix)}


def _served(paths: Iterable[str]) -> Iterator[str]:
    """The files that a web server may serve or render."""
    for path in paths:
        if SERVED.search(path) and not NEVER_SERVED.search(path):
            yield path


def _files(plan: Plan) -> dict[str, int]:
    """The files of the context, and those that the plan adds, which weigh nothing yet."""
    project = plan.project
    prefix, new = project.prefix, {*project.texts, project.ignore_path} - set(plan.original.texts)
    added = {path.removeprefix(prefix): 0 for path in new if path.startswith(prefix)}
    return {**project.files, **added}


def _kept(plan: Plan, path: str) -> Finding:
    place = Origin(file=plan.project.in_context(path))
    evidence = Evidence(kind="settings", message=f"{path} is copied into the image", origin=place)
    message = (
        f"{path} kept: the application may read it; give it to the container instead "
        "(env_file, --env-file), so that it is not in the image for ever"
    )
    return Finding.advice(message, evidence)


def _copies(plan: Plan) -> list[tuple[str, ...]]:
    return [copied.sources for _, copied in plan.stage.copies if copied.stage is None]


def _weight(item: Proposal) -> int:
    return -item.amount.bytes


def _evidence(item: Proposal) -> Evidence:
    amount = (
        f"{counted(item.amount.files, 'file')}, {human(item.amount.bytes)}"
        if item.amount.files
        else "none yet"
    )
    return Evidence(
        kind="ignore", message=f"{item.pattern}: {item.reason} ({amount}; {item.source})"
    )


def _named_by_stages(project: Project) -> tuple[str, ...]:
    """The paths of the context that stages name in COPY and ADD or mount, those of others too."""
    stages = (*project.dockerfile.stages, *(stage for stage, _ in _others(project)))
    return tuple(dict.fromkeys(source for stage in stages for source in _sources(stage)))


def _templates(project: Project) -> Iterator[str]:
    """The compose files and Dockerfiles that the application fills in, and gives to others."""
    for path, text in project.texts.items():
        named = is_compose(path) or is_dockerfile(path)
        if named and path.startswith(project.prefix) and TEMPLATE.search(text):
            yield path.removeprefix(project.prefix)


def _runs_tests_elsewhere(project: Project) -> bool:
    """Whether an image for development or tests takes the whole context, and so its tests."""
    if any(map(TEST.search, _services_built(project))):
        return True
    return any(
        development and any(posixpath.normpath(source) == "." for source in _sources(stage))
        for stage, development in _others(project)
    )


def _services_built(project: Project) -> Iterator[str]:
    """The services of any compose file that have the Dockerfile, each as file and name."""
    for path, text in project.texts.items():
        try:
            services = parse_compose(text, file=path).services if is_compose(path) else ()
        except InputSyntaxError:
            continue
        for service in services:
            if (build := service.build) is not None:
                place = (posixpath.dirname(path), build.context, build.dockerfile or "Dockerfile")
                if posixpath.normpath(posixpath.join(*place)) == project.dockerfile_path:
                    yield f"{path}:{service.name}"


def _scripts(plan: Plan) -> Iterator[str]:
    """The scripts of the image; one may run the tests when it is asked to."""
    uses = (use for uses in plan.usage.programs.values() for use in uses if use.kind == SCRIPT)
    for path in sorted({use.origin.file for use in uses if use.origin}):
        yield plan.original.texts.get(path, "")


def _steps(project: Project) -> Iterator[str]:
    for stage in project.dockerfile.stages:
        yield from (item.text for item in stage.instructions if item.keyword == "RUN")


def _named(commands: Iterable[str], files: Collection[str]) -> Iterator[str]:
    """The files and folders of the context that commands name with their folder."""
    known = folders_above(files).union(files)
    deepest = max((path.count("/") + 1 for path in known), default=0)
    for text in commands:
        for word in NAMED.findall(text):
            parts = [part for part in word.split("/") if part not in ("", ".")]
            ends = (
                "/".join(parts[start:]) for start in range(max(0, len(parts) - deepest), len(parts))
            )
            yield from [end for end in ends if end in known][:1]


def _named_files(plan: Plan) -> Iterator[str]:
    """The keys, certificates and others that the source, the Dockerfile or settings name."""
    project = plan.original
    known = {path: names for path in project.files if (names := names_of(path))}
    texts = "\n".join(
        text
        for path, text in (project.texts.items() if known else ())
        if (SETTINGS.search(path) or path == project.dockerfile_path)
        and path != project.compose_path
        and use_of_file(path) is not Use.DEVELOPMENT
    )
    for path, names in known.items():
        named = NAMED_FILE.search(path) and posixpath.basename(path) in texts
        if named or not plan.usage.words.keys().isdisjoint(names):
            yield path


def _others(project: Project) -> Iterator[tuple[Stage, bool]]:
    """The stages of other images, and whether each is for development by its name."""
    own = {stage.index for stage in feeding_stages(lifted(project))}
    for stage in project.dockerfile.stages:
        if stage.index not in own:
            yield stage, is_for_development(stage.name or "")
    beside = posixpath.dirname(project.dockerfile_path)
    for path, text in project.texts.items():
        if path == project.dockerfile_path or posixpath.dirname(path) != beside:
            continue
        if is_dockerfile(path):
            development = use_of_file(path) is Use.DEVELOPMENT
            try:
                stages = parse(text, file=path).stages
            except InputSyntaxError:
                continue
            yield from ((stage, development) for stage in stages)


def _sources(stage: Stage) -> Iterator[str]:
    for item in stage.instructions:
        if item.keyword in COPIES and copy(item).stage is None:
            yield from copy(item).sources
        if item.keyword == "RUN":
            bound = (mount for mount in mounts(item) if mount.type == "bind" and not mount.from_)
            yield from (mount.source for mount in bound if mount.source)


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
