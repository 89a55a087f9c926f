"""Remove parts of distributions that the application does not use.

Some wheels hold more than one thing: a second copy of a library for C programs, tools that convert
models, a compiler's front end. The catalogue knows such parts, and what would use them.

Source: each entry of the catalogue names where it was read, and when.

Safe: a part is removed only when the source of the project contains none of the names that lead to
it, and no distribution that is known to use it is installed. The build checks again that no
remaining module imports it and no remaining library names a removed one.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight
from jettison.plan import Finding, Plan
from jettison.plan.removing import is_unused, part_of, removal, written_nowhere
from jettison.rules.rule import Rule

NAME = "unused-parts"


def detect(plan: Plan) -> Iterator[Finding]:
    """Find parts of the catalogue whose names are not used."""
    found = [
        (entry, one)
        for entry in table(DeadWeight).parts
        if is_unused(plan, entry) and not set(entry.used_by) & plan.distributions.keys()
        for reason in [f"{entry.reason}, part of {plan.contents.label(entry.distribution)}"]
        for one in part_of(plan, entry, reason, {entry.distribution})
    ]
    evidence = [written_nowhere(entry, f"{entry.reason}:") for entry, _ in found]
    what = "parts of distributions that nothing uses"
    return removal(plan, NAME, what, [one for _, one in found], evidence)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
