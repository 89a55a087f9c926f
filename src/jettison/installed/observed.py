"""What was observed of a built image: what it holds, what it touched, what can be reached."""

from __future__ import annotations

from msgspec import Struct

from jettison.installed.environment import Installed
from jettison.installed.reach import Reach
from jettison.installed.system import System
from jettison.oci.config import Config
from jettison.trace.values import Trace


class Observed(Struct, frozen=True, kw_only=True):
    """The evidence for what is removed of an image that was built.

    ``standard`` are the modules of the standard library that can be reached, ``system`` is what
    lies around the environment; each is None when that was not read. ``python`` is the program that
    interprets; ``config`` is that
    of the image.
    """

    installed: Installed
    trace: Trace
    reach: Reach
    standard: Reach | None = None
    system: System | None = None
    python: str = ""
    config: Config | None = None

    @property
    def traced(self) -> bool:
        """Whether the image was watched, so that what was not touched may be unneeded."""
        return bool(self.trace.method)
