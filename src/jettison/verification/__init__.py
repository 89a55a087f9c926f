"""From a plan to what has to be verified."""

from __future__ import annotations

from jettison.verification.asked import verification_request

__all__ = ["verification_request"]
