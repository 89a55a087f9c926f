"""Front end for Pipfile.lock."""

from __future__ import annotations

import json
import re

from packaging.utils import canonicalize_name

from jettison.errors import InputSyntaxError
from jettison.project.locks.values import (
    Lock,
    LockedDistribution,
    LockFormat,
    SourceKind,
)
from jettison.project.toml.read import Table, table, text_of, texts
from jettison.values import Origin

_GROUPS = {"default": "main", "develop": "dev"}
_SOURCES = {
    "git": SourceKind.GIT,
    "file": SourceKind.URL,
    "path": SourceKind.PATH,
}
_KEY = re.compile(r'^(?P<indent> *)"(?P<key>[^"]+)": \{', re.MULTILINE)


def parse(text: str, *, file: str) -> Lock:
    """Read a lock; raises InputSyntaxError with the line for bad JSON."""
    try:
        root = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputSyntaxError(
            "not valid JSON",
            why=error.msg,
            hint="Run pipenv lock again.",
            origin=Origin(file=file, line=error.lineno),
        ) from error
    root = root if isinstance(root, dict) else {}
    lines = _lines(text)
    return Lock(
        file=file,
        format=LockFormat.PIPFILE,
        requires_python=_python(table(root, "_meta", "requires")),
        distributions=tuple(
            _distribution(category, name, table(root, category, name), file, lines)
            for category in root
            if category != "_meta"
            for name in table(root, category)
        ),
    )


def _python(requires: Table) -> str:
    version = text_of(requires, "python_full_version") or text_of(requires, "python_version")
    return f"=={version}.*" if version and not requires.get("python_full_version") else version


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Line of every distribution by category and name."""
    found: dict[tuple[str, str], int] = {}
    category, outer = "", None
    for key in _KEY.finditer(text):
        indent = len(key["indent"])
        outer = indent if outer is None else outer
        if indent == outer:
            category = key["key"]
        else:
            line = text.count("\n", 0, key.start()) + 1
            found.setdefault((category, key["key"]), line)
    return found


def _distribution(
    category: str, name: str, one: Table, file: str, lines: dict[tuple[str, str], int]
) -> LockedDistribution:
    word = next((key for key in _SOURCES if text_of(one, key)), "")
    source = _SOURCES.get(word, SourceKind.REGISTRY)
    if source is SourceKind.PATH and one.get("editable"):
        source = SourceKind.EDITABLE
    return LockedDistribution(
        name=canonicalize_name(name),
        version=text_of(one, "version").removeprefix("=="),
        marker=text_of(one, "markers"),
        groups=(_GROUPS.get(category, category),),
        hashes=texts(one, "hashes"),
        source=source,
        location=text_of(one, word) if word else text_of(one, "index"),
        origin=Origin(file=file, line=lines.get((category, name))),
    )
