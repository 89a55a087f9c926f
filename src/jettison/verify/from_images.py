"""What can be verified of two images when nothing else is known about the project. Pure."""

from __future__ import annotations

from jettison.engines.engine import ImageFacts
from jettison.verify.request import VerificationRequest


def request_of(before: ImageFacts, after: ImageFacts) -> VerificationRequest:
    """Take ports and volumes from what the images declare."""
    return VerificationRequest(
        image_before=before.id,
        image_after=after.id,
        ports=tuple(_numbers(before) or _numbers(after)),
        volumes=tuple(sorted({*before.volumes, *after.volumes})),
        time_zones=tuple(zone for name, zone in before.environment if name == "TZ" and zone),
    )


def _numbers(facts: ImageFacts) -> list[int]:
    """Give the TCP ports that are exposed, in the order of their numbers."""
    texts = (port.partition("/") for port in facts.ports)
    return sorted(
        int(number) for number, _, kind in texts if number.isdigit() and kind in {"", "tcp"}
    )
