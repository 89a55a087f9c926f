"""Gives what the hook noted so far, and what processes have mapped, as lines."""

import os
import sys

ASKED = globals().get("ASKED", {})

found = set()
folder = ASKED.get("folder", "/jettison-noted")
for name in os.listdir(folder):
    with open(folder + "/" + name, "rb") as file:
        found.update(file.read().split(b"\n"))
for process in os.listdir("/proc"):
    if process.isdecimal():
        try:
            with open("/proc/" + process + "/maps", "rb") as file:
                lines = file.read().split(b"\n")
        except OSError:
            continue
        found.update(line[line.index(b"/") :] for line in lines if b"/" in line)
os.write(1, b"\n".join(sorted(found)))
sys.exit(0)
