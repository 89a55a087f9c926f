"""What a user asks of a build."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from jettison.oci.compression import Compressor
from jettison.oci.platform import Platform


class Bytecode(StrEnum):
    """Which modules have their bytecode in the image.

    ``imported`` compiles what the application reaches by its imports, and the distributions that
    it reaches whole.
    """

    ALL = "all"
    IMPORTED = "imported"
    NONE = "none"


class BuildOptions(Struct, frozen=True, kw_only=True):
    """One image of a build; ``base`` is composed, the name of an image, or empty for the plan's.

    ``strip`` follows the plan where it shortens shared libraries; without it none is shortened.
    ``debug_base`` brings a shell into a composed base. ``source_builds`` lets this machine build
    wheels of pure Python distributions that have none.
    """

    platform: Platform
    base: str = ""
    bytecode: Bytecode = Bytecode.ALL
    compressor: Compressor
    strip: bool = True
    debug_base: bool = False
    source_builds: bool = False
    offline: bool = False

    @property
    def identity(self) -> str:
        """Everything that the image depends on, as text."""
        parts = (self.platform, self.base, self.bytecode, self.compressor.identity, self.strip)
        return "\n".join(map(str, (*parts, self.debug_base, self.source_builds)))
