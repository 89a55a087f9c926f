"""Notes each line of the application that this Python process executes, or counts those noted.

A ``.pth`` file that is mounted beside the image's distributions runs this in every Python process
at its start, child processes included. ``ASKED``, which is put in front of this text, names the
application's ``folder``, ``others`` in it that are not its, and ``output``, to which each process
appends a file of its own. Nothing that goes wrong here reaches the program. With ``counts``, it
says how many lines of each file were noted, and how many there are.
"""

import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
NAME = "jettison executed"
FOLDER = ASKED.get("folder", "").rstrip("/") + "/"
OTHERS = tuple(f"{one}/" for one in ASKED.get("others", ()))
OUTPUT = ASKED.get("output", "")
LEFT_OUT = ("__pycache__", "site-packages", "node_modules", "tests", "test", "testing")
FILES, SOURCES, EGG = 5000, "src/", ".egg"
LARGEST = 1 << 23
NOT_OWN = ("/site-packages/", "/dist-packages/", "/lib/python3")

places = {}
packages = {}
seen = set()
noted = []


def own(name):
    """Give the path of a file when it is the application's, or nothing."""
    if name not in places:
        path = name if name.startswith(("/", "<")) else os.path.abspath(name)
        inner = path.startswith(FOLDER) and not path.startswith(OTHERS)
        inner = inner and not any(one in path for one in NOT_OWN)
        places[name] = path if inner or installed(path) else ""
    return places[name]


def installed(path):
    """Tell whether a file was installed from the application's folder."""
    head, found, inner = path.partition("-packages/")
    if not found:
        return False
    site = f"{head}-packages"
    if site not in packages:
        packages[site] = ()  # reading it runs code, too
        packages[site] = local(site)
    return inner in packages[site]


def local(site):
    """Give the files below a folder of distributions that were installed from a folder (PEP 610).

    They are the application's own, unless they are only links to it.
    """
    found = set()
    for name in os.listdir(site) if os.path.isdir(site) else ():
        if name.endswith(EGG):
            found |= {f"{name}/{path}" for path in below(f"{site}/{name}") if is_copied(path)}
            continue
        try:
            with open(f"{site}/{name}/direct_url.json") as file:
                said = "".join(file.read().split())
            with open(f"{site}/{name}/RECORD") as file:
                paths = [line.partition(",")[0].strip('"') for line in file]
        except (OSError, ValueError):
            continue
        if '"dir_info"' in said and '"file:' in said and '"editable":true' not in said:
            found |= {path for path in paths if path.endswith(".py") and path[:1] not in ("/", ".")}
    return found


def below(folder):
    """Give the files of Python below a folder, by their paths in it."""
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(place, name), folder)


def is_copied(path):
    """Tell whether a file of an egg has its source in the application's folder."""
    return any(os.path.isfile(FOLDER + top + path) for top in ("", SOURCES))


def note(path, number):
    """Write a line down that was not seen before."""
    if (path, number) in seen:
        return
    seen.add((path, number))
    text = f"{number}:{path}\n".encode("utf-8", "surrogateescape")
    try:
        if not noted or noted[0] != os.getpid():
            name = f"{OUTPUT}/{os.getpid()}-{os.urandom(6).hex()}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            noted[:] = os.getpid(), os.open(name, flags, 0o666)
        os.write(noted[1], text)
    except OSError:
        noted.clear()


def monitored(code, number):
    """Note a line; the interpreter tells of it no more."""
    path = own(code.co_filename)
    if path:
        note(path, number)
    return sys.monitoring.DISABLE


def called(frame, _event, _argument):
    """Follow the functions of the application, and no others."""
    return stepped if own(frame.f_code.co_filename) else None


def stepped(frame, event, _argument):
    """Note the line that is executed next."""
    if event == "line":
        note(own(frame.f_code.co_filename), frame.f_lineno)
    return stepped


def begin():
    """Listen, in the cheapest way that this Python has."""
    if hasattr(sys, "monitoring"):
        monitoring = sys.monitoring
        monitoring.use_tool_id(monitoring.COVERAGE_ID, NAME)
        monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, monitored)
        monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)
    else:
        import threading

        threading.settrace(called)
        sys.settrace(called)


def noted_lines():
    """Give the numbers of lines that were executed by the paths of files."""
    found = {}
    for name in os.listdir(OUTPUT):
        with open(os.path.join(OUTPUT, name), encoding="utf-8", errors="replace") as file:
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


def sources(known):
    """Give the application's own files of Python, with the folder that their names begin in.

    One that is named like a test is none if a line of it is ``known`` to be executed.
    """
    for folder, inner, names in os.walk(FOLDER):
        inner[:] = [
            one
            for one in sorted(inner)
            if one not in LEFT_OUT
            and os.path.join(folder, one, "") not in OTHERS
            and not os.path.exists(os.path.join(folder, one, "pyvenv.cfg"))
            and not (one == "build" and os.path.isdir(os.path.join(folder, one, "lib")))
        ]
        for path in (os.path.join(folder, name) for name in sorted(names)):
            if counts(path) or os.path.realpath(path) in known:
                yield path, FOLDER
    for site in sys.path:
        for path in sorted(local(site)) if site.endswith("-packages") else ():
            if counts(path) and not {*path.split("/")} & {*LEFT_OUT}:
                egg, found, _ = path.partition(f"{EGG}/")
                yield os.path.join(site, path), os.path.join(site, egg + EGG) if found else site


def counts(path):
    """Tell by its name whether a file is one of the application's, and no test."""
    name = os.path.basename(path)
    tests = name.startswith(("test_", "conftest")) or name.endswith(("_test.py", "_tests.py"))
    return name.endswith(".py") and not tests and name != "tests.py"


def count():
    """Say how many lines of each file of the application were executed, and how many there are."""
    known = noted_lines()
    found = {}
    everything = list(sources(known))
    installed = {os.path.relpath(path, top) for path, top in everything if top != FOLDER}
    for number, (path, top) in enumerate(everything):
        try:
            # a pipe would be waited for, and a device has no end
            if not os.path.isfile(path) or os.path.getsize(path) > LARGEST:
                continue
            with open(path, "rb") as file:
                there = lines(compile(file.read(), path, "exec"))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
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


if ASKED.get("counts"):
    count()
elif os.path.isdir(OUTPUT) and NAME not in sys.modules:
    # a folder that is on the path twice has its .pth files read twice
    sys.modules[NAME] = None
    try:
        begin()
    except Exception:
        noted.clear()
