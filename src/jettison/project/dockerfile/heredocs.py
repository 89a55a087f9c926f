"""Documents after an instruction: ``RUN <<EOF``, ``COPY <<file /etc/``."""

from __future__ import annotations

from e2b_dockerfile_utils import DockerfileHeredoc, ShellLex, parse_heredoc

from jettison.errors import InputSyntaxError
from jettison.project.dockerfile.lines import Lines
from jettison.project.dockerfile.model import Heredoc

HEREDOC = frozenset({"ADD", "COPY", "RUN"})


def markers(line: str) -> tuple[DockerfileHeredoc, ...]:
    """Return the heredocs that a joined instruction line opens, in order."""
    if "<<" not in line:
        return ()
    try:
        words = ShellLex("\\", raw_quotes=True, raw_escapes=True).process_words(line)
        found = [parse_heredoc(word) for word in words]
    except ValueError:
        return ()
    return tuple(marker for marker in found if marker is not None)


def read_heredocs(
    lines: Lines, opened: tuple[DockerfileHeredoc, ...], first: int, start: int
) -> tuple[tuple[Heredoc, ...], int]:
    """Return the documents from the line with index ``start`` on, and the index after the last.

    Raises InputSyntaxError, at the line ``first`` of the instruction, when one does not end.
    """
    documents: list[Heredoc] = []
    index = start
    for marker in opened:
        end = _terminator(lines, marker, index)
        if end is None:
            raise InputSyntaxError(
                f"the heredoc {marker.name} does not end",
                why=f"no line holds {marker.name} alone before the end of the file",
                hint=f"Add a line with {marker.name} alone after the last line of the document.",
                origin=lines.origin(first),
            )
        documents.append(
            Heredoc(
                name=marker.name,
                body=lines.cut(index, end),
                expand=marker.expand,
                strip_tabs=marker.chomp,
                origin=lines.origin(index, end),
            )
        )
        index = end + 1
    return tuple(documents), index


def _terminator(lines: Lines, marker: DockerfileHeredoc, start: int) -> int | None:
    for index in range(start, len(lines.lines)):
        line = lines.bare(index)
        if (line.lstrip("\t") if marker.chomp else line) == marker.name:
            return index
    return None
