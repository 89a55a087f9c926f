"""Says which modules can be imported. ``ASKED`` is put in front of this text."""

import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"

# what a module prints while it is imported is no part of the answer
SAID = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def load(name):
    """Import a module and say how it went."""
    try:
        __import__(name)
    except BaseException as wrong:  # a module may even exit when it is imported
        return (False, f"{type(wrong).__name__}: {wrong}"[:500])
    return (True, "")


sys.path.insert(0, os.getcwd())
SAID.write(f"\n{MARKER}{ {name: load(name) for name in ASKED.get('modules', ())}!a}\n")
SAID.flush()
os._exit(0)
