"""Says which Python runs the application: not always the one that the path of the image leads to.

``ASKED`` names the ``words`` of the image's command. A process of the application tells; before it
runs, the command does: one that a tool runs has the environment of the project.
"""

import glob
import os
import re
import shutil
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
PYTHON = re.compile(r"(python|pypy)[\d.]*$")
LOADED = re.compile(r"\s(/\S+)/lib/(?:python|pypy)3[^/]*/site-packages/")
# what `uv run`, `poetry run` and their like have in the folder of a project
BESIDE = (".venv", "venv", "env")
# where Poetry and Pipenv keep environments otherwise
KEPT = ("~/.cache/pypoetry/virtualenvs/*", "~/.local/share/virtualenvs/*")
NAMED = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
INSTALLERS = {"pip", "setuptools", "wheel", "uv"}
# what only starts another program
STARTERS = {"sh", "bash", "dash", "ash", "exec", "env", "tini", "dumb-init", "docker-init", "nice"}
LONGEST = 4096


def read(path):
    """Read what the kernel tells of a process; empty where it does not."""
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read())
    except OSError:
        return ""


def texts(path):
    """Read a list of texts that the kernel tells of a process."""
    return [one for one in read(path).split("\0") if one]


def parents(listed):
    """Give the parent of every process that has this root."""
    found = {}
    root = os.stat("/")
    for number in os.listdir(listed):
        try:
            own = os.stat(f"{listed}/{number}/root") if number.isdecimal() else None
        except OSError:
            continue
        if own and (own.st_dev, own.st_ino) == (root.st_dev, root.st_ino):
            words = read(f"{listed}/{number}/stat").rpartition(")")[2].split()
            found[int(number)] = int(words[1]) if len(words) > 1 else 0
    return found


def of_application(listed):
    """Give the first process and those that it has started, the youngest first."""
    known = parents(listed)
    for number in sorted(known, reverse=True):
        above = number
        while above in known and above != 1:
            above = known[above]
        if above == 1:
            yield f"{listed}/{number}"


def interpreter_of(process):
    """Give the Python that a process runs, by its words or by what it has loaded; or nothing."""
    variables = dict(one.partition("=")[::2] for one in read(f"{process}/environ").split("\0"))
    word = read(f"{process}/cmdline").partition("\0")[0]
    if PYTHON.match(os.path.basename(word)):
        if "/" not in word:
            return shutil.which(word, path=variables.get("PATH", os.defpath)) or ""
        try:
            return os.path.normpath(os.path.join(os.readlink(f"{process}/cwd"), word))
        except OSError:
            return word if word.startswith("/") else ""
    # a server may have given itself another name
    prefixes = LOADED.findall(read(f"{process}/maps"))
    return next((found for one in prefixes if (found := python_in(one))), "")


def python_in(environment):
    """Give the Python of an environment, or nothing."""
    path = os.path.join(environment, "bin", "python")
    return path if os.access(path, os.X_OK) else ""


def running(listed):
    """Give the Python of the application that runs, or nothing.

    It is that of most processes: what supervises them may have another one.
    """
    found = [interpreter_of(process) for process in of_application(listed)]
    usable = [one for one in found if one and os.access(one, os.X_OK)]
    return max(usable, key=usable.count, default="")


def environments():
    """Give the environments that may be the project's, with something installed in them."""
    named = [os.environ.get(name, "") for name in NAMED]
    kept = [one for place in KEPT for one in sorted(glob.glob(os.path.expanduser(place)))]
    for place in (*filter(None, named), *BESIDE, *kept):
        found = python_in(os.path.abspath(place))
        installed = glob.glob(os.path.join(place, "lib/python3*/site-packages/*.dist-info"))
        names = {os.path.basename(one).partition("-")[0] for one in installed}
        if found and names - INSTALLERS:
            yield found


def only_starts(word):
    """Say whether a word stands before the program that is meant."""
    return os.path.basename(word) in STARTERS or word.startswith("-") or "=" in word


def by_command(words):
    """Give the Python that a command starts: what interprets its program, or the project's."""
    words = [part for word in words for part in word.split()]
    while words and only_starts(words[0]):
        del words[0]
    project = next(environments(), "")
    if not words or not project or words[1:2] == ["run"]:
        return project
    program = shutil.which(words[0]) or ""
    if PYTHON.match(os.path.basename(program)):
        return program
    try:
        with open(program, "rb") as file:
            first = os.fsdecode(file.read(LONGEST)).partition("\n")[0]
    except OSError:
        return project
    last = first[2:].split()[-1:] if first.startswith("#!") else []
    of_python = last and PYTHON.match(os.path.basename(last[0]))
    return (shutil.which(last[0]) or "") if of_python else project


def main():
    """Answer with the path of the Python."""
    found = "" if ASKED.get("waits") else running("/proc")
    answer = found or by_command(ASKED.get("words", ())) or sys.executable
    sys.stdout.write(f"\n{MARKER}{answer!a}\n")


if "words" in ASKED:
    main()
