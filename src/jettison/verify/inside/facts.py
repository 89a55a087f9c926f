"""Says what this container's Python can do. ``ASKED`` is put in front of this text."""

import os
import re
import sys
import time

from jettison.verify.inside import digests, volumes

ASKED = globals().get("ASKED", {})
# signals by their numbers (signal(7)), and what proc_pid_status(5) calls those of a process
SENT = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 10: "SIGUSR1", 12: "SIGUSR2", 15: "SIGTERM",
}  # fmt: skip
DONE = {"handled": "SigCgt", "ignored": "SigIgn"}
MARKER = "jettison-says:"
FILES = 2000
# what starts a program, waits for it and hands signals on, and what may do so
INITS = {"tini", "dumb-init", "docker-init"}
SHELLS = {"sh", "bash", "dash", "ash", *INITS}
# one that is replaced by another is missing for a moment
LOOKS, BETWEEN = 4, 0.1
# A server starts its workers one after the other.
LATE = 1.0
# The state of a socket that listens, the name server of an engine, and the loopback in IPv4 and
# IPv6; addresses are in the order of the machine.
LISTENS, RESOLVER, LOOPBACK = "0A", "0B00007F", ("7F", "0" * 24 + "01000000")
# Ports from here on are not named by settings alone.
CHOSEN = 10_000


def attempt(action):
    """Run an action and say whether it worked."""
    try:
        return (True, str(action() or ""))
    except BaseException as wrong:  # a module may even exit when it is imported
        return (False, f"{type(wrong).__name__}: {wrong}"[:500])


def distributions():
    """Version of everything that importlib.metadata finds, and what it always requires."""
    import importlib.metadata

    found, required = {}, {}
    for said in (one.metadata for one in importlib.metadata.distributions()):
        name = re.sub(r"[-_.]+", "-", said.get("Name") or "").lower()
        if not name or name in found:
            continue
        found[name] = said.get("Version") or ""
        always = (each for each in said.get_all("Requires-Dist") or () if "extra" not in each)
        names = (re.match(r"[\w.-]*", each.strip()).group() for each in always)
        required[name] = sorted({re.sub(r"[-_.]+", "-", each).lower() for each in names})
    return found, required


def installed():
    """Give when distributions were installed, by the file that the installer itself writes."""
    import glob

    found = {}
    for folder in sys.path:
        for path in glob.glob(f"{glob.escape(folder)}/*.dist-info/INSTALLER"):
            name = re.sub(r"[-_.]+", "-", path.split("/")[-2].split("-")[0]).lower()
            found.setdefault(name, os.stat(path).st_mtime)
    return found


def certificates():
    """Count the authorities that TLS trusts by default."""
    try:
        import ssl
    except ImportError:
        return -1
    context = ssl.create_default_context()
    count = len(context.get_ca_certs())
    paths = ssl.get_default_verify_paths()
    if paths.capath and os.path.isdir(paths.capath):
        count = max(count, len(os.listdir(paths.capath)))
    return count


def zone(name):
    """Give names and offsets of a zone in January and in July."""
    import datetime

    days = [datetime.datetime(2024, month, 1, 12) for month in (1, 7)]
    if name:
        import zoneinfo

        moments = [day.replace(tzinfo=zoneinfo.ZoneInfo(name)) for day in days]
    else:
        moments = [day.astimezone() for day in days]
    return ", ".join(f"{moment.tzname()} {moment.utcoffset()}" for moment in moments)


def program(name):
    """Find a program as a shell would."""
    for folder in os.get_exec_path():
        # of an absolute name the name itself
        candidate = os.path.join(folder, name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise FileNotFoundError(name)


def library(name):
    """Load a shared library by its file name, or find it first as ctypes does."""
    import ctypes
    import ctypes.util

    found = name if ".so" in name else ctypes.util.find_library(name)
    if not found:
        raise OSError(f"find_library({name!r}) finds nothing")
    ctypes.CDLL(found)
    return found


def address(name):
    """Resolve the name of a host as clients do, again when the name server is busy."""
    import socket

    try:
        return socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        return socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)[0][4][0]


def writable(path):
    """Write, read and remove a file."""
    name = os.path.join(path, ".jettison-probe")
    with open(name, "w") as file:
        file.write("x")
    os.remove(name)


def begun():
    """Give the moment when the container was started, in seconds since 1970."""
    lines = read("/proc/stat").splitlines()
    booted = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    ticks = int(read("/proc/1/stat").rpartition(")")[2].split()[19])
    return booted + ticks / os.sysconf("SC_CLK_TCK")


def written():
    """Describe the files of volumes, and elsewhere, that were written since the start."""
    further = volumes.elsewhere() if ASKED.get("elsewhere") else ()
    since = ASKED.get("since") or begun() - 1
    return volumes.written((*ASKED.get("volumes", ()), *further), since, FILES)


def read(path):
    """Give the text of a file."""
    with open(path, errors="surrogateescape") as file:
        return file.read()


def first():
    """Give the number of the first process, or of the program that it only starts and waits for."""
    states = {one: state(one) for one in filter(str.isdigit, os.listdir("/proc"))}
    if (states.get("1") or ("",))[0] not in INITS:
        return "1"
    below = [int(one) for one, told in states.items() if told and told[1] == "1"]
    return str(min(below, default=1))


def limits(number):
    """Give the limits of a process by name."""
    # columns, of which the first holds a name of several words
    rows = (re.split(r"\s{2,}", line) for line in read(f"/proc/{number}/limits").splitlines()[1:])
    return {f"limit of {row[0].removeprefix('Max ')}": row[1] for row in rows}


def variables(number):
    """Name the variables of a process."""
    names = {one.partition("=")[0] for one in read(f"/proc/{number}/environ").split("\0")}
    return ", ".join(sorted(names - {""}))


def signals(status):
    """Say which of the signals that people and engines send are handled or ignored."""
    masks = {what: int(status[name], 16) for what, name in DONE.items()}
    return ", ".join(
        f"{name} {what}"
        for number, name in SENT.items()
        for what, mask in masks.items()
        if mask >> (number - 1) & 1
    )


def process():
    """Give umask, folder and limits of the first process, home and name of its user, addresses."""
    import pwd

    number = value(first, "1")
    lines = read(f"/proc/{number}/status").splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    found = {"umask": status.get("Umask", ""), "home": os.path.expanduser("~")}
    found |= value(lambda: limits(number), {})
    told = value(lambda: read(f"/proc/{number}/stat"), "")
    found["priority"] = value(lambda: told.rpartition(")")[2].split()[16], "")
    found["variables"] = value(lambda: variables(number), "")
    if status.get("Name") not in SHELLS:  # each does otherwise
        found["signals"] = value(lambda: signals(status) or "none", "")
    found["folder"] = value(lambda: os.readlink(f"/proc/{number}/cwd"), "")
    found["listens"], found["ports"] = listens()
    found["sockets"] = value(volumes.sockets, "")
    found["name"] = value(lambda: pwd.getpwuid(os.getuid()).pw_name, "unknown")
    return {name: said for name, said in found.items() if said}


def listens():
    """Say whether the first port is reached from outside, and which are listened on.

    Those that a program chooses by chance are not told, as most take one of the higher ones.
    """
    tables = [value(lambda name=name: read(f"/proc/net/{name}"), "") for name in ("tcp", "tcp6")]
    found = [one for table in tables for one in listening(table)]
    wide = {not alone for port, alone in found if port in ASKED.get("ports", ())[:1]}
    chosen = sorted({port for port, _ in found if port < CHOSEN})
    first = ("on the loopback alone", "on every address")[max(wide)] if wide else ""
    return first, ", ".join(map(str, chosen)) if any(tables) else ""


def held():
    """Count files that are open in all processes but this one, and threads."""
    files = threads = 0
    for one in filter(str.isdigit, os.listdir("/proc")):
        if one != str(os.getpid()):
            files += value(lambda one=one: len(os.listdir(f"/proc/{one}/fd")), 0)
            threads += value(lambda one=one: len(os.listdir(f"/proc/{one}/task")), 0)
    return {"open files": files, "threads": threads}


def processes():
    """Count the first process and all below it, but for what only starts others.

    By name, and in all those that had begun when the application became ready.
    """
    found, early = {}, 0
    for _ in range(LOOKS):
        states = {one: state(one) for one in filter(str.isdigit, os.listdir("/proc"))}
        states = {one: told for one, told in states.items() if told}
        own = {"1"}
        for _ in states:
            own |= {one for one, (_, parent, _) in states.items() if parent in own}
        kept = [states[one] for one in own & set(states) if states[one][0] not in SHELLS]
        names = [name for name, _, _ in kept]
        for name in names:
            found[name] = max(found.get(name, 0), names.count(name))
        latest = states["1"][2] + ASKED.get("ready", 0) + LATE
        early = max(early, sum(moment <= latest for _, _, moment in kept))
        time.sleep(BETWEEN)
    return found, early


def state(process):
    """Give the name of a process that has not ended, its parent, and when it began."""
    said = value(lambda: read(f"/proc/{process}/stat"), "")
    name, _, rest = said.partition("(")[2].rpartition(")")
    words = rest.split()
    if not words or words[0] == "Z":
        return None
    return name, words[1], int(words[19]) / os.sysconf("SC_CLK_TCK")


def value(action, otherwise):
    """Give what the action gives, or something else when it fails."""
    try:
        return action()
    except Exception:  # what is not there is the finding
        return otherwise


def facts():
    """Give all that is asked."""
    zones = {name: attempt(lambda name=name: zone(name)) for name in ASKED.get("time_zones", ())}
    counts = value(processes, ({}, 0))
    versions, required = value(distributions, ({}, {}))
    return {
        "user_id": os.getuid(),
        "python": sys.version.split()[0],
        "groups": sorted({os.getgid(), *os.getgroups()}),
        "process": value(process, {}),
        "processes": counts[0],
        "early": counts[1],
        "held": value(held, {}),
        "distributions": versions,
        "required": required,
        "installed": value(installed, {}),
        "certificates": value(certificates, 0),
        "time_zones": {
            name: said if works else f"no: {said}" for name, (works, said) in zones.items()
        },
        "programs": {
            name: attempt(lambda name=name: program(name)) for name in ASKED.get("programs", ())
        },
        "libraries": {
            name: attempt(lambda name=name: library(name)) for name in ASKED.get("libraries", ())
        },
        "writable": {
            name: attempt(lambda name=name: writable(name)) for name in ASKED.get("writable", ())
        },
        "written": value(written, {}),
        "touched": value(lambda: digests.held(ASKED.get("touched", ()), begun()), {}),
        "names": {
            name: attempt(lambda name=name: address(name)) for name in ASKED.get("names", ())
        },
    }


def listening(table: str) -> "set[tuple[int, bool]]":
    """Give the ports of sockets that listen, and whether each is on the loopback (proc_net_tcp)."""
    rows = (line.split() for line in table.splitlines()[1:])
    pairs = (row[1].split(":") for row in rows if row[3] == LISTENS)
    return {(int(port, 16), at.endswith(LOOPBACK)) for at, port in pairs if at != RESOLVER}


if __name__ == "__main__":
    answer = value(written, {}) if ASKED.get("alone") else facts()
    sys.stdout.write(f"\n{MARKER}{answer!a}\n")
