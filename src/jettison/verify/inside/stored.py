"""Names the files of the application and of its distributions, and what their commands say.

``ASKED`` is put in front of this text: ``folder`` is the application's, ``others`` those in it that
are not. Run in a container in which nothing else runs, so that all files are the image's own.
"""

import os
import stat
import sys

from jettison.verify.inside import digests

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
MANIFEST = ASKED.get("manifest", "/usr/share/jettison/removed.json.gz")
FILES, COMMANDS = 100_000, 12
LONGEST = 20_000
SECONDS = 8.0
PATIENCE = 5
INSTALLERS = ("pip", "setuptools", "wheel", "uv")
TESTS = frozenset({"test", "tests", "testing", "conftest.py"})
# what installers and interpreters write beside what they install, differently each time
NOT_COMPARED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "installed-files.txt")
# what engines make, and what installers write differently each time
VOLATILE = ["/proc", "/sys", "/dev", "/run", "/var/run", "/var/log", "/var/cache", "/var/lib/apt"]
ENGINES = "/.dockerenv /etc/hosts /etc/hostname /etc/resolv.conf /etc/mtab /etc/ld.so.cache"
MADE = ENGINES.split()
DATED = frozenset({"aux-cache", "lastlog"})
PIECE = 1 << 16
# what reads arguments, and answers to --help
PARSERS = frozenset({b"argparse", b"click", b"typer", b"fire", b"docopt", b"optparse", b"cyclopts"})
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
        if not path.endswith(".py") or TESTS.intersection(path.split("/")):
            continue
        try:
            with open(os.path.join(folder, path), "rb") as file:
                tree = ast.parse(file.read())
        except (OSError, SyntaxError, ValueError):
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


def commands():
    """Run what distributions and the application have as commands with ``--help``."""
    import time

    found, ends = {}, time.monotonic() + SECONDS
    wanted = ASKED.get("commands")
    for name, words in named_commands():
        fits = name in wanted if wanted is not None else len(found) < COMMANDS
        if fits and name not in found and time.monotonic() < ends + SECONDS * (wanted is not None):
            # one that ended in time elsewhere has longer, as the machine may be busy
            found[name] = helped(words, SECONDS if wanted is None else PATIENCE * SECONDS)
    return found


def named_commands():
    """Give what manages a Django site, the image's own program, and scripts of distributions."""
    import importlib.metadata

    if os.path.isfile("manage.py"):
        yield "manage.py", [sys.executable, "manage.py", "help"]
    words = ASKED.get("words", ())
    # of an image that starts nothing but Python people start scripts, otherwise developers do
    for own in (own_command(words), *(own_scripts() if len(words) == 1 else ())):
        if own:
            yield " ".join(own), [sys.executable, *own, "--help"]
    beside = os.path.dirname(sys.executable)
    flask = os.path.join(beside, "flask")
    for target in ASKED.get("targets", ()) if os.path.exists(flask) else ():
        yield f"flask --app {target}", [flask, "--app", target, "--help"]
    seen = set()
    for one in importlib.metadata.distributions():
        if one.metadata.get("Name") in INSTALLERS:
            continue
        for entry in one.entry_points:
            if entry.group == "console_scripts" and entry.value not in seen:
                seen.add(entry.value)
                script = os.path.join(beside, entry.name)
                yield entry.name, [script if os.path.exists(script) else entry.name, "--help"]


def own_command(words):
    """Give the program of the application that the image runs, where it reads its arguments."""
    words = list(words[1:] if os.path.basename((*words, "")[0]).startswith("python") else ())
    while words and words[0] in ("-u", "-B", "-O", "-I"):
        del words[0]
    own, name = (words[:2], words[1:2]) if words[:1] == ["-m"] else (words[:1], words[:1])
    place = "".join(name).replace(".", os.sep) if len(own) > 1 else "".join(name)
    for path in (place, f"{place}.py", os.path.join(place, "__main__.py")):
        if os.path.isfile(path):
            return own if reads_arguments(path) else []
    return []


def own_scripts():
    """Give the application's scripts that read arguments, which people start by hand."""
    from glob import glob

    for path in (*sorted(glob("*.py")), *sorted(glob("scripts/*.py")), *sorted(glob("bin/*.py"))):
        if os.path.isfile(path) and reads_arguments(path, b"__main__"):
            yield [path]


def reads_arguments(path, besides=b""):
    """Whether a source uses what reads arguments, and has some other text besides."""
    with open(path, "rb") as file:
        text = file.read()
    return besides in text and bool(PARSERS & set(text.replace(b".", b" ").split()))


def helped(words, seconds):
    """Give the status of a command, and what it says, of a failure the last words."""
    import subprocess

    own = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        shut = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": seconds}
        # the image's own commands, in a container of it
        done = subprocess.run(words, env=own, check=False, **shut)  # noqa: S603 - as above
    except subprocess.TimeoutExpired:
        return (-1, "it does not end")
    except OSError as failure:
        return (127, str(failure))
    said = ((done.returncode and done.stderr) or done.stdout).decode("utf-8", "replace")
    return (done.returncode, said.strip()[-300:] if done.returncode else said[:LONGEST])


def everything(others):
    """Describe all of the image: kinds, modes and owners, and the contents of the system's files.

    Contents in ``others`` are told elsewhere. One line for each path, all lines as one text.
    """
    lines = []
    for place, inner, names in os.walk(ASKED.get("root", "/")):
        kept = (one for one in inner if one != "__pycache__")
        inner[:] = [one for one in kept if os.path.join(place, one) not in VOLATILE]
        told_elsewhere = place.startswith(others)
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
# commands may write files
others = tuple(f"{one}/" for one in (*places, folder))
system = everything(others) if ASKED.get("whole") else ""
answer = {
    "application": application,
    "scripts": scripts(),
    "imports": imports(application),
    "distributions": stored,
    "removed": files,
    "list": listed,
    "commands": commands(),
    "site": next(iter(places), ""),
    "times": digests.times(places, folder),
    "compiled": digests.compiled((*places, folder, os.path.dirname(os.__file__))),
    "system": system,
}
sys.stdout.write(f"\n{MARKER}{answer!a}\n")
