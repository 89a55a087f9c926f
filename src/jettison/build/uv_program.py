"""Where uv is: it comes with Jettison."""

from __future__ import annotations

import uv

from jettison.errors import ProgramError


def uv_program() -> str:
    """Return the path of uv; ProgramError when the installation lacks it."""
    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise ProgramError(
            "uv is missing", why=str(error), hint="Install Jettison again, with its dependencies."
        ) from error
