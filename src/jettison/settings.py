"""What a project asks of Jettison in its own files."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field

from jettison.values import Origin


class Policy(StrEnum):
    """How the base is chosen.

    ``smallest`` takes the smallest image that works, with glibc before musl at a similar size;
    ``compatible`` stays with the distribution and its C library; ``keep`` changes nothing.
    """

    SMALLEST = "smallest"
    COMPATIBLE = "compatible"
    KEEP = "keep"


class BaseWish(Struct, frozen=True, kw_only=True):
    """What the user asks of the base.

    ``reference`` names an image, or one of the variants of the present one (``slim``, ``full``,
    ``alpine``); empty leaves the choice to the policy. ``allow_source_builds`` accepts a base on
    which distributions are compiled because no wheel fits. ``debug`` asks for a target with a
    shell.
    """

    policy: Policy = Policy.SMALLEST
    reference: str = ""
    allow_source_builds: bool = False
    debug: bool = False


class Ask(StrEnum):
    """What a line asks for."""

    KEEP = "keep"
    REMOVE = "remove"


class Wish(Struct, frozen=True, kw_only=True):
    """One line of ``keep`` or ``remove``: a distribution, a module, or a path with ``*``.

    ``why`` is given for a wish that is not the user's: what was found at ``origin``.
    """

    ask: Ask
    text: str
    origin: Origin
    why: str = ""

    @property
    def shown(self) -> str:
        """The wish as it can be written."""
        return f'{self.ask.value} = "{self.text}"'


class Budget(StrEnum):
    """What may not grow beyond a limit: bytes of the image or of memory, seconds of start-up."""

    SIZE = "size"
    COMPRESSED = "compressed-size"
    MEMORY = "memory"
    START_UP = "start-up"


class Limit(Struct, frozen=True, kw_only=True):
    """The most that a budget allows, as it was written, and in bytes or seconds."""

    text: str
    most: float
    origin: Origin


class Line(Struct, frozen=True, kw_only=True):
    """One value of the file that is no wish: its key, the value as TOML, and what it is.

    ``value`` is the text of an element of a list, and of anything else the value as it was read.
    """

    key: str
    value: str | int | bool
    origin: Origin

    @property
    def shown(self) -> str:
        """The line as it can be written."""
        written = f'"{self.value}"' if isinstance(self.value, str) else str(self.value).lower()
        return f"{self.key} = {written}"


class Settings(Struct, frozen=True, kw_only=True):
    """The table ``[tool.jettison]`` of ``pyproject.toml``, or the file ``jettison.toml``.

    ``level`` and ``base`` are None where the file says nothing. ``without`` names rules that are
    not applied, ``probes`` files with requests, relative to the project, and ``probe_commands`` the
    words of commands. With ``remove_unused``,
    requirements that nothing uses leave production. ``lines`` are all values but the wishes, and
    ``missing`` the probes of which there is no file.
    """

    file: str = ""
    level: int | None = None
    base: BaseWish | None = None
    wishes: tuple[Wish, ...] = ()
    without: frozenset[str] = frozenset()
    remove_unused: bool = False
    probes: tuple[str, ...] = ()
    probe_commands: tuple[tuple[str, ...], ...] = ()
    budgets: Mapping[Budget, Limit] = field(default_factory=lambda: MappingProxyType({}))
    lines: tuple[Line, ...] = ()
    missing: frozenset[str] = frozenset()
