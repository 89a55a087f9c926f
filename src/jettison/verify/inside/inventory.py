"""Says what lists of software know of this container's files."""

import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
ROOT = os.path.realpath(ASKED.get("root", "/")).rstrip("/")
DPKG = f"{ROOT}/var/lib/dpkg"
APK = (f"{ROOT}/lib/apk/db/installed", f"{ROOT}/usr/lib/apk/db/installed")
SYSTEM = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec")
NO_MODULES = ("__pycache__", "bin", "include", "share")


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
    for path in statuses:
        name = version = ""
        installed = True
        for line in [*lines(path), ""]:
            key, _, value = line.partition(": ")
            if key == "Package":
                name = value
            elif key == "Version":
                version = value
            elif key == "Status":
                installed = value.endswith(" installed")
            elif not line:
                if name and installed:
                    found[name] = version
                name = version = ""
                installed = True
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


modules, missing, places = recorded()
answer = {
    "packages": packages(),
    "unclaimed": unclaimed() + unknown_modules(modules, places),
    "missing": {name: (len(gone), gone[0]) for name, gone in missing.items()},
}
sys.stdout.write(f"\n{MARKER}{answer!a}\n")
