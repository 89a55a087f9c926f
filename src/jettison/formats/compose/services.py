"""What a compose file says about its services; values are interpolated, short forms expanded."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jettison.formats.dotenv import Variable
from jettison.values import Origin


class Build(Struct, frozen=True, kw_only=True):
    """How a service's image is built; ``context`` is as written, relative to the compose file.

    ``dockerfile`` is relative to the context and None when it is the default. ``inline`` is the
    text of ``dockerfile_inline``.
    """

    context: str
    dockerfile: str | None = None
    target: str | None = None
    args: tuple[Variable, ...] = ()
    inline: str | None = None
    origin: Origin


class ComposeCommand(Struct, frozen=True, kw_only=True):
    """A command or entry point.

    ``words`` are what is run: compose starts no shell for text. ``written`` is the text or the
    list as it is in the file, variables and doubled dollar signs as they are.
    """

    words: tuple[str, ...]
    written: str | tuple[str, ...]
    origin: Origin


class MountKind(StrEnum):
    """What is mounted; anonymous is a volume without a name."""

    BIND = "bind"
    VOLUME = "volume"
    ANONYMOUS = "anonymous"
    TMPFS = "tmpfs"


class ComposeMount(Struct, frozen=True, kw_only=True):
    """One entry of ``volumes``; ``source`` is empty for anonymous volumes and tmpfs."""

    kind: MountKind
    source: str
    target: str
    readonly: bool
    origin: Origin


class Port(Struct, frozen=True, kw_only=True):
    """One entry of ``ports``; ``published`` and ``address`` are empty when not given."""

    target: str
    protocol: str


class ComposeHealthCheck(Struct, frozen=True, kw_only=True):
    """``test`` starts with ``CMD``, ``CMD-SHELL`` or ``NONE``, and is empty when not given.

    ``variable`` says that variables of the environment are part of it.
    """

    test: tuple[str, ...]
    variable: bool
    disable: bool
    origin: Origin


class Extends(Struct, frozen=True, kw_only=True):
    """The service that this one starts from; ``file`` is empty for one of the same file."""

    service: str
    file: str = ""


class Service(Struct, frozen=True, kw_only=True):
    """One service; ``origins`` has the place of every key it sets, by key.

    ``grants`` are the keys that give it more of the host than other containers have.
    """

    name: str
    build: Build | None
    image: str | None
    container_name: str | None
    command: ComposeCommand | None
    entrypoint: ComposeCommand | None
    environment: tuple[Variable, ...]
    env_file: tuple[str, ...]
    ports: tuple[Port, ...]
    expose: tuple[str, ...]
    volumes: tuple[ComposeMount, ...]
    healthcheck: ComposeHealthCheck | None
    depends_on: tuple[str, ...]
    user: str | None
    working_dir: str | None
    read_only: bool
    tmpfs: tuple[str, ...]
    cap_drop: tuple[str, ...]
    security_opt: tuple[str, ...]
    grants: tuple[str, ...]
    profiles: tuple[str, ...]
    extends: Extends | None
    origin: Origin
    origins: tuple[tuple[str, Origin], ...]

    def origin_of(self, key: str) -> Origin | None:
        """Where a key of this service is set; None when it is not."""
        return next((origin for name, origin in self.origins if name == key), None)


class ComposeFile(Struct, frozen=True, kw_only=True):
    """A compose file; ``volumes`` are the names of its top-level volumes."""

    file: str
    name: str | None
    services: tuple[Service, ...]
    volumes: tuple[str, ...]

    def service(self, name: str) -> Service | None:
        """Return the service of that name, None when there is none."""
        return next((service for service in self.services if service.name == name), None)


# A mapping is written as pairs; its values are scalars or lists. None is written as null.
Scalar = str | bool | int | None
Value = Scalar | tuple[str, ...] | tuple[tuple[str, Scalar | tuple[str, ...]], ...]


class RemoveMount(Struct, frozen=True, kw_only=True):
    """Take the mount on ``target`` out of a service; the key goes with its last mount."""

    service: str
    target: str


class SetHealthCheck(Struct, frozen=True, kw_only=True):
    """Replace a service's health check command, literally; its times stay.

    ``test`` starts with ``CMD`` or ``CMD-SHELL``. A check that is switched off stays so.
    """

    service: str
    test: tuple[str, ...]


class SetKey(Struct, frozen=True, kw_only=True):
    """Set a key of a service; ``comment`` goes above it when something changes."""

    service: str
    key: str
    value: Value
    comment: str = ""


class AddToList(Struct, frozen=True, kw_only=True):
    """Add a member to a list of a service, at its end or ``first``, unless it is there."""

    service: str
    key: str
    value: str
    comment: str = ""
    first: bool = False


class RemoveKey(Struct, frozen=True, kw_only=True):
    """Take a key out of a service, with the comment above it."""

    service: str
    key: str


class SetBuild(Struct, frozen=True, kw_only=True):
    """Set the Dockerfile of a service's build, and take the target stage out."""

    service: str
    dockerfile: str


class SetTopLevel(Struct, frozen=True, kw_only=True):
    """Set a scalar anywhere outside the services, by its path: ``("name",)``."""

    path: tuple[str, ...]
    value: str


class AddVolume(Struct, frozen=True, kw_only=True):
    """Declare a named volume at the top level, unless it is there."""

    name: str


Change = (
    RemoveMount
    | SetHealthCheck
    | SetKey
    | AddToList
    | RemoveKey
    | SetBuild
    | SetTopLevel
    | AddVolume
)
