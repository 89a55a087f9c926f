"""What was observed of a built image: what it holds, what it touched, what can be reached."""

from __future__ import annotations

from msgspec import Struct

from jettison.installed.environment import Installed
from jettison.installed.reach import Reach
from jettison.installed.system import System
from jettison.trace.values import Trace


class Observed(Struct, frozen=True, kw_only=True):
    """The evidence for what is removed by a trace.

    ``standard`` are the modules of the standard library that can be reached, ``system`` is what
    lies around the environment; each is None when that was not read.
    """

    installed: Installed
    trace: Trace
    reach: Reach
    standard: Reach | None = None
    system: System | None = None
