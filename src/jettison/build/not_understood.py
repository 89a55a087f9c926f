"""The one answer to a step that cannot be carried out without an engine."""

from __future__ import annotations

from jettison.errors import UnsupportedError
from jettison.values import Origin

ENGINE = "Build it with an engine: `jettison optimize` uses Docker or Podman."


def not_understood(what: str, why: str, origin: Origin | None) -> UnsupportedError:
    """Return the error that names the step, the reason, and the way out."""
    text = " ".join(what.split())
    shown = text if len(text) <= 90 else f"{text[:89]}…"  # noqa: PLR2004 — a line of a terminal
    return UnsupportedError(
        f"`{shown}` cannot be carried out without an engine", why=why, hint=ENGINE, origin=origin
    )
