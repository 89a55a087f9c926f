"""What is asked of two images of a project, with requests of the user's own."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from jettison.errors import ProjectError
from jettison.plan.plan import Plan
from jettison.process import installed
from jettison.verification import verification_request
from jettison.verify.httpfile import parse_http_file
from jettison.verify.request import Probe, ProbeCommand, VerificationRequest


def project_request(
    root: Path, plan: Plan, before: str, after: str, development: str | None
) -> VerificationRequest:
    """Ask for all that a plan may have broken, with the probes and commands of its settings.

    ``root`` is the folder that the settings are relative to; the rest are names of images. Raises
    the errors of :func:`read_probes`.
    """
    request = verification_request(plan, before, after, development)
    probes = (probe for name in plan.settings.probes for probe in read_probes(root / name))
    commands = (probe_command(root, words) for words in plan.settings.probe_commands)
    return replace(request, probes=tuple(probes), commands=tuple(commands))


def probe_command(root: Path, words: tuple[str, ...]) -> ProbeCommand:
    """Give a command that is run in a folder. Raises ProjectError when there is no such program."""
    program = words[0] if words else ""
    if "/" in program:
        program = str(root.absolute() / program)
    if not installed(program):
        raise ProjectError(
            f"the probe cannot be run: {words[0] if words else 'an empty command'}",
            why="there is no such program on the search path, nor in the folder that it names",
            hint="Name a program of this machine, or one below the project as ./program.",
        )
    return ProbeCommand(words=(program, *words[1:]), directory=str(root))


def read_probes(path: Path) -> tuple[Probe, ...]:
    """Read an ``.http`` file. Raises ProjectError without one, InputSyntaxError for a wrong one."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"the probes cannot be read: {path}",
            why=str(error),
            hint="Give the path of a text file with requests, as editors call .http files.",
        ) from error
    return parse_http_file(text, str(path))
