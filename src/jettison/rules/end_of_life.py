"""Report a Python or distribution without security fixes.

A base image whose Python or whose distribution has reached the end of its life gets no more
security fixes. An upgrade needs tests of the application, so Jettison only reports it.

Source: devguide.python.org/versions; www.debian.org/releases and wiki.debian.org/LTS;
alpinelinux.org/releases.

Safe: nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jettison.plan import Finding, Plan
from jettison.plan.base import ImageFacts, image_facts
from jettison.rules.rule import Rule
from jettison.values import Evidence


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a base whose Python or distribution has no support on the day of the plan."""
    if plan.today is None:
        return
    origin = plan.stage.chain[0].origin
    yield from (
        Finding.advice(
            message, Evidence(kind="base", message=f"the base is {plan.stage.base}", origin=origin)
        )
        for message in _ended(image_facts(plan.stage.base), plan.today)
    )


def _ended(image: ImageFacts, today: date) -> Iterator[str]:
    if image.python_ends and image.python_ends < today:
        yield f"Python {image.python} has had no security fixes since {image.python_ends}"
    regular, long_term = image.distribution_ends, image.long_term_ends
    if "@" in image.reference and (image.release or "?") not in image.reference:
        return  # the image of a digest may be older than what its tag stands for today
    if regular is None or regular >= today:
        return
    if long_term and long_term >= today:
        only = f"long-term support only since {regular}, until {long_term}"
        yield f"{image.distribution} has had {only}"
    else:
        yield f"{image.distribution} has had no security fixes since {long_term or regular}"


RULE = Rule(name="end-of-life", level=1, documentation=__doc__, detect=detect)
