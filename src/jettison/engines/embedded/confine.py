"""The helper ``confine COMMAND…``: become a program that opens no connection.

It is for kernels without namespaces for everybody; see ``Confined``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from jettison.engines.embedded.privileges import restrict


def main(words: Sequence[str]) -> None:
    """Give up privileges and sockets, and execute the command."""
    restrict(hardened=True, network=False)
    os.execv(words[0], list(words))  # noqa: S606 — the purpose
