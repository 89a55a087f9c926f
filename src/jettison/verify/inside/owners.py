"""Says which packages of Debian bring shared libraries. ``ASKED`` is put in front of this.

``names`` are those of the libraries; each that is there and belongs to a package is told with it.
"""

import glob
import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
ROOT = ASKED.get("root", "")
FOLDERS = ("usr/lib/*-linux-*", "usr/lib", "lib/*-linux-*", "lib")


def places():
    """Give the names by the paths of the libraries, as any link of a folder or a file has them."""
    found = {}
    for folder in (one for each in FOLDERS for one in glob.glob(f"{ROOT}/{each}")):
        for name in ASKED["names"]:
            path = os.path.join(folder, name)
            if os.path.exists(path):
                for one in (path, os.path.realpath(path)):
                    found[one[len(ROOT) :]] = name
    return found


def owners():
    """Give the packages by the names of the libraries."""
    wanted, found = places(), {}
    for path in sorted(glob.glob(f"{ROOT}/var/lib/dpkg/info/*.list")) if wanted else ():
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name = wanted.get(line.rstrip("\n"))
                if name:
                    found[name] = os.path.basename(path)[: -len(".list")].partition(":")[0]
    return found


sys.stdout.write(f"\n{MARKER}{owners()!a}\n")
