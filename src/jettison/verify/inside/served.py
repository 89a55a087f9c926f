"""Says which files lie in the folders that are served, by address. ``ASKED`` is put in front."""

import os
import sys
from urllib.parse import quote

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
# What takes longer to send than to compare shows nothing more.
LARGEST = 4_000_000


def addresses(address, folder):
    """Give the addresses of the files in a folder."""
    for place, _, names in os.walk(folder):
        inner = os.path.relpath(place, folder)
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path) and os.path.getsize(path) <= LARGEST:
                yield address + quote(os.path.normpath(os.path.join(inner, name)))


found = {each for address, folder in ASKED["folders"] for each in addresses(address, folder)}
sys.stdout.write(f"\n{MARKER}{sorted(found)!r}\n")
