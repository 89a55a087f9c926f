"""Read a file with requests of the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jettison.errors import ProjectError
from jettison.verify.httpfile import parse_http_file
from jettison.verify.request import Probe


def project_probes(root: Path, names: Iterable[str]) -> tuple[Probe, ...]:
    """Read the files that a project's settings name, relative to its folder."""
    return tuple(probe for name in names for probe in read_probes(root / name))


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
