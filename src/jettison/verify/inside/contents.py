"""Gives what an environment holds, as JSON: its files, owners, entry points, names in libraries.

Sources are read from the image's layers: those of a large environment are too much for an answer.

``ASKED`` is put in front of this text: ``environment`` is its folder and ``folder`` the
application's.
"""

import binascii
import json
import os
import re
import sys

from jettison.formats import compiled

ASKED = globals().get("ASKED", {})
LARGEST = 4 * 2**20
SETTINGS = (".toml", ".cfg", ".ini", ".yaml", ".yml", ".json", ".env", ".txt", ".conf")
LIBRARY = re.compile(r"\.(?:cpython-[\w-]+|abi3)?\.?so$")
# Saved objects (pickle protocols 2 to 5) name the modules of their classes, as data of Babel does.
SAVED = re.compile(rb"\x80[\x02-\x05]")
NEVER_SAVED = (".py", ".pyc", ".pyi", ".so", ".h", ".js", ".css", ".html", ".json", ".txt", ".md")
# The operation before a module's name is a letter in the old form.
OLD = "c"

OUTPUT = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)


def site():
    """Give the folder of the environment's distributions."""
    environment = ASKED.get("environment", "").rstrip("/")
    folders = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    if environment and environment in sys.path:
        return environment
    below = [path for path in folders if path.startswith(environment + "/")]
    return (below or folders or [""])[0]


def walk(top):
    """Give the files below a folder by their path within it."""
    for folder, inner, names in os.walk(top):
        inner[:] = [name for name in inner if name not in ("site-packages", ".git")]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                yield os.path.relpath(path, top), path


def read(path):
    """Give a file's contents."""
    with open(path, "rb") as file:
        return binascii.b2a_base64(file.read(LARGEST), newline=False).decode()


def words(top, path):
    """Give the words in a library that are parts of names of modules."""
    with open(os.path.join(top, path), "rb") as file:
        found = names.found_in(file.read(), path.rpartition("/")[0].replace("/", "."))
    return sorted({text for text in found if text.rpartition(".")[2] in last})


def names_modules(path):
    """Whether a file is a library that may name modules, which those of the system are not."""
    return LIBRARY.search(path) and ".libs/" not in path


def module(path):
    """Give the dotted name of a source or library."""
    return path.split(".")[0].removesuffix("/__init__").replace("/", ".")


def saved(path):
    """Give the dotted words of a file that holds saved objects, and nothing of others."""
    with open(path, "rb") as file:
        if not SAVED.match(file.read(2)):
            return []
        found = compiled.words_in(file.read(LARGEST))
    return sorted({text for one in found if "." in one for text in (one, one.removeprefix(OLD))})


def metadata():
    """Give the owners of files and the entry points."""
    import importlib.metadata

    owners, points = {}, []
    for one in importlib.metadata.distributions(path=[SITE]):
        name = re.sub(r"[-_.]+", "-", one.metadata.get("Name") or "").lower()
        for file in one.files or ():
            path = os.path.normpath(str(file))
            if not path.startswith(".."):
                owners[path] = name
        points.extend((name, point.group, point.name, point.value) for point in one.entry_points)
    return owners, points


SITE = site()
LIBRARY_FOLDER = os.path.dirname(os.__file__)
standard = {path: os.path.getsize(real) for path, real in walk(LIBRARY_FOLDER)}
files = {path: os.path.getsize(real) for path, real in walk(SITE)} if SITE else {}
sources = (*files, *(path.removeprefix("lib-dynload/") for path in standard))
modules = {module(path) for path in sources if path[-3:] == ".py" or LIBRARY.search(path)}
names = compiled.Names(modules)
last = {name.rpartition(".")[2] for name in modules}
owners, points = metadata() if SITE else ({}, [])
data = [path for path in files if not path.endswith(NEVER_SAVED) and ".so." not in path]
folder = ASKED.get("folder") or "/"
application = {}
if folder != "/":
    for _, real in walk(folder):
        if real.endswith((".py", *SETTINGS)) and not real.startswith(SITE + "/"):
            application[real] = read(real)
answer = json.dumps(
    {
        "site": SITE,
        "library": LIBRARY_FOLDER,
        "files": files,
        "owners": owners,
        "entry_points": points,
        "words": {
            **{path: words(SITE, path) for path in files if names_modules(path)},
            **{path: said for path in data if (said := saved(SITE + "/" + path))},
        },
        "application": application,
        "standard": {
            "files": standard,
            "words": {
                path: words(LIBRARY_FOLDER, path) for path in standard if LIBRARY.search(path)
            },
        },
    }
)
OUTPUT.write(answer.encode())
OUTPUT.flush()
os._exit(0)
