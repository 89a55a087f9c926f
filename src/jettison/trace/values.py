"""What a trace saw."""

from __future__ import annotations

from msgspec import Struct

# Stands before programs that were started, among the paths.
RAN = "ran: "
METHOD = (
    "an audit hook in every Python process (files opened, extension modules, libraries loaded) "
    "and the memory maps of all processes"
)
KERNEL = ", and the kernel's events of files that are opened or run (fanotify)"
"""What is added where the kernel tells it."""


class Trace(Struct, frozen=True, kw_only=True):
    """The files that were touched, as absolute paths of the image; programs started as ``ran: …``.

    ``served`` are those of the application under the workload, ``tested`` those of the project's
    own tests. ``method`` says how they were seen.
    """

    served: frozenset[str]
    tested: frozenset[str] = frozenset()
    method: str = METHOD

    @property
    def touched(self) -> frozenset[str]:
        """All of them."""
        return self.served | self.tested
