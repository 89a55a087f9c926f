"""Ask for the comparison of two images that are there."""

from __future__ import annotations

from msgspec.structs import replace

from jettison.engines.engine import Engine
from jettison.tasks.loading.plan import Planned, project_request
from jettison.verify.request import VerificationRequest, request_of


def request_of_images(engine: Engine, before: str, after: str) -> VerificationRequest:
    """Ask for what the images themselves say."""
    asked = request_of(engine.inspect(before), engine.inspect(after))
    return replace(asked, image_before=before, image_after=after)


def request_of_project(
    engine: Engine, found: Planned, before: str, after: str, development: str | None
) -> VerificationRequest:
    """Do not ask for what a plan would change: it need not be done in these images."""
    asked = project_request(found.loaded.root, found.plan, before, after, development)
    images = (asked.image_before, asked.image_after)
    users = {_user(engine.inspect(image).user) for image in images}
    kept = "" if len(users) == 1 else asked.expected_user
    return replace(asked, expected_read_only=False, expected_user=kept)


def _user(declared: str) -> str:
    name = declared.partition(":")[0]
    return "root" if name in {"", "0"} else name
