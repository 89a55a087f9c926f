"""Commands that a project's own documentation tells people to run in its container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.catalogue.packaging import Remarks
from jettison.catalogue.reader import table
from jettison.source.operations import Use, UsedCommand
from jettison.source.operations_lines import split
from jettison.values import Origin

_DOCUMENT = re.compile(
    r"((readme|install|usage|deploy|operat|admin)[^/]*|[^/]+\.(md|rst|adoc)|docs?/.+\.(md|rst|txt))",
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
    """Read what runs in the container, leaving out sections and sentences on development."""
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
