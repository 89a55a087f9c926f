"""Runs what distributions and the application have as commands, with ``--help``.

It is told ``commands``, the names of those to run (all when None), ``words``, the command of the
image, ``targets``, what Flask is given as the application, and ``folder``, the application's.
"""

import os
import re
import subprocess
import sys
import time
from itertools import zip_longest

COMMANDS = 12
LONGEST = 20_000
SECONDS = 8.0
PATIENCE = 5
# no part of an application; one that imports them shows in the check of modules
INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})
# what reads arguments, and answers to --help
PARSERS = frozenset({b"argparse", b"click", b"typer", b"fire", b"docopt", b"optparse", b"cyclopts"})
# of a larger source, the beginning is read
LARGEST = 1 << 23
# how argparse lists the commands of a command, and click and Typer below a line
CHOICES = re.compile(r"\{([\w-]+(?:,[\w-]+)*)\}\s+\.\.\.")
LISTED = re.compile(r"^\W*commands\W*$", re.I)
ONE = re.compile(r"^(?:  |[|│] )([a-z][\w-]*)(?:  |\s*$)")
# an option that takes nothing, and one that takes one of some values
# (Typer writes what an option takes into a column of its own)
TAKES = r"(?! *(?:[A-Z]{2,}\b|[\[{<]\w+[|,\]}>]))"
FLAG = re.compile(rf"^[ │|]+(?:-\w, )?(--[a-z][\w-]+)(?:  |$){TAKES}", re.M)
CHOSEN = re.compile(r"^[ │|]+(?:-\w, )?(--[a-z][\w-]+) +[\[{]([\w.-]+(?:[|,][\w.-]+)+)[\]}]", re.M)
FREE = re.compile(r"^[ │|]+(?:-\w(?: [A-Z_]+)?, )?(--[a-z][\w-]+)(?: +|=)[A-Z][A-Z_]+\b", re.M)
OTHERS = 8
# what all commands have, as those of Django
ASIDE = (
    "--help", "--version", "--verbosity", "--traceback", "--no-color", "--force-color",
    "--skip-checks", "--settings", "--pythonpath",
)  # fmt: skip
# what Flask brings itself
OF_FLASK = {"routes", "run", "shell"}


def offered(words):
    """Give how else the program of the image may be run, by what it says with ``--help``.

    These are its other commands, as they are, and the command itself with each option that takes
    nothing, or one of some values.
    """
    own = own_command(words)
    program = ["python", *own] if own else list(words[:1]) if is_script(words) else []
    if not program:
        return []
    words = [*program[:1], *words[1:]]
    lists = [helped([*one, "--help"], SECONDS) for one in (program, words)]
    inner, options = ("" if status else said for status, said in lists)
    found = chosen(words, options)
    others = [[*program, one] for one in parts(inner) if one not in words]
    # other commands lead to more code than an option does, if there is no time for all
    both = zip_longest(others, found[: OTHERS // 2])
    return [one for pair in both for one in pair if one][:OTHERS]


def chosen(words, said):
    """Give a command with each option: that takes nothing, one of some values, or any."""
    left_out = {*ASIDE, *words}
    found = [[*words, one] for one in FLAG.findall(said) if one not in left_out]
    for name, values in CHOSEN.findall(said):
        found += [[*words, name, one] for one in re.split(r"[|,]", values) if name not in left_out]
    return found + [[*words, one, GIVEN] for one in FREE.findall(said) if one not in left_out]


def beside(asked):
    """Give how own commands are run beside the application: each as it is, then its options."""
    known = []
    for program, within in programs(asked):
        status, said = helped([*program, "--help"], SECONDS) if within else (0, "")
        inner = [] if status else parts(said)
        known += [([*program, one], "") for one in inner] or [(program, said)]
        yield from [[*program, one] for one in inner] or [program]
    for words, said in known:
        yield from chosen(words, said or helped([*words, "--help"], SECONDS)[1])


def programs(asked):
    """Give what starts own commands of Django, of Flask and scripts, and whether others are within.

    What the image is started with is none of them.
    """
    import importlib.metadata
    import shutil

    folder = asked.get("folder") or "/"
    started = {os.path.basename(one) for one in asked["words"]}
    for one in managing(folder) if os.path.isfile("manage.py") else ():
        yield ["python", "manage.py", one], False
    for target in asked.get("targets", ())[:1] if shutil.which("flask") else ():
        program = ["flask", "--app", target]
        status, said = helped([*program, "--help"], SECONDS)
        for one in () if status else sorted({*parts(said)} - OF_FLASK):
            yield [*program, one], True
    for one in importlib.metadata.distributions():
        for entry in one.entry_points:
            other = entry.group == "console_scripts" and entry.name not in started
            if other and is_own(one, entry.value, folder) and shutil.which(entry.name):
                yield [entry.name], True


def is_local(one):
    """Tell whether a distribution was installed from a folder (PEP 610), as an application is."""
    try:
        return '"dir_info"' in (one.read_text("direct_url.json") or "")
    except (OSError, UnicodeError):
        return False


def local_folders():
    """Give the folders of packages that were installed from a folder."""
    import importlib.metadata

    return sorted(
        {
            str(one.locate_file(file.parts[0]))
            for one in importlib.metadata.distributions()
            if is_local(one)
            for file in one.files or ()
            if len(file.parts) > 1 and not file.parts[0].endswith((".dist-info", ".."))
        }
    )


# What a further command is told at its input, and holds a file that it is given: numbers, capitals
# and letters beyond ASCII, and what is often taken away.
SAMPLE = " 3.25\n\nHello Zo\u00eb ,7\n".encode()
FOLDER, FILE = "/tmp/jettison-sample", "/tmp/jettison-sample/table.csv"  # noqa: S108 - in a container
# How argparse and click say what is missing; what is given then; and what they say is wrong of it.
LACKS = re.compile(r"(?:Missing (?:argument|option)|arguments are required:)\W*?(--)?([\w-]+)")
GIVEN, NUMBER, CORRECTIONS = "hello", "3", 6
DIRECTORY = re.compile(rf"(?i)(?<!or )director\w*:? '{GIVEN}'")
ABSENT = re.compile(rf"(?i)(?:'{GIVEN}'|{GIVEN}:?) (?:does not exist|not found)|no such file")
NUMBERED = re.compile(
    r"not a valid (?:int|float|number)|invalid (?:int|float|Decimal) value|invalid literal for int"
    r"|could not convert string to float|decimal\.(?:InvalidOperation|ConversionSyntax)"
)
AMONG = re.compile(r"(?:one of|choose from):?[^\w]+([\w.-]*\w)")


def lay_sample():
    """Write the file that commands are given which want one, where that may be written."""
    try:
        os.makedirs(FOLDER, exist_ok=True)
        with open(FILE, "wb") as file:
            file.write(SAMPLE)
    except OSError:
        return


def corrected(words, status, out, err):
    """Give a command with that put right of which it complains, or nothing."""
    said = (out + err).decode("utf-8", "replace")
    lacks = LACKS.search(said)
    if status <= 0 or len(words) > CORRECTIONS:
        return None
    if lacks:
        option = lacks[1] and "".join(lacks.groups())
        return [*words, *([option] if option else []), GIVEN]
    if words[-1] != GIVEN:
        return None
    among = AMONG.search(said)
    for is_so, value in (
        (DIRECTORY.search(said), FOLDER),
        (ABSENT.search(said), FILE),
        (NUMBERED.search(said), NUMBER),
        (among, among and among[1]),
    ):
        if is_so:
            return [*words[:-1], value]
    return None


def is_script(words):
    """Tell whether a command is a script of Python."""
    import shutil

    path = shutil.which("".join(words[:1]))
    if not path:
        return False
    with open(path, "rb") as file:
        line = file.readline(200)
    return line.startswith(b"#!") and b"python" in line


def ran(asked):
    """Give the status and words of each command by its name, then of the commands of own ones."""
    found, wanted = {}, asked.get("commands")
    ends = time.monotonic() + SECONDS * (1 if wanted is None else 2)
    # one that ended in time elsewhere has longer, as the machine may be busy
    seconds = SECONDS if wanted is None else PATIENCE * SECONDS
    following = list(named(asked))
    while following:
        name, words, own = following.pop(0)
        fits = name in wanted if wanted is not None else len(found) < COMMANDS
        if fits and name not in found and time.monotonic() < ends:
            status, said = found[name] = helped(words, seconds)
            inner = parts(said) if own and not status else ()
            following += [(f"{name} {one}", [*words[:-1], one, words[-1]], False) for one in inner]
    return found


def parts(said):
    """Give the names of the commands that a command lists."""
    found = {one for row in CHOICES.findall(said) for one in row.split(",")}
    listed = False
    for line in said.splitlines():
        listed = bool(LISTED.match(line)) or (listed and bool(line.strip()))
        one = ONE.match(line) if listed else None
        found |= {one[1]} if one else set()
    return sorted(found)


def named(asked):
    """Give what manages a Django site, the image's own program, and scripts of distributions.

    Each is a name, words, and whether it is the application's own.
    """
    import importlib.metadata

    folder = asked.get("folder") or "/"
    if os.path.isfile("manage.py"):
        yield "manage.py", [sys.executable, "manage.py", "help"], False
    words = asked.get("words", ())
    # of an image that starts nothing but Python people start scripts, otherwise developers do
    for own in (own_command(words), *(own_scripts() if len(words) == 1 else ())):
        if own:
            yield " ".join(own), [sys.executable, *own, "--help"], True
    beside = os.path.dirname(sys.executable)
    flask = os.path.join(beside, "flask")
    for target in asked.get("targets", ()) if os.path.exists(flask) else ():
        yield f"flask --app {target}", [flask, "--app", target, "--help"], False
    seen = set()
    for one in importlib.metadata.distributions():
        if one.metadata.get("Name") in INSTALLERS:
            continue
        for entry in one.entry_points:
            if entry.group == "console_scripts" and entry.value not in seen:
                seen.add(entry.value)
                script = os.path.join(beside, entry.name)
                words = [script if os.path.exists(script) else entry.name, "--help"]
                yield entry.name, words, is_own(one, entry.value, folder)
    for one in managing(folder) if os.path.isfile("manage.py") else ():
        yield f"manage.py {one}", [sys.executable, "manage.py", "help", one], False


def managing(folder):
    """Give the names of the application's own commands of Django's ``manage.py``."""
    from glob import glob

    places = ("management", "*/management", "*/*/management")
    files = [one for place in places for one in glob(os.path.join(folder, place, "commands/*.py"))]
    names = {os.path.basename(one)[:-3] for one in files if "-packages" not in one}
    return sorted(one for one in names if not one.startswith("_"))


def is_own(one, value, folder):
    """Whether an entry point names what is the application's, not only called like a folder."""
    top = value.partition(":")[0].partition(".")[0].strip()
    roots = [os.path.realpath(os.path.join(folder, *inner)) for inner in ((), ("src",))]
    names = (top, f"{top}.py")
    home = os.path.realpath(str(one.locate_file("")))
    held = {root for root in (*roots, home) for name in names if os.path.exists(f"{root}/{name}")}
    return is_local(one) or (bool(held & {*roots}) and (home in roots or home not in held))


def own_command(words):
    """Give the program of the application that the image runs, where it reads its arguments."""
    words = list(words[1:] if os.path.basename((*words, "")[0]).startswith("python") else ())
    while words and words[0] in ("-u", "-B", "-O", "-I"):
        del words[0]
    own, name = (words[:2], words[1:2]) if words[:1] == ["-m"] else (words[:1], words[:1])
    place = "".join(name).replace(".", os.sep) if len(own) > 1 else "".join(name)
    for path in (place, f"{place}.py", os.path.join(place, "__main__.py")):
        if os.path.isfile(path):
            beside = os.listdir(place) if path.endswith("__main__.py") else ()
            modules = [os.path.join(place, one) for one in beside if one.endswith(".py")]
            return own if any(map(reads_arguments, (path, *modules))) else []
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
        text = file.read(LARGEST)
    return besides in text and bool(PARSERS & set(text.replace(b".", b" ").split()))


def helped(words, seconds):
    """Give the status of a command, and what it says, of a failure the last words."""
    own = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable if words[0] == "python" else words[0], *words[1:]]
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
