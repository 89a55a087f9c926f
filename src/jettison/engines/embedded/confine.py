"""The helper ``confine [--only FOLDER] COMMAND…``: become a program that opens no connection.

With a folder, it opens no files but those, where the kernel has Landlock.

It is for kernels without namespaces for everybody; see ``Confined``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from jettison.engines.embedded import syscalls
from jettison.engines.embedded.privileges import Sockets, restrict

ONLY = "--only"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def main(words: Sequence[str]) -> None:
    """Give up privileges, sockets and files, and execute the command."""
    only = words[1] if words[0] == ONLY else ""
    command = list(words[2:] if only else words)
    restrict(hardened=True, sockets=Sockets.NONE)
    if only:
        syscalls.see_only(only, [path for path in _DEVICES if Path(path).exists()])
    os.execv(command[0], command)  # noqa: S606 — the purpose
