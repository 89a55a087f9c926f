"""Writes test tools and tests of this container to standard output, as marshal's bytes.

``ASKED`` is put in front of this text.
"""

import os
import re

ASKED = globals().get("ASKED", {})
USUAL = ("tests", "test", "conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml")

OUTPUT = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)


def normal(name):
    """Give the name as distributions are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(path):
    """Give permission bits and contents."""
    with open(path, "rb") as file:
        return (os.stat(path).st_mode & 0o777, file.read())


def tests():
    """Give the files below the wanted paths by their absolute path."""
    files = {}
    for wanted in ASKED.get("paths") or USUAL:
        root = os.path.abspath(wanted)
        if os.path.isfile(root):
            files[root] = read(root)
        for folder, inner, names in os.walk(root):
            inner[:] = [name for name in inner if name not in ("__pycache__", ".git")]
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    files[path] = read(path)
    return files


def closure(installed, roots):
    """Give the names of what the roots need, themselves included."""
    found, waiting = set(), [name for name in roots if name in installed]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for requirement in installed[name].requires or ():
            needed = normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
            if needed in installed and not re.search(r"extra\s*==", requirement):
                waiting.append(needed)
    return found


def roots(installed, files):
    """Name what the tests import, and the runner with its plugins."""
    import importlib.metadata

    owners = importlib.metadata.packages_distributions()
    text = "\n".join(
        content.decode("utf-8", "replace")
        for path, (_, content) in files.items()
        if path.endswith(".py")
    )
    modules = set(re.findall(r"^\s*(?:from|import)\s+(\w+)", text, re.M))
    imported = {normal(owner) for module in modules for owner in owners.get(module, ())}
    return imported | {name for name in installed if name.startswith(("pytest", "coverage"))}


def tools(files):
    """Give the files of the wanted distributions by their path below site-packages."""
    import importlib.metadata

    installed = {}
    for one in importlib.metadata.distributions():
        installed.setdefault(normal(one.metadata.get("Name") or ""), one)
    wanted = {normal(name) for name in ASKED.get("distributions", ())}
    wanted = closure(installed, wanted or roots(installed, files))
    packed = {}
    for name in sorted(wanted - {normal(name) for name in ASKED.get("present", ())}):
        for file in installed[name].files or ():
            path = str(installed[name].locate_file(file))
            if ".." not in file.parts and os.path.isfile(path) and not path.endswith(".pyc"):
                packed[str(file)] = read(path)
    return packed


def library(present):
    """Give the files and names of the standard library's modules that are not present."""
    root = os.path.dirname(os.__file__)
    files, lacking = {}, []
    for folder, inner, names in os.walk(root):
        inner[:] = [
            name for name in inner if name not in ("__pycache__", "site-packages", "dist-packages")
        ]
        place = os.path.relpath(folder, root).replace("lib-dynload", "").strip("./")
        for name in names:
            path = os.path.join(place, name)
            stem = path.split(".")[0].replace("/", ".")
            module = stem[: -len(".__init__")] if stem.endswith(".__init__") else stem
            if name.endswith((".py", ".so")) and module not in present:
                files[path] = read(os.path.join(folder, name))
                lacking.append(module)
    return files, lacking


import marshal  # noqa: E402 - built into every interpreter, so its place does not matter

TESTS = tests()
PRESENT = ASKED.get("library")
LIBRARY, LACKING = library(set(PRESENT)) if PRESENT is not None else ({}, [])
PACKED = {"tools": tools(TESTS), "tests": TESTS, "library": LIBRARY, "lacking": LACKING}
marshal.dump(PACKED, OUTPUT, 2)
OUTPUT.flush()
os._exit(0)
