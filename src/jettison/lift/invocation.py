"""What an image starts."""

from __future__ import annotations

from dataclasses import dataclass

from jettison.project.dockerfile import Instruction
from jettison.values import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What CMD or ENTRYPOINT runs: ``words`` in exec form, or ``text`` for a shell."""

    keyword: str
    words: tuple[str, ...] | None
    text: str
    instruction: Instruction

    @property
    def origin(self) -> Origin:
        """Where it stands."""
        return self.instruction.origin
