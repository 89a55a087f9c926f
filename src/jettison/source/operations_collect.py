"""Collects the commands and settings of all text files of a project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.packaging import ProjectFiles
from jettison.formats.shell import ALONE
from jettison.formats.shell import parse as parse_shell
from jettison.formats.shell.words import assignments
from jettison.source import (
    Commands,
    Text,
    Use,
    UsedCommand,
    is_compose,
    is_crontab,
    is_dockerfile,
    is_script,
    use_of_file,
    use_of_script,
)
from jettison.source.literals import may_name, word_roles
from jettison.source.operations_images import (
    compose_commands,
    compose_environment,
    dockerfile_commands,
    dockerfile_environment,
    has_services,
    shell_commands,
)
from jettison.source.operations_lines import (
    COPIED,
    builds,
    commands_in,
    documented_commands,
    is_makefile,
    with_called_targets,
    with_variables,
)
from jettison.values import Origin, by_key

_KEY = re.compile(r"""^\s*(?:-\s+)?(?:export\s+)?["']?(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]""")
# A name that matters has a dot, a colon or a plus sign in it, except where one word is enough.
_MARK = re.compile(r"\w[.+]\w|\w:[\w/]")
_VALUE = re.compile(r"[A-Za-z_][A-Za-z0-9_.+:-]*(?://)?")


def settings_in(file: str, text: str) -> Iterator[Text]:
    """Every dotted name and URL of a text, with the key in front of it as its role."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("#", ";", "//")):
            continue
        key = _KEY.match(line)
        role = key["key"] if key else ""
        if role not in word_roles() and not _MARK.search(line):
            continue
        for match in _VALUE.finditer(line, key.end() if key else 0):
            value = match[0].rstrip(":.") if "://" not in match[0] else match[0]
            if role != "PYTHONBREAKPOINT" and may_name(value, "", role):
                yield Text(file=file, line=number, value=value, target=role, role=role)


_EVERY_LINE = re.compile(
    r"(^|/)(makefile|gnumakefile|justfile|\.justfile|tox\.ini|jenkinsfile|crontab)[^/]*$|\.mk$|"
    r"(^|/)\.(github|gitlab|circleci|travis|drone|pre-commit|buildkite)|pipelines|taskfile|"
    r"cloudbuild|buildspec|appveyor",
    re.IGNORECASE,
)
_SETTINGS = re.compile(r"\b(DJANGO_SETTINGS_MODULE)\s*=\s*[\"']?([\w.]+)")
_ORDER = (Use.PRODUCTION, Use.BUILD, Use.UNCALLED, Use.DEVELOPMENT)


# `-v models:/root/.cache`, the same in a list of a compose file, `--mount type=bind,…`
_HOME_MOUNT = re.compile(
    r"(-v|--volume|^\s*-)[ =][\"']?[^\s\"':]+:/root(/|[\s:\"']|$)|"
    r"type=(bind|volume),\S*(target|dst|destination)=/root\b"
)


def collect(
    texts: Mapping[str, str],
    *,
    dockerfile: str | None = None,
    target: str | None = None,
    compose: str | None = None,
    service: str | None = None,
    documents: Mapping[str, str] | None = None,
) -> Commands:
    """Read commands, variables and settings; ``dockerfile`` and ``service`` are the ones meant.

    ``documents`` tell people what to run in the container, which makes it production's as well.

    Other Dockerfiles and compose services count as production too, unless their names speak of
    development: a worker may be built from another file of the same source.
    """
    found: list[UsedCommand] = []
    for path, text in sorted(texts.items()):
        chosen = path == dockerfile
        if is_dockerfile(path):
            goal = target if chosen else None
            found += dockerfile_commands(path, text, chosen=chosen, target=goal)
        elif is_compose(path) or has_services(path, text):
            found += compose_commands(path, text, service=service if path == compose else None)
        elif not is_script(path, text):
            found += _in_file(path, text)
    for path, text in sorted((documents or {}).items()):
        found += documented_commands(path, text)
    scripts = called_scripts(texts, found, dockerfile)
    for path, use in scripts.items():
        found += _of_script(path, texts[path], use)
    environment = _set_by_scripts(texts, scripts)
    if dockerfile is not None and dockerfile in texts:
        environment |= dockerfile_environment(dockerfile, texts[dockerfile], target=target)
    if compose is not None and compose in texts:
        environment |= compose_environment(compose, texts[compose], service=service, texts=texts)
    return Commands(
        commands=with_called_targets(found, texts),
        environment=environment,
        texts=tuple(_settings(texts, environment)),
        scripts=scripts,
        homes=tuple(_mounted_homes(documents or {})),
    )


def _mounted_homes(documents: Mapping[str, str]) -> Iterator[Origin]:
    for path, text in sorted(documents.items()):
        for number, line in enumerate(text.splitlines(), 1):
            if _HOME_MOUNT.search(line):
                yield Origin(file=path, line=number)


def _in_file(path: str, text: str) -> Iterator[UsedCommand]:
    use = use_of_file(path) or Use.PRODUCTION
    name = path.rpartition("/")[2]
    if name.lower().endswith("procfile"):
        for number, line in enumerate(text.splitlines(), 1):
            _, colon, command = line.partition(":")
            if colon and not line.startswith("#"):
                yield from shell_commands(command, Origin(file=path, line=number), use, name)
        return
    if name.endswith((".ini", ".yaml", ".yml", ".xml")) and "uwsgi" in text[:4000]:
        yield from _uwsgi(path, text, use)
    every = _EVERY_LINE.search(path) is not None or is_crontab(text)
    whole = with_variables(text) if is_makefile(path) else text
    lines = whole.splitlines()
    for number, words in commands_in(whole, every_line=every):
        origin = Origin(file=path, line=number)
        made = use is Use.PRODUCTION and builds(lines[number - 1])
        yield UsedCommand(words=words, origin=origin, use=Use.BUILD if made else use, source=name)


def _uwsgi(path: str, text: str, use: Use) -> Iterator[UsedCommand]:
    keys = frozenset(table(ProjectFiles).uwsgi)
    for number, line in enumerate(text.splitlines(), 1):
        key, equals, value = (part.strip() for part in line.partition("="))
        if equals and key in keys:
            module = value.rpartition("=")[2].strip()
            origin = Origin(file=path, line=number)
            yield UsedCommand(
                words=("uwsgi", f"--{key}", module), origin=origin, use=use, source=path
            )


def called_scripts(
    texts: Mapping[str, str], found: Iterable[UsedCommand], dockerfile: str | None = None
) -> dict[str, Use]:
    """Shell scripts with the most important use that anything makes of them.

    A name that several have means the one that ``dockerfile`` copies under it.
    """
    scripts = {path for path, text in texts.items() if is_script(path, text)}
    placed = dict(_copied(texts.get(dockerfile or "", ""), scripts))
    by_name = by_key((posixpath.basename(path), path) for path in scripts)
    uses: dict[str, Use] = {}
    pending = list(found)
    while pending:
        command = pending.pop()
        for word in command.words:
            name = posixpath.basename(word)
            called = find_script(word, by_name.get(name, ()))
            if name in placed and (called is None or _shared(called, word) == 1):
                called = placed[name]
            # `run` behind another word is hardly the script of that name among the tests.
            bare = word == name and "." not in word and word != command.words[0]
            if bare and name not in placed and called and use_of_script(called) is Use.DEVELOPMENT:
                continue
            if called is not None and _matters_more(command.use, uses.get(called)):
                uses[called] = command.use
                pending += _of_script(called, texts[called], command.use)
    return {path: uses.get(path) or use_of_script(path) for path in sorted(scripts)}


def _copied(dockerfile: str, scripts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each script that a Dockerfile copies by itself, with its name in the image before it."""
    for line in COPIED.findall(dockerfile):
        source, *others = line.split()
        if len(others) == 1 and (path := posixpath.normpath(source)) != ".":
            folder = others[0].endswith(("/", "."))
            for script in scripts:
                if f"/{script}".endswith(f"/{path.lstrip('/')}"):
                    yield posixpath.basename(path if folder else others[0]), script


def _matters_more(use: Use, known: Use | None) -> bool:
    return known is None or _ORDER.index(use) < _ORDER.index(known)


def find_script(word: str, scripts: Iterable[str]) -> str | None:
    """Find the script that a path in the image or the project names: the longest common end."""
    name = posixpath.basename(word)
    same = [path for path in scripts if posixpath.basename(path) == name] if name else []
    if not same:
        return None
    return max(same, key=lambda path: (_shared(path, word), -len(path)))


def _shared(path: str, word: str) -> int:
    """How many parts two paths have in common at their ends."""
    parts = [part for part in word.split("/") if part not in (".", "")]
    count = 0
    for left, right in zip(reversed(path.split("/")), reversed(parts), strict=False):
        if left != right:
            break
        count += 1
    return count


def _of_script(path: str, text: str, use: Use) -> Iterator[UsedCommand]:
    """The commands of a script, those too that it keeps in a variable before it runs them."""
    script = parse_shell(text, origin=Origin(file=path, line=1))
    held = {n: word.text for one in script.commands for n, word in one.assignments}
    for command in script.programs:
        always = not command.nested and command.connector in ALONE
        yield UsedCommand(
            words=command.words, origin=command.origin, use=use, source=path, always=always
        )
        kept = held.get(command.name.strip("${}")) if command.name.startswith("$") else None
        if kept:
            yield from shell_commands(kept, command.origin, use, path)


def _set_by_scripts(texts: Mapping[str, str], scripts: Mapping[str, Use]) -> dict[str, str]:
    """Variables that production scripts set, and the settings that service files name."""
    found: dict[str, str] = {}
    for path, use in scripts.items():
        if use is Use.PRODUCTION:
            found.update(assignments(parse_shell(texts[path], origin=Origin(file=path, line=1))))
    for path, text in texts.items():
        if use_of_file(path) is Use.PRODUCTION:
            found.update(dict(_SETTINGS.findall(text)))
    return found


def _settings(texts: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Text]:
    for path, text in sorted(texts.items()):
        if use_of_file(path) is not Use.DEVELOPMENT:
            commands = is_dockerfile(path) or is_script(path, text)
            for found in settings_in(path, text):
                if not commands or "://" in found.value:
                    yield found
    for name, value in sorted(environment.items()):
        yield from settings_in("environment", f"{name}={value}")
