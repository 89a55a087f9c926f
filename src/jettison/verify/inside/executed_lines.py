"""Counts the lines of the application that ``executed`` noted, and those that there are."""

import os
import sys

from jettison.verify.inside import executed

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
FOLDER = ASKED["folder"]
OTHERS = ASKED.get("others", ())
LEFT_OUT = ("__pycache__", "site-packages", "node_modules", "tests", "test", "testing")
FILES, SOURCES = 5000, "src/"


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
    """Give the application's own files of Python, with the folder that their names begin in."""
    for folder, inner, names in os.walk(FOLDER):
        inner[:] = [
            one
            for one in sorted(inner)
            if one not in LEFT_OUT
            and os.path.join(folder, one) not in OTHERS
            and not os.path.exists(os.path.join(folder, one, "pyvenv.cfg"))
            and not (one == "build" and os.path.isdir(os.path.join(folder, one, "lib")))
        ]
        yield from ((os.path.join(folder, name), FOLDER) for name in sorted(names) if counts(name))
    for site in sys.path:
        for path in sorted(executed.local(site)) if site.endswith("-packages") else ():
            if counts(os.path.basename(path)) and not {*path.split("/")} & {*LEFT_OUT}:
                yield os.path.join(site, path), site


def counts(name):
    """Tell by its name whether a file is one of the application's, and no test."""
    return name.endswith(".py") and not name.startswith(("test_", "conftest"))


known = noted()
found = {}
everything = list(sources())
installed = {os.path.relpath(path, top) for path, top in everything if top != FOLDER}
for number, (path, top) in enumerate(everything):
    try:
        with open(path, "rb") as file:
            there = lines(compile(file.read(), path, "exec"))
    except (OSError, SyntaxError, ValueError):
        continue
    done = there & known.get(os.path.realpath(path), set())
    # an application that is installed beside its source runs one of both
    name, counted = os.path.relpath(path, top), (len(done), len(there))
    below = name[len(SOURCES) :] if name.startswith(SOURCES) else name
    name = below if below in installed else name
    found[name] = max(found.get(name, counted), counted)
    if number > FILES:
        break
sys.stdout.write(f"\n{MARKER}{found!a}\n")
