"""Says what is another in a file that both images have: where it stands, and both texts. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from jettison.values import python_tree, replace
from jettison.verify import CheckResult, Outcome
from jettison.verify.observation import Stored

UNREADABLE = "unreadable"
ANOTHER = "has another content"
_RUNS = ", can be run"
_SECRET = re.compile(
    r"""([\w-]*(?:secret|passw|token|credential|(?:api|private)_?key)[\w-]*)["']?\s*[:=][^"']{0,40}"""
    r"""(?:["']|(?<!\s)\S{5})""",
    re.I,
)
_SECTION = re.compile(r"^\s*\[+([^\[\]]+)\]+\s*(?:[#;].*)?$")
_OF_SECTIONS = (".toml", ".cfg", ".ini", ".conf")
# What does nothing by itself.
_IDLE = re.compile(r"\s*(?:#.*)?")
_CONTENT = re.compile(r", content (\S+)")
# What another check says besides, where it sees what a change leads to.
BESIDES = "; besides, "
_CHANGES = (
    "files", "environment", "entry-point", "distributions", "user", "python", "libraries",
    "programs", "time-zones", "certificates",
)  # fmt: skip
_EFFECTS = (
    "start", "health-check", "process", "written-files", "routes", "test-suite", "workers",
    "modules", "commands", "signals", "logs", "start-up-time", "memory",
)  # fmt: skip
_OWNED = re.compile(r"^\S+ of ([\w.-]+(?:, [\w.-]+)*) (?:is gone|has another|cannot)")
_SHOWN, _LONGEST = 3, 240
# What a reader looks at: hunks of a file, letters of a line, and of those before what differs.
_HUNKS, _LETTERS, _LEAD = 3, 90, 30
# Files whose texts are read.
_FILES = 24
# Lines that are compared one by one.
_LINES = 1000


def unlike(digest: str, now: str) -> str:
    """Say how a file with one digest is unlike one with another, or nothing."""
    if not (digest and now):
        return ""
    if now == UNREADABLE != digest:
        return "cannot be read any more"
    (one, _, had), (other, _, has) = (
        text.removesuffix(_RUNS).partition("~") for text in (digest, now)
    )
    # a step of the build may have written when it ran
    if one != other and (not had or had != has):
        return ANOTHER
    return "cannot be run any more" if digest.endswith(_RUNS) and not now.endswith(_RUNS) else ""


def changed_files(had: Stored, has: Stored) -> tuple[str, ...]:
    """Name the files of both with other contents, as they are named there, the nearest first."""
    found = [
        *_unlike(had.application, has.application),
        *_unlike(had.scripts, has.scripts),
        *_unlike(_digests(had), _digests(has)),
        *_unlike(_of_the_system(had), _of_the_system(has)),
    ]
    return tuple(dict.fromkeys(found))[:_FILES]


def installed_files(had: Stored, has: Stored) -> tuple[str, ...]:
    """Name those of them that are a distribution's alone: the application may have one as well."""
    found = _unlike(_digests(had), _digests(has))
    own = {*_unlike(had.application, has.application)}
    return tuple(path for path in found if path not in own)


def _unlike(had: Mapping[str, str], has: Mapping[str, str]) -> Iterator[str]:
    return (path for path in had if unlike(had[path], has.get(path, "")) == ANOTHER)


def _digests(stored: Stored) -> Mapping[str, str]:
    return {path: digest for path, (_, digest) in stored.distributions.items()}


def _of_the_system(stored: Stored) -> Mapping[str, str]:
    found = (line.partition("\t")[::2] for line in stored.system.splitlines())
    return {path: content[1] for path, said in found if (content := _CONTENT.search(said))}


def what_changed(path: str, had: Stored, has: Stored) -> str:
    """Say what is another in a file, to be put behind what says that it is; nothing if unknown."""
    if path not in had.texts or path not in has.texts:
        return ""
    found = list(changes(path, had.texts[path], has.texts[path]))
    further = f"; {len(found) - _HUNKS} further places" if len(found) > _HUNKS else ""
    return f": {'; '.join(found[:_HUNKS])}{further}" if found else ""


def changes(path: str, had: str, has: str) -> Iterator[str]:
    """Name the lines that differ in two texts of a file, with what they are in."""
    old, new = had.splitlines(), has.splitlines()
    code = path.endswith(".py")
    places = _places(path, had, old)
    for start, end, begin, stop in _hunks(old, new):
        gone, come = old[start:end], new[begin:stop]
        if code and all(map(_IDLE.fullmatch, (*gone, *come))):
            continue
        at = min(start, len(old) - 1)
        within = places[at] if 0 <= at < len(places) else ""
        where = f"line {start + 1}" + (f" ({within})" if within else "")
        yield f"{where}: {_said(gone, come)}"


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Give where lines differ: those of the first text, and those in their place in the second."""
    first = _alike(old, new)
    last = _alike(old[first:][::-1], new[first:][::-1])
    had, has = old[first : len(old) - last], new[first : len(new) - last]
    if max(len(had), len(has)) > _LINES:
        # comparing takes the square of them
        yield first, first + len(had), first, first + len(has)
        return
    for kind, *found in SequenceMatcher(None, had, has, autojunk=False).get_opcodes():
        if kind != "equal":
            start, end, begin, stop = (first + one for one in found)
            yield start, end, begin, stop


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Count with how many equal items, or letters, two begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (had, has) in pairs if had != has), min(len(one), len(other)))


def _places(path: str, text: str, lines: Sequence[str]) -> list[str]:
    """Give for each line what it is in: a function, class or assigned name, or a section."""
    if path.endswith(_OF_SECTIONS):
        found, within = [], ""
        for line in lines:
            section = _SECTION.match(line)
            within = section[1] if section else within
            found.append(within)
        return found
    found = [""] * len(lines)
    if not path.endswith(".py"):
        return found
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    _name(tree, "", found)
    return found


def _name(node: ast.AST, within: str, found: list[str]) -> None:
    for inner in ast.iter_child_nodes(node):
        name = _named(inner) if isinstance(node, (ast.Module, ast.ClassDef)) else ""
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = inner.name
        whole = f"{within}.{name}" if within and name else name or within
        if name and isinstance(inner, ast.stmt):
            decorators = getattr(inner, "decorator_list", [])
            start = min((one.lineno for one in decorators), default=inner.lineno)
            end = inner.end_lineno or inner.lineno
            found[start - 1 : end] = [whole] * (end - start + 1)
        if not isinstance(inner, ast.expr):
            _name(inner, whole, found)


def _named(node: ast.AST) -> str:
    """Give the name that a statement of a module or class binds."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = (one.id for target in targets if target for one in ast.walk(target)
             if isinstance(one, ast.Name))  # fmt: skip
    return ", ".join(names)


def _said(gone: Sequence[str], come: Sequence[str]) -> str:
    """Say what lines became, in as few words as a reader needs."""
    pairs = [(one.strip(), other.strip()) for one, other in zip_longest(gone, come, fillvalue="")]
    one, other = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
    more = max(len(gone), len(come)) - 1
    further = f" and {more} more line{'s' * (more > 1)}" if more else ""
    if secret := _SECRET.search(one) or _SECRET.search(other):
        return f"{secret[1]} differs (not shown){further}"
    if not other:
        return f"{_cut(one)} is gone{further}"
    if not one:
        return f"{_cut(other)} is new{further}"
    long = max(len(one), len(other)) > _LETTERS
    start = max(0, _alike(one, other) - _LEAD) if long else 0
    return f"{_cut(one, start)} became {_cut(other, start)}{further}"


def _cut(line: str, start: int = 0) -> str:
    text = line[start : start + _LETTERS]
    before, after = "…" * (start > 0), "…" * (len(line) > start + _LETTERS)
    return f"`{before}{text}{after}`"


def owner_of(line: str) -> str:
    """Give the distribution whose file a line names; nothing for all else."""
    found = _OWNED.search(line)
    return found[1] if found else ""


def in_short(details: Sequence[str]) -> str:
    """Name some files, one of each distribution."""
    owners = [owner_of(line) for line in details]
    shown = [
        line
        for number, (line, owner) in enumerate(zip(details, owners, strict=True))
        if not owner or owners.index(owner) == number
    ][:_SHOWN]
    left = len(details) - len(shown)
    return "; ".join((*shown, *([f"{left} further files differ"] if left else ())))


def with_changes(checks: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """Name what the images differ in where a check sees what that leads to."""
    known = [
        f"{one.name}: {_short(one.message)}"
        for name in _CHANGES
        for one in checks
        if one.name == name and one.outcome is Outcome.DIFFERENT
    ]
    if not known:
        return tuple(checks)
    besides = BESIDES + "; ".join(known[:_SHOWN])
    return tuple(
        replace(one, message=one.message + besides)
        if one.name in _EFFECTS and one.outcome is Outcome.DIFFERENT
        else one
        for one in checks
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
