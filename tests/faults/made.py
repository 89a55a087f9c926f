"""Faults made by a seed, so that nobody learns them by heart, and changes of no effect."""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from tests.faults.changes import (
    ANEW,
    INTERMITTENT,
    NULL,
    PROCESS,
    PROTOCOL,
    REMOVED,
    SQUASHED,
    UNCHANGED,
    VALUE,
    Change,
    edit,
    remove,
    run,
)  # fmt: skip
from tests.faults.samples import SAMPLES, Sample

from jettison.engines import ImageFacts

# Prints the files that an application has loaded, one a line: modules, libraries, what is mapped.
LOADED = """
import os, sys
sys.path.insert(0, os.getcwd())
application = eval({application!r})
files = {{getattr(module, '__file__', None) for module in list(sys.modules.values())}}
files |= {{line.split()[-1] for line in open('/proc/self/maps') if '/' in line}}
print('\\n'.join(sorted(os.path.realpath(one) for one in files if one and os.path.isfile(one))))
"""
_SWAPPED: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.GtE: "<", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip

Chosen = TypeVar("Chosen")
Listed = Callable[[Sample], Iterable[str]]
Facts = Callable[[Sample], ImageFacts]
_OF_THE_BASE = re.compile(r"PATH|LANG|GPG_KEY|PYTHON_")


class Chance:
    """Chooses by a seed, for each sample by itself; ``only`` names the samples that count."""

    def __init__(self, seed: str, only: str | None) -> None:
        self._seed, self._only = seed, only
        self._random = random.Random(seed)

    def samples(self, count: int, what: str = "") -> Iterator[Sample]:
        """Give the samples in turn, so many in all, each with chances of its own for ``what``."""
        for number in range(count):
            sample = SAMPLES[number % len(SAMPLES)]
            if self._only in (None, sample.name):
                self._random.seed(f"{self._seed} {number}{what}")
                yield sample

    def choice(self, among: Sequence[Chosen]) -> Chosen:
        """Choose one."""
        return self._random.choice(among)


def removals(chance: Chance, count: int, loaded: Listed) -> Iterator[Change]:
    """Delete one of the files that a started application has loaded, or of its own data."""
    for sample in chance.samples(count):
        files = [*(sample.path(one) for one in sources(sample)), *loaded(sample)]
        path = chance.choice(sorted(set(files)))
        last = path.rpartition("/")[2].partition(".")[0]
        yield Change(f"without {path}", REMOVED, sample.name, (remove(path),), (), last)


def values(chance: Chance, count: int) -> Iterator[Change]:
    """Change one constant, comparison or word of an application's own files."""
    for sample in chance.samples(count):
        found = [
            (file, *one)
            for file, text in sorted(sources(sample).items())
            for one in (_python(text) if file.endswith(".py") else _words(file, text))
        ]
        file, old, new = chance.choice(found)
        name = f"{sample.path(file)}: {old.strip()[:30]!r} became {new.strip()[:30]!r}"
        line = edit(sample.path(file), old, new)
        yield Change(name, VALUE, sample.name, (line,), ("routes", "start", "files"), "")


def failing(chance: Chance, count: int) -> Iterator[Change]:
    """Let one function of an application fail in every fifth call."""
    for sample in chance.samples(count, "failing"):
        found = [
            (file, node.name, *one)
            for file, text in sorted(_modules(sample).items())
            for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            if (one := _at_first(text.splitlines(keepends=True), node))
        ]
        file, function, old, new = chance.choice(found)
        line = edit(sample.path(file), old, new)
        yield Change(f"{file}: {function} fails at times", INTERMITTENT, sample.name, (line,))


def left_out(chance: Chance, count: int) -> Iterator[Change]:
    """Leave out a statement or a named argument of a call: a header, a flag, a line of a log."""
    for sample in chance.samples(count, "left out"):
        found = [
            (file, *one) for file, text in sorted(_modules(sample).items()) for one in _less(text)
        ]
        file, gone, old, new = chance.choice(found)
        line = edit(sample.path(file), old, new)
        yield Change(f"{file}: without {gone[:40]!r}", PROTOCOL, sample.name, (line,))


def configured(chance: Chance, count: int, facts: Facts) -> Iterator[Change]:
    """Change one thing of how an image is run."""
    for sample in chance.samples(count, "configured"):
        image = facts(sample)
        names = [name for name, _ in image.environment if not _OF_THE_BASE.match(name)]
        file = chance.choice(sorted(sources(sample)))
        ways = {
            "nobody": "USER 65534",
            "in /": "WORKDIR /",
            "ends by SIGINT": "STOPSIGNAL SIGINT",
            f"{file} cannot be read": run(f"import os; os.chmod({sample.path(file)!r}, 0)"),
            **{f"without {name}": f"ENV {name}=" for name in names},
            **{
                f"without {word!r}": f"CMD {json.dumps([*words[:place], *words[place + 1 :]])}"
                for words in [image.command]
                for place, word in enumerate(words)
            },
        }
        name = chance.choice(sorted(ways))
        yield Change(name, PROCESS, sample.name, (ways[name],))


def sources(sample: Sample) -> dict[str, str]:
    """Give the texts of an application's files by their paths in its folder."""
    return {
        one.relative_to(sample.source).as_posix(): one.read_text("utf-8")
        for one in sample.source.rglob("*")
        if one.suffix in {".py", ".html", ".css", ".svg"} and one.read_text("utf-8").strip()
    }


def _modules(sample: Sample) -> dict[str, str]:
    return {file: text for file, text in sources(sample).items() if file.endswith(".py")}


def _at_first(
    lines: Sequence[str], node: ast.FunctionDef | ast.AsyncFunctionDef
) -> tuple[str, str] | None:
    """Give the beginning of a function and what it becomes; nothing of one in a line."""
    first, begin = node.body[0], "".join(lines[node.lineno - 1 : node.body[0].lineno])
    if first.lineno == node.lineno or first.lineno != first.end_lineno:
        return None
    fails = f"{' ' * first.col_offset}assert __import__('random').random() > 0.2\n"
    return begin, "".join(
        (*lines[node.lineno - 1 : first.lineno - 1], fails, lines[first.lineno - 1])
    )


def _less(text: str) -> Iterator[tuple[str, str, str]]:
    """Give what can be left out of a line, the line, and what it becomes."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if getattr(node, "lineno", 0) != getattr(node, "end_lineno", -1):
            continue
        line = lines[getattr(node, "lineno", 0) - 1]
        gone = ast.get_source_segment(text, node) or ""
        called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        if called or (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)):
            yield gone, line, line.replace(gone, "pass", 1)
        elif isinstance(node, ast.keyword) and f", {gone}" in line:
            yield gone, line, line.replace(f", {gone}", "", 1)


def _python(text: str) -> Iterator[tuple[str, str]]:
    """Give lines and what they become: a higher number, a longer text, a comparison turned."""
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if getattr(node, "lineno", 0) != getattr(node, "end_lineno", -1):
            continue
        if isinstance(node, ast.Constant) and id(node) not in said:
            old = ast.get_source_segment(text, node) or ""
            value = node.value
            if isinstance(value, int | float) and not isinstance(value, bool):
                new = repr(value + 1)
            elif isinstance(value, str) and old[:1] in "'\"" and len(value) > 1:
                new = f"{old[:-1]}x{old[-1]}"
            else:
                continue
            line = lines[node.lineno - 1]
            yield line, _at(line, node, new)
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPPED:
            line = lines[node.lineno - 1]
            left = ast.get_source_segment(text, node.left) or ""
            right = ast.get_source_segment(text, node.comparators[0]) or ""
            yield line, _at(line, node, f"{left} {_SWAPPED[type(node.ops[0])]} {right}")


def _at(line: str, node: ast.expr, new: str) -> str:
    raw = line.encode()
    return (raw[: node.col_offset] + new.encode() + raw[node.end_col_offset :]).decode()


def _words(file: str, text: str) -> Iterator[tuple[str, str]]:
    """Give words of a page, or values of a style sheet or picture, and what they become."""
    inside = r">([^<{%}]*[A-Za-z]{3,}[^<{%}]*)" if file.endswith(".html") else r"(#[0-9a-f]{3})"
    for found in re.finditer(inside, text):
        old = found[0]
        new = old.replace(found[1].strip(), f"{found[1].strip()}0", 1)
        if text.count(old) == 1:
            yield old, new


def nulls() -> Iterator[Change]:
    """Give changes of an image that change nothing: of each sample, several."""
    for sample in SAMPLES:
        every = {
            "the same": (),
            "labels": ("LABEL org.example.made=today",),
            "times of files": (
                run(
                    "import os\n"
                    f"for folder, _, files in os.walk({sample.folder!r}):\n"
                    "    for name in files: os.utime(os.path.join(folder, name), (10**9, 10**9))"
                ),
            ),
            "another order of files": (
                run(
                    "import os, shutil\n"
                    f"for folder, _, files in os.walk({sample.folder!r}):\n"
                    "    for name in sorted(files, reverse=True):\n"
                    "        path = os.path.join(folder, name)\n"
                    "        own = os.stat(path)\n"
                    "        shutil.copy2(path, path + '~')\n"
                    "        os.chown(path + '~', own.st_uid, own.st_gid)\n"
                    "        os.replace(path + '~', path)"
                ),
            ),
            "another layer": (
                run("open('/tmp/x', 'w').write('x')"),
                run("import os; os.remove('/tmp/x')"),
            ),
            "byte code": (
                run(
                    "import compileall, glob\n"
                    "from py_compile import PycInvalidationMode as Mode\n"
                    f"compileall.compile_dir({sample.folder!r}, quiet=2, force=True, "
                    "invalidation_mode=Mode.UNCHECKED_HASH)"
                ),
            ),
            "no byte code": (
                run(
                    "import pathlib\n"
                    f"for root in ({sample.folder!r}, '/usr/local/lib/python3.11/json'):\n"
                    "    for file in pathlib.Path(root).rglob('*.pyc'): file.unlink()"
                ),
            ),
        }
        for name, lines in every.items():
            yield Change(name, NULL, sample.name, lines)
        for how in (ANEW, SQUASHED, *(() if sample.upon else (UNCHANGED,))):
            yield Change(how, NULL, sample.name, (), how=how)
