"""Commands and settings with what they are for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from jettison.project.source.facts import Text
from jettison.values import Origin


class Use(StrEnum):
    """What a command is for.

    A BUILD command runs while the image is made; an UNCALLED one stands in a script that nothing
    is seen to call.
    """

    PRODUCTION = "production"
    BUILD = "build"
    UNCALLED = "uncalled"
    DEVELOPMENT = "development"


class UsedCommand(Struct, frozen=True, kw_only=True):
    """One simple command: its words without quotes, and the file or instruction that holds it."""

    words: tuple[str, ...]
    origin: Origin
    use: Use
    source: str


class Commands(Struct, frozen=True, kw_only=True):
    """What the text files of a project say beside its Python source.

    ``environment`` are the variables that the image and its service set; ``texts`` are strings of
    production configuration that may name a module, a driver or a URL. ``scripts`` maps each shell
    script that was read to its use.
    """

    commands: tuple[UsedCommand, ...]
    environment: Mapping[str, str]
    texts: tuple[Text, ...]
    scripts: Mapping[str, Use]
