"""The config of an image: what runs, as whom, with which environment, and how it was made."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, to_builtins

from jettison.images.descriptor import Platform
from jettison.images.digest import (
    DiffID,
    Document,
    Json,
    list_field,
    mapping_field,
    named_texts_field,
    part_of,
    text_field,
    texts_field,
)

# How many of the units of a health check a second has.
SECOND = 10**9


def _camel_case(name: str) -> str:
    return name.title().replace("_", "")


class HealthCheck(Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_camel_case):
    """Docker's health check; durations in nanoseconds, 0 for the default.

    ``test`` starts with NONE, CMD or CMD-SHELL.
    """

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class History(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one layer came to be, or one instruction that made none (``empty_layer``)."""

    created_by: str = ""
    created: str = ""
    comment: str = ""
    author: str = ""
    empty_layer: bool = False


class Config(Document, frozen=True, kw_only=True):
    """An immutable image config; a change gives a new one and keeps all other fields."""

    @classmethod
    def empty(cls, platform: Platform, created: str = "") -> Config:
        """Return the config of an image with no layer; ``created`` is RFC 3339 text."""
        fields: dict[str, Json] = {
            **platform.fields,
            "created": created or None,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": []},
            "history": [],
        }
        return cls.of(fields)

    @property
    def platform(self) -> Platform:
        """What the image runs on."""
        return Platform.from_fields(self.fields)

    @property
    def diff_ids(self) -> tuple[DiffID, ...]:
        """The layers, the base first."""
        return tuple(
            map(DiffID.parse, texts_field(mapping_field(self.fields, "rootfs"), "diff_ids"))
        )

    @property
    def history(self) -> tuple[History, ...]:
        """How the layers came to be."""
        found = list_field(self.fields, "history")
        return tuple(part_of(one, History) for one in found)

    @property
    def execution(self) -> dict[str, Json]:
        """The field ``config``: what a container is started with."""
        return mapping_field(self.fields, "config")

    @property
    def env(self) -> dict[str, str]:
        """The environment, in its order."""
        pairs = (entry.partition("=") for entry in texts_field(self.execution, "Env"))
        return {name: value for name, _, value in pairs}

    @property
    def user(self) -> str:
        """``user[:group]`` by name or number, or nothing for root."""
        return text_field(self.execution, "User")

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """The words that precede the command."""
        return texts_field(self.execution, "Entrypoint")

    @property
    def command(self) -> tuple[str, ...]:
        """The default command, or the entry point's default arguments."""
        return texts_field(self.execution, "Cmd")

    @property
    def working_directory(self) -> str:
        """Where the command starts; nothing means /."""
        return text_field(self.execution, "WorkingDir")

    @property
    def labels(self) -> dict[str, str]:
        """The labels."""
        return named_texts_field(self.execution, "Labels")

    @property
    def ports(self) -> tuple[str, ...]:
        """The exposed ports, each ``number/protocol``."""
        return tuple(sorted(mapping_field(self.execution, "ExposedPorts")))

    @property
    def volumes(self) -> tuple[str, ...]:
        """The paths that are volumes."""
        return tuple(sorted(mapping_field(self.execution, "Volumes")))

    @property
    def stop_signal(self) -> str:
        """The signal that stops the container; nothing means SIGTERM."""
        return text_field(self.execution, "StopSignal")

    @property
    def health_check(self) -> HealthCheck | None:
        """Docker's health check, if any."""
        fields = mapping_field(self.execution, "Healthcheck")
        return part_of(fields, HealthCheck) if fields else None

    def with_execution(self, **changes: Json) -> Config:
        """Change fields of ``config`` by their names in the specification; empty removes."""
        merged = {**self.execution, **changes}
        kept = {name: value for name, value in merged.items() if value or name not in changes}
        return self.evolve(config=kept)

    def with_layers(self, diff_ids: Iterable[DiffID], history: Iterable[History]) -> Config:
        """Replace the layers and all of the history."""
        return self.evolve(
            rootfs={"type": "layers", "diff_ids": [str(diff_id) for diff_id in diff_ids]},
            history=[to_builtins(entry) for entry in history],
        )
