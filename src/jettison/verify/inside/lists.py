"""Lists something of this container. ``ASKED``, put in front of this text, says what.

With ``modules`` it says instead which of these can be imported.

Each list imports what it needs: an image may lack parts of the standard library.
"""

import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
# What takes longer to send than to compare shows nothing more.
LARGEST, LARGEST_TEXT = 4_000_000, 1 << 18
# what others brought, and how deep catalogues of an application lie at most
OTHERS = {"site-packages", "dist-packages", "node_modules", "__pycache__", "proc", "sys", "dev"}
DEEPEST = 7
# where libraries are
LIBRARIES = ("usr/lib/*-linux-*", "usr/lib", "lib/*-linux-*", "lib")
MOST = 60_000
COMPRESSED = (".gz", ".br", ".zst")
# folders that hold one file or one folder for each language
CATALOGUES = {"locale", "locales", "translations", "i18n", "lang", "langs", "languages", "messages"}
# Scripts and styles in such a folder are for browsers, which choose among them themselves.
TEXTS = (
    ".json",
    ".yml",
    ".yaml",
    ".toml",
    ".ftl",
    ".po",
    ".mo",
    ".xml",
    ".properties",
    ".ini",
    ".txt",
    ".py",
)


def distributions():
    """Name the distributions that this container's Python finds."""
    import importlib.metadata
    import re

    names = (one.metadata.get("Name") for one in importlib.metadata.distributions())
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names if name}


def library():
    """Name the modules of the standard library. Only built-in modules are used."""
    return set(modules(os.path.dirname(os.__file__)))


def modules(folder, prefix=""):
    """Give the dotted names below a folder."""
    for entry in os.scandir(folder):
        name = entry.name
        if entry.is_dir() and name not in ("__pycache__", "site-packages", "dist-packages"):
            yield from modules(entry.path, "" if name == "lib-dynload" else f"{prefix}{name}.")
        elif name.endswith((".py", ".pyc", ".so")):
            stem = prefix + name.split(".")[0]
            yield stem[: -len(".__init__")] if stem.endswith(".__init__") else stem


def served():
    """Give the addresses of the files in the folders that are served."""
    return {each for address, folder in ASKED["folders"] for each in addresses(address, folder)}


def addresses(address, folder):
    """Give the addresses of the files in a folder.

    The compressed form of a file beside it is what the file's own address gives.
    """
    from urllib.parse import quote

    for place, _, names in os.walk(folder):
        inner, known = os.path.relpath(place, folder), set(names)
        for name in names:
            stem, kind = os.path.splitext(name)
            if kind in COMPRESSED and stem in known:
                continue
            path = os.path.join(place, name)
            if os.path.isfile(path) and os.path.getsize(path) <= LARGEST:
                yield address + quote(os.path.normpath(os.path.join(inner, name)))


def languages():
    """Give the codes of languages that the application has texts in, as browsers send them."""
    import re

    code = re.compile(r"^[a-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Z]{2}))?$")
    root = ASKED["folder"]
    found, seen = set(), 0
    for place, inner, names in os.walk(root):
        inner[:] = [one for one in inner if one not in OTHERS and not one.startswith(".")]
        seen += len(names)
        if place[len(root) :].count(os.sep) > DEEPEST or seen > MOST:
            inner[:] = []
            continue
        if "LC_MESSAGES" in inner:
            found.add(os.path.basename(place))
        texts = [name for name in names if name.endswith(TEXTS) and name.count(".") == 1]
        codes = {name.rpartition(".")[0] for name in texts if name != "__init__.py"}
        # where all files are named so, they are catalogues whatever the folder is called
        alike = len(codes) > 1 and all(len(one) in (2, 5) and code.match(one) for one in codes)
        if alike or os.path.basename(place).lower() in CATALOGUES:
            found.update(codes)
    return {one.replace("_", "-") for one in found if code.match(one)}


def owners():
    """Give the packages of Debian that bring the libraries of some names."""
    from glob import glob

    root = ASKED.get("root", "")
    wanted, found = {}, {}
    for folder in (one for each in LIBRARIES for one in glob(f"{root}/{each}")):
        for name in ASKED["names"]:
            path = os.path.join(folder, name)
            # as any link of a folder or a file has it
            if os.path.exists(path):
                for one in (path, os.path.realpath(path)):
                    wanted[one[len(root) :]] = name
    for path in sorted(glob(f"{root}/var/lib/dpkg/info/*.list")) if wanted else ():
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name = wanted.get(line.rstrip("\n"))
                if name:
                    found[name] = os.path.basename(path)[: -len(".list")].partition(":")[0]
    return found


def texts():
    """Give the texts of files by their paths in the application or a folder of distributions.

    What is no text, or is large, is left out. Those that are ``installed`` are a distribution's.
    """
    places = [one for one in sys.path if one.endswith(("site-packages", "dist-packages"))]
    found = {}
    for path in ASKED["paths"]:
        own = () if path in ASKED["installed"] else (ASKED.get("folder") or "/",)
        for place in (*own, *places):
            try:
                if not os.path.isfile(os.path.join(place, path)):
                    continue
                with open(os.path.join(place, path), encoding="utf-8") as file:
                    text = file.read(LARGEST_TEXT + 1)
            except (OSError, ValueError):
                continue
            if len(text) <= LARGEST_TEXT and "\0" not in text:
                found[path] = text
            break
    return found


def imported(names):
    """Say of modules whether they can be imported; what they print is no part of the answer."""
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())
    said.write(f"\n{MARKER}{ {name: load(name) for name in names}!a}\n")
    said.flush()
    os._exit(0)


def load(name):
    """Import a module and say how it went."""
    try:
        __import__(name)
    except BaseException as wrong:  # a module may even exit when it is imported
        return (False, f"{type(wrong).__name__}: {wrong}"[:500])
    return (True, "")


if "modules" in ASKED:
    imported(ASKED["modules"])
LISTS = (distributions, library, served, languages, owners, texts)
found = {each.__name__: each for each in LISTS}[ASKED["list"]]()
found = sorted(found) if isinstance(found, set) else found
sys.stdout.write(f"\n{MARKER}{found!a}\n")
