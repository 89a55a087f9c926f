"""What an image starts."""

from __future__ import annotations

from msgspec import Struct

from jettison.project.dockerfile import Instruction
from jettison.values import Origin


class Invocation(Struct, frozen=True, kw_only=True):
    """What CMD or ENTRYPOINT runs: ``words`` in exec form, or ``text`` for a shell."""

    keyword: str
    words: tuple[str, ...] | None
    text: str
    instruction: Instruction

    @property
    def origin(self) -> Origin:
        """Where it stands."""
        return self.instruction.origin
