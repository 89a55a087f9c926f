"""What can be changed in a compose file, as values."""

from __future__ import annotations

from msgspec import Struct

# A mapping is written as pairs; its values are scalars or lists. None is written as null.
Scalar = str | bool | int | None
Value = Scalar | tuple[str, ...] | tuple[tuple[str, Scalar | tuple[str, ...]], ...]


class RemoveMount(Struct, frozen=True, kw_only=True):
    """Take the mount on ``target`` out of a service; the key goes with its last mount."""

    service: str
    target: str


class AddMount(Struct, frozen=True, kw_only=True):
    """Mount ``mount`` (short form) first in a service's volumes."""

    service: str
    mount: str
    comment: str = ""


class SetHealthCheck(Struct, frozen=True, kw_only=True):
    """Replace a service's health check command, literally; its times stay.

    ``test`` starts with ``CMD`` or ``CMD-SHELL``. A check that is switched off stays so.
    """

    service: str
    test: tuple[str, ...]
    comment: str = ""


class SetKey(Struct, frozen=True, kw_only=True):
    """Set a key of a service; ``comment`` goes above it when something changes."""

    service: str
    key: str
    value: Value
    comment: str = ""


class AddToList(Struct, frozen=True, kw_only=True):
    """Add a member to a list of a service, unless it is there."""

    service: str
    key: str
    value: str
    comment: str = ""


class RemoveKey(Struct, frozen=True, kw_only=True):
    """Take a key out of a service, with the comment above it."""

    service: str
    key: str


class SetBuild(Struct, frozen=True, kw_only=True):
    """Set parts of a service's build; None leaves one as it is.

    ``keep_target`` false takes the target stage out.
    """

    service: str
    dockerfile: str | None = None
    context: str | None = None
    keep_target: bool = True


class RenameContainer(Struct, frozen=True, kw_only=True):
    """Give a service's container another name, if it has one."""

    service: str
    name: str


class SetTopLevel(Struct, frozen=True, kw_only=True):
    """Set a scalar anywhere outside the services, by its path: ``("name",)``."""

    path: tuple[str, ...]
    value: str


class AddVolume(Struct, frozen=True, kw_only=True):
    """Declare a named volume at the top level, unless it is there."""

    name: str


Change = (
    RemoveMount
    | AddMount
    | SetHealthCheck
    | SetKey
    | AddToList
    | RemoveKey
    | SetBuild
    | RenameContainer
    | SetTopLevel
    | AddVolume
)
