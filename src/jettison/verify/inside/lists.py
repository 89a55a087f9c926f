"""Lists something of this container, as ``ASKED`` says.

Each list imports what it needs: an image may lack parts of the standard library.
"""

import os
import sys

from jettison.verify.inside import commands

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
# What takes longer to send than to compare shows nothing more.
LARGEST, LARGEST_TEXT = 4_000_000, 1 << 18
# what others brought, and how deep catalogues of an application lie at most
OTHERS = {"site-packages", "dist-packages", "node_modules", "__pycache__", "proc", "sys", "dev"}
DEEPEST = 7
LIBRARIES = ("usr/lib/*-linux-*", "usr/lib", "lib/*-linux-*", "lib")
MOST = 60_000
COMPRESSED = (".gz", ".br", ".zst")
# folders that hold one file or one folder for each language
CATALOGUES = {"locale", "locales", "translations", "i18n", "lang", "langs", "languages", "messages"}
# Scripts and styles in such a folder are for browsers, which choose among them themselves.
TEXTS = (
    ".json", ".yml", ".yaml", ".toml", ".ftl", ".po", ".mo", ".xml", ".properties", ".ini", ".txt",
    ".py",
)  # fmt: skip
# where lists of packages are, and the folders whose programs they name
ROOT = os.path.realpath(ASKED.get("root", "/")).rstrip("/")
DPKG = f"{ROOT}/var/lib/dpkg"
APK = (f"{ROOT}/lib/apk/db/installed", f"{ROOT}/usr/lib/apk/db/installed")
SYSTEM = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec")
NO_MODULES = ("__pycache__", "bin", "include", "share")


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
    found, seen = set(), 0
    roots = [ASKED["folder"], *commands.local_folders()]
    for root, (place, inner, names) in ((top, one) for top in roots for one in os.walk(top)):
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

    wanted, found = {}, {}
    for folder in (one for each in LIBRARIES for one in glob(f"{ROOT}/{each}")):
        for name in ASKED["names"]:
            path = os.path.join(folder, name)
            # as any link of a folder or a file has it
            if os.path.exists(path):
                wanted.update((one[len(ROOT) :], name) for one in (path, os.path.realpath(path)))
    for listed in names(f"{DPKG}/info") if wanted else ():
        if listed.endswith(".list"):
            for name in filter(None, map(wanted.get, lines(f"{DPKG}/info/{listed}"))):
                found[name] = listed[: -len(".list")].partition(":")[0]
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


def inventory():
    """Give what lists of software know of this container's files."""
    modules, missing, places = recorded()
    return {
        "packages": packages(),
        "unclaimed": unclaimed() + unknown_modules(modules, places),
        "missing": {name: (len(gone), gone[0]) for name, gone in missing.items()},
    }


def names(folder):
    """Give what is in a folder, nothing when there is none."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def lines(path):
    """Read a file's lines, none when it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def packages():
    """Name and version of every package of the system that is installed."""
    statuses = [f"{DPKG}/status"]
    statuses += [
        f"{DPKG}/status.d/{name}" for name in names(f"{DPKG}/status.d") if "md5sums" not in name
    ]
    found = alpine()[0]
    for part in (part for path in statuses for part in "\n".join(lines(path)).split("\n\n")):
        fields = dict(line.partition(": ")[::2] for line in part.split("\n"))
        if "Package" in fields and fields.get("Status", " installed").endswith(" installed"):
            found[fields["Package"]] = fields.get("Version", "")
    return found


def alpine():
    """Give Alpine's packages with their versions, and the paths of their files."""
    found, paths = {}, set()
    name = folder = ""
    for line in lines(APK[0]) or lines(APK[1]):
        key, _, value = line.partition(":")
        if key == "P":
            name = value
        elif key == "V":
            found[name] = value
        elif key == "F":
            folder = value
        elif key == "R":
            paths.add(f"/{folder}/{value}")
    return found, paths


def claimed():
    """Give the real paths of all files that a package says are its own."""
    found = alpine()[1]
    for name in names(f"{DPKG}/info"):
        if name.endswith(".list"):
            found.update(lines(f"{DPKG}/info/{name}"))
    for name in names(f"{DPKG}/status.d"):
        if name.endswith(".md5sums"):
            found.update("/" + line.partition("  ")[2] for line in lines(f"{DPKG}/status.d/{name}"))
    folders = {folder: os.path.realpath(ROOT + folder) for folder in map(os.path.dirname, found)}
    return {f"{folders[os.path.dirname(path)]}/{os.path.basename(path)}" for path in found}


def unclaimed():
    """Give the programs and libraries of the system that no package says are its own."""
    known = claimed()
    found = []
    for top in SYSTEM:
        for folder, inner, files in os.walk(ROOT + top):
            inner[:] = [name for name in inner if not name.startswith("python3")]
            for name in files:
                path = f"{os.path.realpath(folder)}/{name}"
                if path not in known and not os.path.islink(path) and is_program(path):
                    found.append(path[len(ROOT) :])
    return sorted(set(found))


def is_program(path):
    """Tell whether a file is a program or a shared library of the machine."""
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def recorded():
    """Compare what distributions say they have installed with what is there."""
    import csv
    import importlib.metadata

    modules, missing, places = set(), {}, set()
    for one in importlib.metadata.distributions():
        # what is not there is left out of ``files`` since Python 3.12
        rows = csv.reader((one.read_text("RECORD") or "").splitlines())
        files = [row[0] for row in rows if row] or [str(file) for file in one.files or ()]
        gone = []
        for file in files:
            path = os.path.normpath(str(one.locate_file(file)))
            modules.add(path)
            if not path.endswith(".pyc") and not os.path.lexists(path):
                gone.append(file)
        if files:
            places.add(os.path.normpath(str(one.locate_file(""))))
        if gone:
            missing[str(one.metadata.get("Name"))] = gone
    return modules, missing, places


def unknown_modules(recorded, places):
    """Give the import packages beside those of distributions that no distribution recorded."""
    tops = {
        tuple(path.split("/")[: place.count("/") + 2])
        for path in recorded
        for place in places
        if path.startswith(f"{place}/")
    }
    found = []
    for place in places:
        for name in names(place):
            path = f"{place}/{name}"
            module = name.endswith((".py", ".so")) or (
                os.path.isdir(path)
                and not name.endswith((".dist-info", ".egg-info", ".libs"))
                and name not in NO_MODULES
                and any(each.endswith((".py", ".so")) for each in names(path))
            )
            if module and tuple(path.split("/")) not in tops:
                found.append(path)
    return found


LISTS = (distributions, library, served, languages, owners, texts, inventory)
found = {each.__name__: each for each in LISTS}[ASKED["list"]]()
found = sorted(found) if isinstance(found, set) else found
sys.stdout.write(f"\n{MARKER}{found!a}\n")
