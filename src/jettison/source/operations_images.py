"""Which Dockerfiles users run; commands and variables of Dockerfiles and compose files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from jettison.ecosystems import INSTALLING
from jettison.errors import InputSyntaxError
from jettison.formats import dotenv
from jettison.formats.compose import COMPOSE_NAMES, ComposeFile, Service
from jettison.formats.compose import parse as parse_compose
from jettison.formats.dockerfile import Dockerfile, Instruction, Stage, final_environment, pairs
from jettison.formats.dockerfile import parse as parse_dockerfile
from jettison.formats.dockerfile.lines import exec_form
from jettison.formats.shell import SHELLS
from jettison.formats.shell import parse as parse_shell
from jettison.source import Use, UsedCommand, is_script, use_of_file
from jettison.values import Origin, Skipped

_DEVELOPMENT = re.compile(
    r"(^|[-_.])(dev|devserver|devel|develop|development|debug|debugging|test|tests|testing|lint|ci|docs)($|[-_.])"
)
_PRODUCTION = re.compile(r"(^|[-_.])(prod|production|release|live)($|[-_.])")
RUNNING = frozenset({"CMD", "ENTRYPOINT", "HEALTHCHECK"})


def is_for_development(name: str) -> bool:
    """Whether the name of a stage or a service speaks of development or tests."""
    return _DEVELOPMENT.search(name) is not None


def is_for_production(name: str) -> bool:
    """Whether the name of a stage or a folder speaks of production."""
    return _PRODUCTION.search(name) is not None


def production_target(text: str, file: str) -> tuple[str, Skipped] | None:
    """The stage that production is made from, and the last one that was passed over for it.

    The one that the last stage adds to, else one that is named for production, provided that it
    starts something where any does. None where the last stage, which a build makes by itself, is
    neither named for tests or development nor adds to such a stage. Raises InputSyntaxError.
    """
    dockerfile = parse_dockerfile(text, file=file)
    if not dockerfile.stages:
        return None
    last = dockerfile.final_stage
    below = tuple(_below(dockerfile, last))
    named = [one for one in reversed(dockerfile.stages) if is_for_production(one.name or "")]
    own = is_for_development(last.name or "")
    if not own and (last in named or not any(is_for_development(s.name or "") for s in below)):
        return None
    started = [one for one in dockerfile.stages if starts(dockerfile, one)] or dockerfile.stages
    for stage in (*(below if own else ()), *named):
        if stage.name and not is_for_development(stage.name) and stage in started:
            why = "it is for development" if own else "it adds to one for development"
            reason = f"{why} by its name: the stage {stage.name} is looked at"
            return stage.name, Skipped(what=f"stage {last.name}", reason=reason, origin=last.origin)
    return None


def makes_another(text: str, file: str, target: str) -> bool:
    """Whether a build without the target makes what is for production. Raises InputSyntaxError."""
    dockerfile = parse_dockerfile(text, file=file)
    last = dockerfile.final_stage if dockerfile.stages else None
    if last is None or last.name == target:
        return False
    runs = starts(dockerfile, last) or is_for_production(last.name or "")
    return runs or production_target(text, file) is not None


def _below(dockerfile: Dockerfile, stage: Stage) -> Iterator[Stage]:
    """The stages that a stage is made from, the nearest first."""
    base = dockerfile.stage_named(stage.base)
    while base is not None and base.index < stage.index:
        yield base
        stage, base = base, dockerfile.stage_named(base.base)


def starts(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether a stage, or one that it is made from, says what a container runs."""
    return any(
        item.keyword in ("CMD", "ENTRYPOINT")
        for each in (stage, *_below(dockerfile, stage))
        for item in each.instructions
    )


# What tells the Dockerfile of a Python application from that of a proxy or a front end.
PYTHON = re.compile(
    r"^[^\S\n]*FROM[^\S\n].*\b(python|pypy|uv|conda|micromamba)\d*\b"
    rf"|\b(?:pip3[.\d]* install|{'|'.join(INSTALLING)})\b".replace(" ", r"\s+"),
    re.IGNORECASE | re.MULTILINE,
)
# What tells those, where nothing in them speaks of Python.
OTHERS = re.compile(r"(?im)^\s*FROM\s+(\S+/)?(node|nginx|caddy|httpd|golang|php|ruby)\b")


def ends_with_python(text: str, file: str, target: str | None) -> bool:
    """Whether the image itself has Python, and not a stage alone that makes files for it."""
    dockerfile = _dockerfile(file, text)
    if dockerfile is not None and dockerfile.stages:
        stage = (dockerfile.stage_named(target) if target else None) or dockerfile.final_stage
        chain = (stage, *_below(dockerfile, stage))
        text = "\n".join(item.text for each in chain for item in each.instructions)
    return PYTHON.search(text) is not None


# As projects name them that have no compose file which Docker finds by itself.
_COMPOSE_FOR_PRODUCTION = re.compile(r"((docker-)?compose[-._])?prod(uction)?\.ya?ml")
_SERVICES = re.compile(
    r"^services:[^\S\n]*+(?:#.*)?\n(?:[^\S\n]*+(?:#.*)?\n)*+[^\S\n]+[\w.-]+:", re.MULTILINE
)


def has_services(path: str, text: str) -> bool:
    """Whether a file is a compose file by what it holds."""
    return path.endswith((".yml", ".yaml")) and _SERVICES.search(text) is not None


def compose_beside(
    names: Sequence[str], read: Callable[[str], str | None], environment: Mapping[str, str]
) -> ComposeFile | None:
    """The compose file of a folder, variables filled in. Raises InputSyntaxError."""
    found = next((name for name in COMPOSE_NAMES if name in names), None)
    found = found or next(filter(_COMPOSE_FOR_PRODUCTION.fullmatch, names), None)
    text = read(found) if found else None
    if found is None or text is None or not (found in COMPOSE_NAMES or has_services(found, text)):
        return None
    known = {one.name: one.value for one in dotenv.beside(read) if one.value is not None}
    return parse_compose(text, file=found, env={**known, **environment})


def arguments_for_development(
    path: str, text: str, arguments: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Build arguments that name development where the Dockerfile's own do not, with its values."""
    dockerfile = _dockerfile(path, text)
    found = dockerfile.instructions if dockerfile else ()
    own = {n: v for item in found if item.keyword == "ARG" for n, v in pairs(item) if v}
    for name, default in own.items():
        given = arguments.get(name, "")
        if _speaks_of_development(given) and not _speaks_of_development(default):
            yield name, default


def _speaks_of_development(value: str) -> bool:
    return any(part == "local" or is_for_development(part) for part in value.lower().split("/"))


def dockerfile_commands(
    path: str, text: str, *, chosen: bool = False, target: str | None = None
) -> Iterator[UsedCommand]:
    """Commands of every stage; none of a file that is not valid.

    A stage whose name speaks of development gives development commands, unless it is the
    ``target``; so does a file, unless it is the ``chosen`` one.
    """
    dockerfile = _dockerfile(path, text)
    for stage in dockerfile.stages if dockerfile else ():
        use = _use_of_stage(stage, target)
        if not chosen and use_of_file(path) is Use.DEVELOPMENT:
            use = Use.DEVELOPMENT
        for item in stage.items:
            if isinstance(item, Instruction):
                yield from _instruction(item, use)


def dockerfile_environment(path: str, text: str, *, target: str | None) -> Mapping[str, str]:
    """Variables of the final stage, or of the target."""
    dockerfile = _dockerfile(path, text)
    if dockerfile is None or not dockerfile.stages:
        return {}
    stage = (dockerfile.stage_named(target) if target else None) or dockerfile.final_stage
    return final_environment(dockerfile, stage).env


def compose_commands(path: str, text: str, *, service: str | None) -> Iterator[UsedCommand]:
    """Commands of every service; ``service`` is the one whose image is meant."""
    for each in _services(path, text):
        use = Use.PRODUCTION
        if each.name != service and (
            use_of_file(path) is Use.DEVELOPMENT
            or any(_DEVELOPMENT.search(word) for word in (each.name, *each.profiles))
        ):
            use = Use.DEVELOPMENT
        where = f"{path} service {each.name}"
        for part in (each.entrypoint, each.command):
            if part is not None and part.words:
                yield from shell_words(part.words, part.origin, use, where)
        if each.entrypoint and each.command:
            words = (*each.entrypoint.words, *each.command.words)
            yield UsedCommand(words=words, origin=each.command.origin, use=use, source=where)
        if each.healthcheck and each.healthcheck.test:
            words = each.healthcheck.test
            words = words[1:] if words[0] in ("CMD", "CMD-SHELL", "NONE") else words
            yield from shell_words(words, each.healthcheck.origin, use, where)


def compose_environment(
    path: str, text: str, *, service: str | None, texts: Mapping[str, str]
) -> dict[str, str]:
    """Variables of the meant service, those of its environment files first."""
    found: dict[str, str] = {}
    for each in _services(path, text):
        if each.name != service:
            continue
        folder = path.rpartition("/")[0]
        # a file that is named again wins again
        for name in reversed(dict.fromkeys(reversed(each.env_file))):
            file = "/".join(filter(None, (folder, name.removeprefix("./"))))
            found.update(_variables(file, texts.get(file, "")))
        found.update({v.name: v.value for v in each.environment if v.value is not None})
    return found


def shell_words(
    words: tuple[str, ...], origin: Origin, use: Use, source: str
) -> Iterator[UsedCommand]:
    """Give the command itself, or those of the text behind ``sh -c``."""
    shell = words[0].rpartition("/")[2] in SHELLS
    if shell and len(words) > 2 and words[1].startswith("-") and words[1].endswith("c"):  # noqa: PLR2004  # program, option, text
        yield from shell_commands(words[2], origin, use, source)
    elif len(words) == 1 and " " in words[0]:
        yield from shell_commands(words[0], origin, use, source)
    elif words:
        yield UsedCommand(words=words, origin=origin, use=use, source=source)


def shell_commands(text: str, origin: Origin, use: Use, source: str) -> Iterator[UsedCommand]:
    """Every command of a shell text, and of the texts that it has another shell read."""
    for command in parse_shell(text, origin=origin).programs:
        inner = command.words[-1] if command.words else ""
        if len(inner) < len(text):
            yield from shell_words(command.words, command.origin, use, source)
        else:
            yield UsedCommand(words=command.words, origin=command.origin, use=use, source=source)


def _instruction(instruction: Instruction, use: Use) -> Iterator[UsedCommand]:
    keyword = instruction.keyword
    if keyword in ("COPY", "ADD"):
        yield from _written_scripts(instruction, use)
        return
    if keyword == "RUN":
        use = Use.BUILD if use is Use.PRODUCTION else use
    elif keyword not in RUNNING:
        return
    if instruction.exec_form:
        yield from shell_words(instruction.exec_form, instruction.origin, use, keyword)
        return
    text = instruction.arguments
    if keyword == "HEALTHCHECK":
        text = re.sub(r"^\s*(NONE|CMD)\b", "", text)
        if words := exec_form(text):
            yield from shell_words(words, instruction.origin, use, keyword)
            return
    yield from shell_commands(text, instruction.origin, use, keyword)
    for document in instruction.heredocs:
        yield from shell_commands(document.body, document.origin, use, keyword)


def _written_scripts(instruction: Instruction, use: Use) -> Iterator[UsedCommand]:
    """Commands of shell scripts that the Dockerfile itself holds."""
    for document in instruction.heredocs:
        if is_script(instruction.words[-1], document.content):
            yield from shell_commands(document.content, document.origin, use, instruction.keyword)


def _use_of_stage(stage: Stage, target: str | None) -> Use:
    if target is not None and stage.name == target.lower():
        return Use.PRODUCTION
    return Use.DEVELOPMENT if _DEVELOPMENT.search(stage.name or "") else Use.PRODUCTION


def _dockerfile(path: str, text: str) -> Dockerfile | None:
    with suppress(InputSyntaxError):
        return parse_dockerfile(text, file=path)
    return None


def _services(path: str, text: str) -> tuple[Service, ...]:
    with suppress(InputSyntaxError):
        return parse_compose(text, file=path).services
    return ()


def _variables(path: str, text: str) -> dict[str, str]:
    with suppress(InputSyntaxError):
        return {v.name: v.value for v in dotenv.parse(text, file=path) if v.value is not None}
    return {}


DEFAULT = "Dockerfile"
_PLAIN = ("dockerfile", "containerfile")  # in any case of letters: moby/buildkit, dockerui


def for_users(paths: list[str]) -> str | None:
    """Give the only Dockerfile; of several the only one for production, or without a suffix."""
    production = [path for path in paths if any(map(is_for_production, path.lower().split("/")))]
    plain = [one for one in paths if posixpath.basename(one).lower() in _PLAIN]
    return next((found[0] for found in (paths, production, plain) if len(found) == 1), None)


def topmost(paths: list[str], read: Callable[[str], str | None]) -> str | None:
    """Give the only Dockerfile of an application of Python, of several the topmost.

    Those in folders for development, and in hidden ones, are passed over, and those in others
    where one is in a folder for production.
    """
    plain = [one for one in paths if posixpath.basename(one).lower() in _PLAIN and one[0] != "."]
    found = [path for path in plain if PYTHON.search(read(path) or "")]
    found = [path for path in found if not any(map(is_for_development, path.split("/")))]
    found = [p for p in found if any(map(is_for_production, p.lower().split("/")))] or found
    least = min((path.count("/") for path in found), default=0)
    upper = [path for path in found if path.count("/") == least]
    return upper[0] if len(upper) == 1 else None
