"""Notes every file that this Python process opens, loads or maps, or tells what was noted.

A ``.pth`` file that is mounted beside the image's distributions runs this in every Python process
at its start, child processes included. Each process appends to a file of its own; nothing that goes
wrong here reaches the program. With a ``folder`` in ``ASKED``, which is put in front of this text,
it gives what is noted there, and what processes have mapped, as lines.
"""

import os
import sys

ASKED = globals().get("ASKED", {})
NAME = "jettison trace"
OUTPUT = "/jettison-noted"
# The argument that holds the path, by the event's name (docs.python.org, "Audit events table").
PATHS = {"open": 0, "import": 1, "ctypes.dlopen": 0}
# Events of programs that are started: what of their arguments names them.
RAN = {"subprocess.Popen": 2, "os.exec": 2, "os.posix_spawn": 2, "os.spawn": 3, "os.system": 1}

seen = set()
noted = []


def note(event, arguments):
    """Write down a path that was not seen before in this process."""
    if event in RAN:
        started(arguments[: RAN[event]])
    position = PATHS.get(event)
    if position is None:
        return
    path = arguments[position]
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if type(path) is not str or path in seen:
        return
    seen.add(path)
    try:
        write(os.path.join(os.getcwd(), path) if "/" in path else path)
    except (OSError, ValueError):
        return


def started(arguments):
    """Write down the program, and what a shell is told to run."""
    words = []
    for argument in arguments:
        if isinstance(argument, (list, tuple)):
            words.extend(argument)
        elif type(argument) is not int:
            words.append(argument)
    try:
        line = "ran: " + " ".join(" ".join(map(os.fsdecode, words)).split())[:500]
        if line not in seen:
            seen.add(line)
            write(line)
    except (OSError, TypeError, ValueError):
        return


def write(path):
    """Append a line; a program may have closed the file, as daemons do."""
    line = os.fsencode(path) + b"\n"
    if noted:
        try:
            os.write(noted[-1], line)
        except OSError:
            noted.clear()
        else:
            return
    name = "%s/%d-%s" % (OUTPUT, os.getpid(), os.urandom(6).hex())
    seen.add(name)
    noted.append(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666))
    os.write(noted[-1], line)


def loaded_before():
    """Write down what was loaded before this hook, but not what lies within the interpreter."""
    for module in list(sys.modules.values()):
        spec = getattr(module, "__spec__", None)
        for path in (getattr(spec, "origin", None), getattr(spec, "cached", None)):
            if path and path[0] == "/" and path not in seen and os.path.isfile(path):
                seen.add(path)
                write(path)


def tell(folder):
    """Write what is noted in a folder so far, and what processes have mapped."""
    found = set()
    for name in os.listdir(folder):
        with open(folder + "/" + name, "rb") as file:
            found.update(file.read().split(b"\n"))
    for process in os.listdir("/proc"):
        if process.isdecimal():
            try:
                with open("/proc/" + process + "/maps", "rb") as file:
                    lines = file.read().split(b"\n")
            except OSError:
                continue
            found.update(line[line.index(b"/") :] for line in lines if b"/" in line)
    os.write(1, b"\n".join(sorted(found)))


if "folder" in ASKED:
    tell(ASKED["folder"])
elif os.path.isdir(OUTPUT) and NAME not in sys.modules:
    # a folder that is on the path twice has its .pth files read twice
    sys.modules[NAME] = None
    sys.addaudithook(note)
    loaded_before()
