"""Names the distributions that this container's Python finds."""

import importlib.metadata
import re
import sys

MARKER = "jettison-says:"

names = (one.metadata["Name"] for one in importlib.metadata.distributions())
found = sorted({re.sub(r"[-_.]+", "-", name).lower() for name in names if name})
sys.stdout.write(f"\n{MARKER}{found!r}\n")
