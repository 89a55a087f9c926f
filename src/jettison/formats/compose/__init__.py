"""Front end for compose files: reading, and edits that leave every other line as it is.

What reads YAML is loaded when a file is there to be read: it takes as long as a tenth of a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jettison.formats.compose.services import Change, ComposeFile, ComposeMount, MountKind, Service

# In the order in which Docker Compose looks for them.
COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")


def parse(text: str, *, file: str, env: Mapping[str, str] | None = None) -> ComposeFile:
    """Read a compose file; ``jettison.formats.compose.reading`` says how."""
    from jettison.formats.compose import reading  # noqa: PLC0415 — as above

    return reading.parse(text, file=file, env=env)


def edit(text: str, changes: Iterable[Change], *, file: str = "docker-compose.yml") -> str:
    """Apply changes in order; ``jettison.formats.compose.editing`` says how."""
    from jettison.formats.compose import editing  # noqa: PLC0415 — as above

    return editing.edit(text, changes, file=file)
