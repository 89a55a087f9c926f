"""Command lines in files of operations: scripts, Makefiles, documents."""

from __future__ import annotations

import posixpath
import re
import shlex
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.packaging import ProjectFiles, Remarks
from jettison.source import Use, UsedCommand
from jettison.values import Origin, by_key, replace

_HEAD = re.compile(r"^(?P<names>[A-Za-z0-9_%][\w./% \t-]*+)::?(?!=)(?P<needs>[^=#]*)")
_ASSIGNED = re.compile(
    r"^(?P<name>[A-Za-z_]\w*)[ \t]*[:?]?:?=[ \t]*(?P<value>[^#\n]*)", re.MULTILINE
)
_VARIABLE = re.compile(r"\$[({](\w+)[)}]")
_LONGEST_VALUE = 1000
_LONGEST_TEXT = 1_000_000
# what a target without a name stands for
_ANY = "%"
_CALL = re.compile(r"\$[({]MAKE[)}]|g?make\Z")
_WORD = re.compile(r"[A-Za-z0-9_][\w./-]*\Z")


class _Target(Struct, frozen=True, kw_only=True):
    name: str
    file: str
    needs: tuple[str, ...]
    first: int


def is_makefile(path: str) -> bool:
    """Whether a file's name is that of make's input."""
    name = path.rpartition("/")[2].lower()
    return name in ("makefile", "gnumakefile") or name.endswith(".mk")


def with_variables(text: str) -> str:
    """Replace the variables of a makefile, line by line, by what it assigns to them.

    A value that grows too long is not replaced, and neither is any once all have grown too long.
    """
    left = _LONGEST_TEXT
    values = {one["name"]: one["value"].strip() for one in _ASSIGNED.finditer(text)}
    values = {name: value for name, value in values.items() if len(value) < _LONGEST_VALUE}

    def replaced(found: re.Match[str]) -> str:
        nonlocal left
        value = values.get(found[1], found[0])
        left -= len(value)
        return value if left > 0 else found[0]

    longer = {name: _VARIABLE.sub(replaced, value) for name, value in values.items()}
    values = {name: value for name, value in longer.items() if len(value) < _LONGEST_VALUE}
    left = _LONGEST_TEXT
    return _VARIABLE.sub(replaced, text)


def with_called_targets(
    commands: Iterable[UsedCommand], texts: Mapping[str, str]
) -> tuple[UsedCommand, ...]:
    """Give the commands of called targets the use of who calls them; others stay as they are."""
    found = tuple(commands)
    targets = [t for path, text in texts.items() if is_makefile(path) for t in _targets(path, text)]
    if not targets:
        return found
    places = by_key(((target.file, target.first), target) for target in targets)
    heads = sorted(places)
    owners = [places.get(_head(command, heads), []) for command in found]
    uses = _uses(found, targets, owners)
    return tuple(map(partial(_with_use, uses), found, owners))


def made_by_steps(
    own: Iterable[UsedCommand], commands: Iterable[UsedCommand]
) -> tuple[UsedCommand, ...]:
    """The commands of targets that a build makes, where a step among ``own`` calls make."""
    steps = (each.words[0] for each in own if each.use is Use.BUILD and each.words)
    if not any(_CALL.match(word.rpartition("/")[2]) for word in steps):
        return ()
    found = (each for each in commands if each.use is Use.BUILD)
    return tuple(each for each in found if is_makefile(each.origin.file))


def _head(command: UsedCommand, heads: list[tuple[str, int]]) -> tuple[str, int]:
    """Where the targets begin that a command may be of: the last ones before it in its file."""
    file = command.origin.file
    before = bisect_right(heads, (file, command.origin.line or 0)) - 1
    return heads[before] if before >= 0 and heads[before][0] == file else (file, -1)


def _uses(
    commands: tuple[UsedCommand, ...], targets: list[_Target], owners: list[list[_Target]]
) -> dict[str, Use]:
    """The most important use of each target that is not for developers alone."""
    words = frozenset(table(ProjectFiles).production_targets)
    uses = {t.name: Use.UNCALLED for t in targets if not words.isdisjoint(_parts(t.name))}
    called: dict[str, list[str]] = {}
    for command, owned in zip(commands, owners, strict=True):
        for target in owned:
            called.setdefault(target.name, []).extend(_goals(command.words, ""))
    for use in (Use.UNCALLED, Use.BUILD, Use.PRODUCTION):  # the more important one comes last
        pending = [name for name, known in uses.items() if known is use]
        for command in commands:
            if command.use is use:
                pending += _goals(command.words, targets[0].name)
        uses.update(dict.fromkeys(_made(pending, called, targets), use))
    return uses


def _made(
    pending: list[str], called: Mapping[str, list[str]], targets: list[_Target]
) -> frozenset[str]:
    """Name the targets that are made for some, in any makefile; a pattern takes every name."""
    by_name = {target.name: target for target in reversed(targets)}
    patterns = [target for target in targets if _ANY in target.name]
    made: set[str] = set()
    while pending:
        name = pending.pop()
        known = [by_name[name]] if name in by_name else patterns
        patterns = patterns if name in by_name else []  # all of them are made now
        for target in known:
            if target.name not in made:
                made.add(target.name)
                pending += (*target.needs, *called.get(target.name, ()))
    return frozenset(made)


def _with_use(uses: Mapping[str, Use], command: UsedCommand, owners: list[_Target]) -> UsedCommand:
    if command.use is not Use.DEVELOPMENT:
        return command
    found = next((uses[target.name] for target in owners if target.name in uses), None)
    return replace(command, use=found) if found else command


def _goals(words: tuple[str, ...], default: str) -> list[str]:
    """Targets that a command asks make for; the file's first one when it names none."""
    if not words or not _CALL.match(words[0].rpartition("/")[2] or words[0]):
        return []
    named = [word for word in words[1:] if _WORD.match(word)]
    return named or ([default] if default else [])


def _targets(path: str, text: str) -> Iterator[_Target]:
    for number, line in enumerate(text.splitlines(), 1):
        head = _HEAD.match(line)
        for name in head["names"].split() if head else ():
            needs = tuple(head["needs"].partition(";")[0].split()) if head else ()
            yield _Target(name=name, file=path, needs=needs, first=number)


def _parts(name: str) -> list[str]:
    return re.split(r"[^a-z0-9]+", name.lower())


_KEYED = re.compile(r"""^[\s\-@]*["']?(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]\s*(?P<value>.*)$""")
_SEPARATORS = re.compile(r"\|\||&&|[;|&]")
_SPECIAL = re.compile(r"""["'\\#]""")
_BRACKETS = re.compile(r"[\[\]{},]")


def commands_in(text: str, *, every_line: bool) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line numbers and words of what reads as a command.

    With ``every_line`` a line without a key is one too (Makefile, tox, CI steps); else only the
    values of keys that hold commands (``command:``, ``ExecStart=``).
    """
    continued = ""
    for number, line in enumerate(text.splitlines(), 1):
        whole = f"{continued} {line.strip()}" if continued else line
        if whole.endswith("\\"):
            continued = whole[:-1]
            continue
        continued = ""
        command = _command(whole, every_line=every_line)
        for part in _SEPARATORS.split(command) if command else ():
            words = split(part)
            if words:
                yield number, words


def split(text: str) -> tuple[str, ...]:
    """Words of a simple command without quotes; a lone quote is taken as text."""
    if not _SPECIAL.search(text):
        return tuple(text.split())
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.replace('"', " ").replace("'", " ").split()
    return tuple(word for word in words if word)


def _command(line: str, *, every_line: bool) -> str:
    stripped = line.strip()
    if not stripped or stripped.startswith(("#", "//")):
        return ""
    keyed = _KEYED.match(line)
    if keyed is None:
        return stripped.lstrip("-@ \t").strip("\"',") if every_line else ""
    if keyed["key"].lower() in _command_keys():
        value = keyed["value"].strip()
        if value.startswith("["):
            return _BRACKETS.sub(" ", value)
        return value.strip(",").strip("\"'") if value not in ("|", ">", "|-", ">-") else ""
    if every_line and keyed.start("key") > 0 and line[keyed.end("key")] == ":":
        return ""  # another key of a mapping
    return keyed["value"].strip("\"', ") if every_line else ""


def builds(line: str) -> bool:
    """Whether a line is what a platform runs to build, by its key: ``buildCommand: make``."""
    keyed = _KEYED.match(line)
    return keyed is not None and keyed["key"].lower() in table(ProjectFiles).building


@cache
def _command_keys() -> frozenset[str]:
    return frozenset(table(ProjectFiles).keys)


_DOCUMENT = re.compile(
    r"((readme|install|usage|deploy|operat|admin)[^/]*|[^/]+\.(mdx?|rst|adoc)|"
    r"docs?/.+\.(mdx?|rst|txt))",
    re.IGNORECASE,
)
_FOR_DEVELOPERS = re.compile(r"contribut|develop|hacking|changelog|changes|testing|news|history")
_LARGEST = 256 * 1024
_DEEPEST = 3

_INSIDE = re.compile(
    r"\b(?:(?:docker|podman|nerdctl)(?:[ -]compose)?(?:\s+-\S+(?:[ =](?!exec|run)[^\s-]\S*)?)*"
    r"\s+(?:container\s+)?(?:exec|run)|(?:kubectl|oc)\s+exec|heroku\s+run|dokku\s+run)\s+"
    r"(?P<rest>[^`]+)"
)
_TAKES_VALUE = re.compile(
    r"-[uewvpnca]|--(user|env|workdir|volume|publish|name|network|index|env-file|namespace|"
    r"container|app|mount|platform|entrypoint)"
)
_HEADING = re.compile(r"#+\s+(?P<words>.+)")
_UNDERLINE = re.compile(r"([=~^\"'*+-])\1{2,}\s*\Z")


def is_document(path: str, *, size: int) -> bool:
    """Whether a file tells people how to run the project, and not those alone who change it."""
    if size > _LARGEST or path.count("/") > _DEEPEST:
        return False
    return bool(_DOCUMENT.fullmatch(path)) and not _FOR_DEVELOPERS.search(path.lower())


def documented_commands(path: str, text: str) -> Iterator[UsedCommand]:
    """Read what runs in the container, omitting sections and sentences on development."""
    development = re.compile(
        table(Remarks).development.pattern.replace(
            "WORDS", "|".join(table(Remarks).development.words)
        ),
        re.IGNORECASE,
    )
    heading = said = previous = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _HEADING.match(line)
        inside = _INSIDE.search(line)
        if found or _UNDERLINE.match(line):
            heading, said = (found["words"] if found else previous), ""
        elif inside is None and line.strip(" `:"):
            said = line
        elif inside is not None and not development.search(f"{heading} {said}"):
            words = _words(inside["rest"])
            if words:
                origin = Origin(file=path, line=number)
                yield UsedCommand(words=words, origin=origin, use=Use.PRODUCTION, source=path)
        previous = line


def _words(rest: str) -> tuple[str, ...]:
    """The command after options and the container's name; that of a shell instead of the shell."""
    words = list(split(rest))
    if "--" in words:
        words = words[words.index("--") + 1 :]
    else:
        while words and words[0].startswith("-"):
            option = words.pop(0)
            if _TAKES_VALUE.fullmatch(option) and words:
                words.pop(0)
        words = words[1:]
    if len(words) > 2 and words[0] in ("sh", "bash") and words[1].startswith("-"):  # noqa: PLR2004  # sh -c text
        return split(words[2])
    return tuple(words)


# What a COPY from the build context names.
COPIED = re.compile(
    r"^[ \t]*(?:COPY|ADD)[ \t]+(?!.*--from)(?:--\S+[ \t]+)*(.+)$", re.IGNORECASE | re.M
)


# What an installation names: where everything is copied, the context is the folder that has it.
LISTED = re.compile(r"(?<![\w-])-r[ \t]*(?:\S*/)?([\w.-]+\.(?:txt|in))(?!\S)")


def copied_from(path: str, read: Callable[[str], str | None], exists: Callable[[str], bool]) -> str:
    """The Dockerfile's own folder, where the files that it copies lie there and not at the root."""
    folder, text = posixpath.dirname(path), read(path) or ""
    words = (word for line in COPIED.findall(text) for word in line.split()[:-1])
    copied = [word for word in words if posixpath.normpath(word) != "."] or LISTED.findall(text)
    here = any(map(exists, copied))
    there = any(exists(posixpath.join(folder, word)) for word in copied)
    return folder if there and not here else ""
