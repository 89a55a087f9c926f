"""Names the files of the application and of its distributions, and what their commands say.

``ASKED`` is put in front of this text: ``folder`` is the application's, ``others`` those in it that
are not. Run in a container in which nothing else runs, so that all files are the image's own.
"""

import os
import stat
import sys

from jettison.verify.inside import commands, digests

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
MANIFEST = ASKED.get("manifest", "/usr/share/jettison/removed.json.gz")
FILES = 100_000
# what test runners and installers read, and no application imports
TESTS = frozenset({"test", "tests", "testing", "conftest.py", "noxfile.py", "setup.py"})
# what installers and interpreters write beside what they install, differently each time
NOT_COMPARED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "installed-files.txt")
# what engines make, and what installers write differently each time
VOLATILE = ["/proc", "/sys", "/dev", "/run", "/var/run", "/var/log", "/var/cache", "/var/lib/apt"]
ENGINES = "/.dockerenv /etc/hosts /etc/hostname /etc/resolv.conf /etc/mtab /etc/ld.so.cache"
MADE = ENGINES.split()
DATED = frozenset({"aux-cache", "lastlog"})
PIECE = 1 << 16
SHELLS = {b"sh", b"bash", b"dash", b"ash"}
RUNS = ", can be run"
LEFT_OUT = ("__pycache__", ".git", "node_modules", ".pytest_cache", ".mypy_cache")


def below(root, others=(), digest=digests.told):
    """Give the digests of a folder's files by their paths in it, without byte code."""
    found = {}
    for folder, inner, names in os.walk(root):
        inner[:] = [
            one
            for one in sorted(inner)
            if one not in LEFT_OUT
            and os.path.join(folder, one) not in others
            and not os.path.exists(os.path.join(folder, one, "pyvenv.cfg"))
        ]
        for name in names:
            path = os.path.join(folder, name)
            installed = name in NOT_COMPARED and folder.endswith((".dist-info", ".egg-info"))
            if installed or path in MADE:
                continue
            # a module whose source was omitted stands for it
            source = name[:-1] if name.endswith(".pyc") else name
            if source != name and source in names:
                continue
            if len(found) >= FILES:
                return found
            told = digest(path) if source == name else ""
            told += RUNS if told and os.access(path, os.X_OK) else ""
            found[os.path.relpath(os.path.join(folder, source), root)] = told
    return found


def scripts():
    """Give the shell scripts outside of the application's folder that the image is started with."""
    import shutil

    found = {}
    for word in ASKED.get("words", ()):
        path = os.path.abspath(shutil.which(word) or word)
        own = path.lstrip("/") in application if folder == "/" else path.startswith(f"{folder}/")
        if os.path.isfile(path) and not own:
            with open(path, "rb") as file:
                first, second = file.readline(PIECE), file.readline(PIECE)
            runs = {os.path.basename(one) for one in first[2:].split()}
            # installers write scripts of Python so where its path is long
            if first.startswith(b"#!") and runs & SHELLS and b"exec' " not in second:
                found[path] = digests.told(path)
    return found


def owners():
    """Give the distribution that each file belongs to, by its path below the folder of both.

    What lies elsewhere, as commands do, comes by its whole path, and so does all of a distribution
    beside the application. Of several distributions that
    have the same file, all are given, with commas between them.
    """
    import importlib.metadata

    found = {}
    for one in importlib.metadata.distributions():
        # each look parses all of it
        name = one.metadata.get("Name") or ""
        apart = os.path.abspath(one.locate_file("")) not in places
        for line in (one.read_text("RECORD") or "").splitlines():
            path = line.partition(",")[0].strip('"')
            if apart or path.startswith("../"):
                path = os.path.abspath(one.locate_file(path))
            if name not in found.setdefault(path, name).split(", "):
                found[path] = ", ".join(sorted((*found[path].split(", "), name)))
    return found


def sites():
    """Give the folders of distributions on the import path, outermost first."""
    named = (one for one in sys.path if one.endswith(("site-packages", "dist-packages")))
    return [one for one in dict.fromkeys(named) if os.path.isdir(one)]


def removed():
    """Give the files that the image says were removed from it, by their paths below a site."""
    try:
        import gzip
        import json

        with gzip.open(MANIFEST, "rt", encoding="utf-8") as file:
            document = json.load(file)
        return document["files"], document["list"]
    except (ImportError, OSError, ValueError, KeyError):
        return [], ""


def imports(application):
    """Tell which modules that the application imports anywhere are there; none is imported."""
    import ast

    named = {}
    for path in application:
        own = os.path.join(folder, path)
        if not path.endswith(".py") or TESTS.intersection(path.split("/")):
            continue
        if not digests.is_short(own):
            continue
        try:
            with open(own, "rb") as file:
                tree = ast.parse(file.read())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                named.update((one.name, path) for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named[node.module] = path
    return {name: path for name, path in named.items() if there(name)}


def there(name):
    """Tell whether a module would be found."""
    from importlib.machinery import PathFinder

    if name.partition(".")[0] in sys.builtin_module_names:
        return True
    where = [folder, os.path.join(folder, "src"), *sys.path]
    parts = name.split(".")
    for number in range(len(parts)):
        try:
            spec = PathFinder.find_spec(".".join(parts[: number + 1]), where)
        except KeyError:
            # folders of modules within a package that was not imported
            where = [os.path.join(one, parts[number]) for one in where]
            where = [one for one in where if os.path.isdir(one)]
            continue
        except (ImportError, ValueError):
            return False
        if spec is None:
            # not everything with a dot in its name is a file: os.path
            return number > 0 and where is None
        where = spec.submodule_search_locations
        if where is None:
            return True
    return True


def everything(others):
    """Describe all of the image: kinds, modes and owners, and the contents of the system's files.

    Contents in ``others`` are told elsewhere. One line for each path, all lines as one text.
    """
    lines = []
    for place, inner, names in os.walk(ASKED.get("root", "/")):
        kept = (one for one in inner if one != "__pycache__")
        inner[:] = [one for one in kept if os.path.join(place, one) not in VOLATILE]
        told_elsewhere = f"{place}/".startswith(others)
        for name in (*inner, *names):
            path = os.path.join(place, name)
            if not (path in MADE or name.endswith(".pyc")):
                lines.append(described(path, told_elsewhere or name in DATED))
        if len(lines) > FILES:
            return ""
    return "\n".join(lines)


def described(path, told_elsewhere):
    """Describe one file, link or folder."""
    state = os.lstat(path)
    kind, mode = stat.S_IFMT(state.st_mode), stat.S_IMODE(state.st_mode)
    said = f"mode {mode:04o} of user {state.st_uid} and group {state.st_gid}"
    if kind == stat.S_IFLNK:
        said = f"link to {os.readlink(path)}"
    if kind == stat.S_IFREG and not told_elsewhere:
        said += f", content {digests.told(path, PIECE).partition('~')[0]}"
    return f"{path}\t{said}".replace("\n", "?")


folder = os.path.abspath(ASKED.get("folder") or "/")
places = sites()
files, listed = removed()
owner = owners()
stored = {}
for place in reversed(places):
    stored.update((path, (owner.get(path, ""), told)) for path, told in below(place).items())
application = below(folder, (*places, *ASKED.get("others", ())), digests.told_of_code)
# the folder may be a virtual environment itself, or what distributions are installed into
for path in [one for one in application if os.path.join(folder, one) in owner]:
    stored[path] = (owner[os.path.join(folder, path)], application.pop(path))
others = tuple(f"{one}/" for one in (*places, folder))
system = everything(others) if ASKED.get("whole") else ""
answer = {
    "application": application,
    "scripts": scripts(),
    "imports": imports(application),
    "distributions": stored,
    "removed": files,
    "list": listed,
    "site": next(iter(places), ""),
    "times": digests.times(places, folder),
    "compiled": digests.compiled((*places, folder, os.path.dirname(os.__file__))),
    "system": system,
    # what they write is not of the image
    "commands": commands.ran(ASKED),
}
sys.stdout.write(f"\n{MARKER}{answer!a}\n")
