"""Counts the lines of the application that ``executed`` noted, and those that there are."""

import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
FOLDER = ASKED["folder"]
OTHERS = ASKED.get("others", ())
LEFT_OUT = ("__pycache__", "site-packages", "node_modules", "tests", "test", "testing")
FILES = 5000


def noted():
    """Give the numbers of lines that were executed by the paths of files."""
    found = {}
    for name in os.listdir(ASKED["output"]):
        with open(os.path.join(ASKED["output"], name), encoding="utf-8", errors="replace") as file:
            for line in file:
                number, _, path = line.rstrip("\n").partition(":")
                if number.isdecimal() and path:
                    found.setdefault(os.path.realpath(path), set()).add(int(number))
    return found


def lines(code):
    """Give the numbers of lines that a program can execute."""
    found = {number for _, _, number in code.co_lines() if number}
    for one in code.co_consts:
        if hasattr(one, "co_lines"):
            found |= lines(one)
    return found


def sources():
    """Give the application's own files of Python."""
    for folder, inner, names in os.walk(FOLDER):
        inner[:] = [
            one
            for one in sorted(inner)
            if one not in LEFT_OUT
            and os.path.join(folder, one) not in OTHERS
            and not os.path.exists(os.path.join(folder, one, "pyvenv.cfg"))
        ]
        for name in sorted(names):
            if name.endswith(".py") and not name.startswith(("test_", "conftest")):
                yield os.path.join(folder, name)


executed = noted()
counts = {}
for number, path in enumerate(sources()):
    try:
        with open(path, "rb") as file:
            there = lines(compile(file.read(), path, "exec"))
    except (OSError, SyntaxError, ValueError):
        continue
    done = there & executed.get(os.path.realpath(path), set())
    counts[os.path.relpath(path, FOLDER)] = (len(done), len(there))
    if number > FILES:
        break
sys.stdout.write(f"\n{MARKER}{counts!a}\n")
