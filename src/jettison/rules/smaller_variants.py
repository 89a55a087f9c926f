"""Install a smaller variant of a distribution where it does the same.

opencv-python has one without windows, torch one without the libraries of CUDA (several GB). They
have other names, or another index, so that nothing can be taken out: the requirement is another.

Source: the catalogue names the page of each project that describes its variants.

Safe: nothing is changed; a person decides. That none of the names that need the larger one is
written in the source does not show on which machine the image will run.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from jettison.catalogue import table
from jettison.catalogue.dead_weight import DeadWeight, Variant
from jettison.index.graph import total_size
from jettison.plan import Finding, Plan
from jettison.rules.rule import Rule
from jettison.values import Evidence, Size


def detect(plan: Plan) -> Iterator[Finding]:
    """Find distributions with a variant that would do."""
    yield from (
        _advice(plan, entry)
        for entry in table(DeadWeight).variants
        if entry.distribution in plan.distributions
        and not set(entry.words) & plan.usage.words.keys()
        and (not entry.drops or _dropped(plan, entry))
    )


def _advice(plan: Plan, entry: Variant) -> Finding:
    name = entry.distribution
    declared = next((item for item in plan.requirements if item.name == name), None)
    words = f"; none of {', '.join(entry.words)} is written" if entry.words else ""
    evidence = Evidence(
        kind="catalogue",
        message=f"{entry.reason}{words} ({entry.source}, {entry.date})",
        origin=declared.origin if declared else None,
    )
    message = f"{entry.instead} would do instead of {plan.contents.label(name)}"
    return Finding.advice(message, evidence, saving=_dropped(plan, entry))


def _dropped(plan: Plan, entry: Variant) -> Size | None:
    sizes = [
        facts.installed_size
        for name, facts in plan.distributions.items()
        if any(fnmatchcase(name, form) for form in entry.drops) and facts.installed_size
    ]
    return total_size(sizes, source=f"what {entry.distribution} brings") if sizes else None


RULE = Rule(name="smaller-variants", level=2, documentation=__doc__, detect=detect)
