"""What a registry's refusal means for the user."""

from __future__ import annotations

import json
from http import HTTPStatus

from jettison.errors import ImageError, JettisonError, NetworkError, TransientNetworkError
from jettison.oci.reference import Reference
from jettison.stores.registry.transport import RETRIED, Answer


def failure(answer: Answer, reference: Reference, doing: str) -> JettisonError:
    """Return the error for an answer that is not what was hoped for.

    ``doing`` completes "the registry would not …".
    """
    status = answer.status
    registry = reference.registry
    why = _said(answer)
    if status == HTTPStatus.NOT_FOUND:
        return ImageError(
            f"{reference} does not exist",
            why=why,
            hint=f"Check the name and the tag; if it is private: docker login {registry}.",
        )
    if status == HTTPStatus.UNAUTHORIZED:
        hint = f"Log in: docker login {registry}. If you are, check the name of the image."
    elif status == HTTPStatus.FORBIDDEN:
        hint = f"Ask the owner of {registry}/{reference.repository} for the right to do this."
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        hint = f"Wait, or log in for a higher limit: docker login {registry}."
    elif status in RETRIED:
        hint = "Try again later; if it stays, tell who runs the registry."
    else:
        hint = "See what the registry says."
    kind = TransientNetworkError if status in RETRIED else NetworkError
    return kind(f"{registry} would not {doing} {reference}", why=why, hint=hint)


def _said(answer: Answer) -> str:
    """Return the status and the registry's own words."""
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "unknown status"
    words = [f"{answer.status} {phrase}"]
    try:
        errors = json.loads(answer.body)["errors"]
        words += [f"{error['code']}: {error.get('message', '')}".rstrip(": ") for error in errors]
    except (ValueError, KeyError, TypeError):
        pass
    return "; ".join(words)
