"""Describes the files that were written: modes, owners, contents, what databases are made of."""

import os
import re
import stat
import zlib
from urllib.parse import quote

# how a file of it begins (sqlite.org, "Database File Format")
SQLITE = b"SQLite format 3\0"
# Of larger files, and of tables with more rows, nothing is told.
LONGEST, ROWS, COLUMNS = 1 << 16, 2_000, 200
# what is there or not as a run is looked at
OF_A_MOMENT = (".pid", ".lock", ".tmp", ".sock", ".pyc", "-wal", "-shm", "-journal")
# Where systems have their own, what nothing is kept in, and how folders of Jettison begin.
SYSTEMS = (
    "bin boot dev etc lib lib32 lib64 libx32 proc run sbin sys tmp usr"
    " var/cache var/lib/apt var/lib/dpkg var/log var/run var/tmp"
)
SYSTEM = {f"/{one}" for one in SYSTEMS.split()}
LEFT_OUT = {"__pycache__", "site-packages", "node_modules", ".git", ".cache"}
OWN = "jettison"
CONSTRAINT = re.compile(r"(?:constraint|foreign key|primary key|unique|check)\b", re.I)
# How a row of the kernel's list of sockets says that connections are taken (linux/net.h).
LISTENS, NUMBERED = 1 << 16, re.compile(r"[^\W_]*\d[^\W_]*")
OF_CHANCE = re.compile("/(var/)?tmp/|[^/]")
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def written(tops, first, most):
    """Give modes of the files that were written since a moment, and whose they are.

    What a small file holds has a place of its own, and so have the parts and columns of databases.
    """
    own, found = os.getuid(), {}
    for path in files(tops):
        try:
            state = os.lstat(path)
        except OSError:
            continue
        # a socket is of a moment, whatever its name
        if state.st_mtime < first or len(found) >= most or stat.S_ISSOCK(state.st_mode):
            continue
        owner = "own" if state.st_uid == own else f"of user {state.st_uid}"
        found[path] = f"{state.st_mode & 0o7777:04o} {owner}"
        # a pipe would be waited for
        if stat.S_ISREG(state.st_mode):
            try:
                found.update(held(path, state.st_size))
            except Exception:
                continue
    return found


def sockets(table="/proc/net/unix"):
    """Give the modes of the files that processes listen at; chance may choose those below /tmp.

    The home folder is "~": that of another user is elsewhere.
    """
    found, home = set(), f"{os.path.expanduser('~').rstrip('/')}/"
    with open(table) as file:
        rows = [line.rstrip("\n").split(None, 7) for line in file if "/" in line]
    for _, _, _, flags, *_, path in rows:
        if int(flags, 16) & LISTENS and not OF_CHANCE.match(path):
            try:
                mode = os.stat(path).st_mode & 0o7777
            except OSError:
                continue
            told = f"~/{path[len(home) :]}" if home != "/" and path.startswith(home) else path
            found.add(f"{NUMBERED.sub('#', told)} ({mode:04o})")
    return ", ".join(sorted(found)) or "none"


def elsewhere(root="/"):
    """Give the folders below a root that are no system's."""
    return [
        one.path
        for one in os.scandir(root)
        if one.is_dir(follow_symlinks=False)
        and one.path not in SYSTEM
        and not one.name.startswith(OWN)
    ]


def files(tops):
    """Give what is no folder below some folders, once; os.walk of some versions is not so deep."""
    folders, met = sorted(set(tops), reverse=True), set()
    while folders:
        folder = folders.pop()
        if folder in met:
            continue
        met.add(folder)
        try:
            entries = sorted(os.scandir(folder), key=lambda one: one.name)
        except OSError:
            continue
        for entry in entries:
            if not entry.is_dir():
                yield entry.path
            elif not (entry.is_symlink() or entry.name in LEFT_OUT or entry.path in SYSTEM):
                folders.append(entry.path)


def held(path, size):
    """Give what a file holds: a database of SQLite its parts and columns, a small file its text."""
    with open(path, "rb") as file:
        head = file.read(len(SQLITE))
        if head == SQLITE:
            return {**tables(path), **columns(path)}
        if not 0 < size <= LONGEST or path.endswith((".log", *OF_A_MOMENT)):
            return {}
        return {f"{path}, content {digest(head + file.read())}": ""}


def digest(content):
    """Hash bytes to letters alone, as words with digits count as ids."""
    return f"{zlib.crc32(content):08x}".translate(LETTERS)


def opened(path):
    """Open a database to be read."""
    import sqlite3

    return sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=1)


def tables(path):
    """Give what a database of SQLite is made of, with the statement that made each part."""
    base = opened(path)
    try:
        rows = base.execute("select type, name, sql from sqlite_master where sql is not null")
        return {
            f"{path}, {kind} {name}": ordered(" ".join(sql.split())) for kind, name, sql in rows
        }
    finally:
        base.close()


def ordered(statement):
    """Put the constraints of a table in an order: what makes them from a set has none."""
    head, _, body = statement.partition("(")
    if not head.lower().startswith("create table"):
        return statement
    parts, depth, quote = [""], 1, ""
    for at, letter in enumerate(body):
        if quote or letter in "'\"`":
            quote = "" if letter == quote else quote or letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        if not depth:
            columns = [one.strip() for one in parts if not CONSTRAINT.match(one.strip())]
            rules = sorted(one.strip() for one in parts if CONSTRAINT.match(one.strip()))
            return f"{head}({', '.join([*columns, *rules])}{body[at:]}"
        if letter == "," and depth == 1 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return statement


def columns(path):
    """Give what each column of a database holds, in whichever order its rows were written."""
    base, found = opened(path), {}
    try:
        names = base.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in names:
            plain = name.replace('"', '""')
            told = base.execute(f'select * from "{plain}" limit {ROWS + 1}')  # noqa: S608 - quoted
            rows = told.fetchall()
            if not rows or len(rows) > ROWS or len(found) > COLUMNS:
                continue
            for place, (column, *_) in enumerate(told.description):
                values = sorted(repr(row[place]) for row in rows)
                own = digest("\n".join(values).encode("utf-8", "replace"))
                found[f"{path}, content {own} of {name}.{column}"] = ""
        return found
    finally:
        base.close()
