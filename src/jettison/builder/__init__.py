"""How an image is made without an engine: the steps of a recipe, plain data, read from a plan."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jettison.errors import UnsupportedError
from jettison.images.digest import Fields
from jettison.values import Origin, in_one_line

# 2 January 1980 UTC: nothing earlier can be packed into a zip file, in any time zone.
FIXED_TIME = 315619200


class CopyStep(Struct, frozen=True, kw_only=True, tag=True):
    """Files of the build context that are laid into the image.

    ``sources`` are relative to the context, ``documents`` names and texts of files that the
    Dockerfile itself holds. ``destination`` is absolute and ends with a slash when it must be a
    directory. ``owner`` is ``user[:group]``, ``mode`` the mode of every path; None keeps root and
    what is usual.
    """

    sources: tuple[str, ...]
    documents: tuple[tuple[str, str], ...]
    destination: str
    owner: str | None
    mode: str | None
    exclude: tuple[str, ...]
    parents: bool
    origin: Origin


class FolderStep(Struct, frozen=True, kw_only=True, tag=True):
    """A directory that is made, with its parents."""

    path: str
    mode: str | None
    owner: str | None
    origin: Origin


class OwnerStep(Struct, frozen=True, kw_only=True, tag=True):
    """A change of owner (``user[:group]``, or ``:group``)."""

    owner: str
    paths: tuple[str, ...]
    recursive: bool
    origin: Origin


class ModeStep(Struct, frozen=True, kw_only=True, tag=True):
    """A change of mode as ``chmod`` reads it."""

    mode: str
    paths: tuple[str, ...]
    recursive: bool
    origin: Origin


class RemoveStep(Struct, frozen=True, kw_only=True, tag=True):
    """Paths that are removed; they may be patterns."""

    paths: tuple[str, ...]


class UserStep(Struct, frozen=True, kw_only=True, tag=True):
    """A user that is made; numbers that are not given follow from those that exist.

    ``group`` is the primary group by name or number, None for one of the user's own name.
    ``first`` and ``last`` are where a number is looked for, in this direction.
    """

    name: str
    uid: str | None
    group: str | None
    home: str
    shell: str
    home_made: bool
    groups: tuple[str, ...]
    first: int
    last: int
    origin: Origin


class GroupStep(Struct, frozen=True, kw_only=True, tag=True):
    """A group that is made, or one that gets a ``member``."""

    name: str
    gid: str | None
    member: str | None
    first: int
    last: int


Step = CopyStep | FolderStep | OwnerStep | ModeStep | RemoveStep | UserStep | GroupStep


class Installation(Struct, frozen=True, kw_only=True):
    """One run of an installer: its requirements and its options in the spelling of uv.

    ``files`` and ``constraints`` are relative to the context.
    """

    files: tuple[str, ...]
    constraints: tuple[str, ...]
    requirements: tuple[str, ...]
    options: tuple[str, ...]
    origin: Origin


class Environment(Struct, frozen=True, kw_only=True):
    """Where distributions are installed.

    ``path`` is a virtual environment, or empty for the interpreter's own directories. Later
    installations may replace what earlier ones brought, so they are resolved together, in order.
    ``removed`` is the list of files that leave it, empty for none.
    """

    path: str
    installations: tuple[Installation, ...]
    system_packages: bool = False
    removed: str = ""


class Recipe(Struct, frozen=True, kw_only=True):
    """Everything that is laid on a base.

    ``execution`` are the fields of its config that it sets, by their names in the specification.
    ``packages`` are system packages by the names that the Dockerfile gives them. ``uncompiled``
    is a regular expression for paths that are not compiled, empty for none.
    """

    packages: tuple[str, ...]
    environment: Environment | None
    steps: tuple[Step, ...]
    execution: Fields
    uncompiled: str = ""


class BaseWanted(Struct, frozen=True, kw_only=True):
    """The base that is built on: a composed one, or an image that a text names.

    ``python`` is the minor version that the Dockerfile asks for, empty when its base does not say.
    ``packages`` are Debian's names of what a composed base shall have besides, ``shell`` brings
    busybox. ``loaded`` are the only modules of the standard library that a composed base has byte
    code of, by their paths below it; none of them stands for all. ``programs`` are those that the
    application calls, None where that is not known for sure. ``groups_kept`` are groups of files of
    a composed base that are otherwise omitted. ``shortened`` says that modules which
    nothing reaches may leave.
    """

    kind: Literal["composed", "image"]
    location: str = ""
    python: str = ""
    packages: tuple[str, ...] = ()
    time_zones: bool = False
    groups_kept: frozenset[str] = frozenset()
    shell: bool = False
    loaded: frozenset[str] = frozenset()
    programs: frozenset[str] | None = None
    shortened: bool = False


class Shared(Struct, frozen=True, kw_only=True):
    """What an image has in common with others, whose layers are the same bytes.

    ``base`` with ``libraries`` takes the place of its own base. ``layers`` are the distributions of
    each layer by name; those of the last one, and what it does not name, are the image's own.
    """

    base: BaseWanted
    libraries: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]


ENGINE = "Build it with an engine: `jettison optimize` uses Docker or Podman."


def not_understood(what: str, why: str, origin: Origin | None) -> UnsupportedError:
    """Return the error that names the step, the reason, and the way out."""
    message = f"`{in_one_line(what, 90)}` cannot be carried out without an engine"
    return UnsupportedError(message, why=why, hint=ENGINE, origin=origin)


class Pin(Struct, frozen=True, kw_only=True):
    """One distribution and the file it comes as; ``sha256`` is lower-case hexadecimal."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str
    size: int | None = None

    @property
    def is_source(self) -> bool:
        """Whether the file is a source distribution, of which a wheel has to be built."""
        return not self.filename.endswith(".whl")
