"""Builds a site and is killed at a chosen moment; run as a program.

Moments are counted: each file that is opened to be written, and each that gets its final name.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from build_site import Site
from package_index import PackageIndex

from jettison.images.stores.layout import LayoutStore


def kill_at(moment: int, root: Path) -> list[int]:
    """End this process without a word at that moment; the list holds how many there were."""
    seen = [0]

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            written = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        else:
            written = event == "os.rename"
        if written and str(arguments[0]).startswith(str(root)):
            seen[0] += 1
            if seen[0] == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
    return seen


def main() -> None:
    """Build into a layout; write how many moments there were."""
    place, moment, output = sys.argv[1:]
    site = Site(**{k: Path(v) for k, v in json.loads(place).items()}, index=PackageIndex())
    seen = kill_at(int(moment), site.cache.parent)
    LayoutStore(Path(output)).write(site.image(), None)
    sys.stdout.write(f"{seen[0]}\n")


if __name__ == "__main__":
    main()
