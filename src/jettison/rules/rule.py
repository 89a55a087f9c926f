"""What a rule is: a name, the level it belongs to, and a function from a plan to findings."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from jettison.plan.finding import Finding
from jettison.plan.plan import Plan


class Rule(Struct, frozen=True, kw_only=True):
    """One optimization.

    ``name`` is the name of its module with hyphens, of its page and of its folder of cases.
    ``documentation`` is the module's docstring: what is done, why with sources, when it is safe.
    ``detect`` is pure, and finds nothing in a plan that already has what the rule wants.
    """

    name: str
    level: int
    documentation: str
    detect: Callable[[Plan], tuple[Finding, ...]]

    @property
    def title(self) -> str:
        """The first line of the documentation."""
        return self.documentation.strip().splitlines()[0]
