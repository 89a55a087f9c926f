"""Programs of a distribution: those of its entry points, and those that it ships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jettison.distributions.facts import EntryPoint

_LONGEST_SHEBANG = 127
_PROGRAM = """\
#!{interpreter}
import sys

from {module} import {imported}

if __name__ == "__main__":
    sys.exit({function}())
"""


def entry_scripts(points: Iterable[EntryPoint], interpreter: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the program of each console and window entry point."""
    for point in points:
        if point.group in {"console_scripts", "gui_scripts"}:
            module, _, function = point.value.partition(":")
            text = _PROGRAM.format(
                interpreter=interpreter,
                module=module.strip(),
                imported=function.strip().partition(".")[0],
                function=function.strip(),
            )
            yield point.name, text.encode()


def with_interpreter(content: bytes, interpreter: str) -> bytes:
    """Return a shipped script with ``#!python`` replaced, as installers must (PEP 427)."""
    for start, window in ((b"#!pythonw", True), (b"#!python", False)):
        if content.startswith(start):
            line, newline, rest = content.partition(b"\n")
            options = line.removeprefix(start) if not window else b""
            return b"#!" + interpreter.encode() + options.rstrip(b"\r") + newline + rest
    return content
