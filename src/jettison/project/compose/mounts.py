"""Entries of ``volumes`` and ``ports`` in their short form."""

from __future__ import annotations

import re

from jettison.project.compose.values import ComposeMount, MountKind, Port
from jettison.values import Origin

_PARTS = re.compile(r"(?:\$\{[^}]*\}|\[[^\]]*\]|[^:])+")
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")
_LONGEST_PORT = 3


def short_mount(written: str, origin: Origin) -> ComposeMount:
    """Read ``[SOURCE:]TARGET[:MODE]``."""
    drive = ""
    if _DRIVE.match(written):
        drive, written = written[:2], written[2:]
    parts = _PARTS.findall(written)
    if len(parts) <= 1:
        kind, source, target, mode = MountKind.ANONYMOUS, "", written, ""
    else:
        source, target, *modes = [drive + parts[0], *parts[1:]]
        kind = MountKind.BIND if is_path(source) else MountKind.VOLUME
        mode = ",".join(modes)
    return ComposeMount(
        kind=kind,
        source=source,
        target=target,
        readonly="ro" in mode.split(","),
        origin=origin,
    )


def is_path(source: str) -> bool:
    """Whether a mount's source is a path rather than the name of a volume."""
    return source.startswith((".", "/", "~", "$")) or bool(_DRIVE.match(source))


def short_port(written: str, origin: Origin) -> Port:
    """Read ``[[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]``."""
    numbers, _, protocol = written.partition("/")
    parts = _PARTS.findall(numbers) or [numbers]
    return Port(
        target=parts[-1],
        published=parts[-2] if len(parts) > 1 else "",
        address=":".join(parts[:-2]) if len(parts) >= _LONGEST_PORT else "",
        protocol=protocol or "tcp",
        origin=origin,
    )
