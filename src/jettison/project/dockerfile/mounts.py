"""The mounts of a RUN: ``--mount=type=cache,target=/root/.cache/pip``."""

from __future__ import annotations

import csv
from collections.abc import Mapping

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.project.dockerfile.model import Instruction

_OTHER_NAMES = {"dst": "target", "destination": "target", "src": "source", "ro": "readonly"}
_TYPES = frozenset({"bind", "cache", "tmpfs", "secret", "ssh"})
_FALSE = frozenset({"false", "0", "f"})


class Mount(Struct, frozen=True, kw_only=True):
    """One mount; ``from_`` is a stage or an image, ``options`` every key as written."""

    type: str
    target: str | None
    source: str | None
    from_: str | None
    id: str | None
    readonly: bool
    sharing: str | None
    options: Mapping[str, str]


def mounts(instruction: Instruction) -> tuple[Mount, ...]:
    """Return the mounts of a RUN in order. Raises InputSyntaxError for an unknown type."""
    values = (flag.value or "" for flag in instruction.flags if flag.name == "mount")
    return tuple(_mount(value, instruction) for value in values)


def mounts_over(instruction: Instruction, folder: str) -> bool:
    """Whether a RUN mounts something at a folder of the image or at one that it lies in."""
    return any(
        mount.target and f"{folder}/".startswith(f"{mount.target.rstrip('/')}/")
        for mount in mounts(instruction)
    )


def _mount(value: str, instruction: Instruction) -> Mount:
    fields = [field.partition("=") for field in next(csv.reader([value]), [])]
    options = {_OTHER_NAMES.get(name.lower(), name.lower()): text for name, _, text in fields}
    kind = options.get("type", "bind")
    if kind not in _TYPES and "$" not in kind:
        raise InputSyntaxError(
            f"unknown mount type {kind}",
            why=f"a mount is one of {', '.join(sorted(_TYPES))}",
            hint="Correct the type in `--mount`.",
            origin=instruction.origin,
        )
    return Mount(
        type=kind,
        target=options.get("target"),
        source=options.get("source"),
        from_=options.get("from"),
        id=options.get("id"),
        readonly=_readonly(kind, options),
        sharing=options.get("sharing"),
        options=options,
    )


def _readonly(kind: str, options: Mapping[str, str]) -> bool:
    """Return a bind mount is read-only unless it says otherwise; the others can be written."""
    for name in ("rw", "readwrite"):
        if name in options:
            return options[name].lower() in _FALSE
    if "readonly" in options:
        return options["readonly"].lower() not in _FALSE
    return kind == "bind"
