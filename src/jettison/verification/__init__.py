"""From a plan to what has to be verified."""

from __future__ import annotations

from jettison.verification.asked import removed_distributions, verification_request

__all__ = ["removed_distributions", "verification_request"]
