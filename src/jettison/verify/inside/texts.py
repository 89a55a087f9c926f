"""Gives the texts of files by their paths in the application or below a folder of distributions.

``ASKED`` is put in front of this text: ``paths``, and the ``folder`` of the application. What is no
text, or is large, is left out.
"""

import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
LARGEST = 1 << 18

places = [one for one in sys.path if one.endswith(("site-packages", "dist-packages"))]
found = {}
for path in ASKED["paths"]:
    for place in (ASKED.get("folder") or "/", *places):
        try:
            if not os.path.isfile(os.path.join(place, path)):
                continue
            with open(os.path.join(place, path), encoding="utf-8") as file:
                text = file.read(LARGEST + 1)
        except (OSError, ValueError):
            continue
        if len(text) <= LARGEST and "\0" not in text:
            found[path] = text
        break
sys.stdout.write(f"\n{MARKER}{found!a}\n")
