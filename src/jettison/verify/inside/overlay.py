"""Takes test tools and tests out of this container, or lays them beside what its image has.

``ASKED`` is put in front of this text. What is taken goes to standard output as marshal's bytes;
with ``boot``, it comes from standard input. Then only built-in modules are used, so that the image
needs nothing for it, and folders of the image appear in the overlay as links, so that a test finds
the files that it expects around itself.
"""

import marshal
import os
import sys

ASKED = globals().get("ASKED", {})
OVERLAY = ASKED.get("overlay", "/jettison")
USUAL = ("tests", "test", "conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml")


def normal(name):
    """Give the name as distributions are compared."""
    import re

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
    import re

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
    import re

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


def pack():
    """Write tests, tools, and what the other image lacks of the standard library."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    files, present = tests(), ASKED.get("library")
    missing, lacking = library(set(present)) if present is not None else ({}, [])
    packed = {"tools": tools(files), "tests": files, "library": missing, "lacking": lacking}
    marshal.dump(packed, output, 2)
    output.flush()
    os._exit(0)


def make_folder(path):
    """Make a folder of the overlay; what the image has in it is linked."""
    if os.path.isdir(OVERLAY + path) and not os.path.islink(OVERLAY + path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        make_folder(parent)
    if os.path.islink(OVERLAY + path):
        os.unlink(OVERLAY + path)
    os.mkdir(OVERLAY + path)
    if path != "/" and os.path.isdir(path):
        for name in os.listdir(path):
            os.symlink(os.path.join(path, name), OVERLAY + os.path.join(path, name))


def write(path, mode, content):
    """Write a file, in place of a link if there is one."""
    if os.path.islink(path):
        os.unlink(path)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode | 0o600)


def write_all(files, below):
    """Write files by their path below a folder."""
    for path, (mode, content) in files.items():
        os.makedirs(os.path.dirname(os.path.join(below, path)), exist_ok=True)
        write(os.path.join(below, path), mode, content)


def unpack():
    """Lay out what was packed, with what puts it on the import path."""
    packed = marshal.loads(sys.stdin.buffer.read())
    write_all(packed["tools"], OVERLAY + "/.site")
    write_all(packed["library"], OVERLAY + "/.standard")
    for path, (mode, content) in packed["tests"].items():
        make_folder(os.path.dirname(path))
        write(OVERLAY + path, mode, content)
    make_folder(ASKED.get("working_directory", "/"))
    os.mkdir(OVERLAY + "/.boot")
    known = f"OVERLAY = {OVERLAY!r}\nLACKING = frozenset({packed['lacking']!r})\n"
    write(OVERLAY + "/.boot/sitecustomize.py", 0o644, (known + ASKED["boot"]).encode())


if "boot" in ASKED:
    unpack()
else:
    pack()
