"""The facts of one Python file."""

from __future__ import annotations

import ast
import platform
import warnings

from jettison.project.source.facts import ModuleFacts
from jettison.project.source.newer import in_older_words
from jettison.project.source.resolve import FactReader
from jettison.project.source.skim import skim, skim_texts
from jettison.project.source.visit import visit
from jettison.values import Origin, Skipped

LARGEST = 4 * 1024 * 1024
"""Bytes; a larger file is generated, and its imports are read line by line."""


def parse(file: str, content: bytes) -> ModuleFacts:
    """Read one file; never raises: what is not valid Python has ``skipped`` set."""
    lines = content.count(b"\n") + 1
    if len(content) > LARGEST:
        reason = f"it is larger than {LARGEST // 1024 // 1024} MiB, so only its imports were read"
        return _skimmed(file, content, lines, reason, None)
    try:
        with warnings.catch_warnings():  # invalid escapes are the project's affair
            warnings.simplefilter("ignore")
            tree = _tree(content)
    except SyntaxError as error:
        version = ".".join(platform.python_version_tuple()[:2])
        reason = f"not valid for Python {version}, which runs Jettison: {error.msg}"
        return _skimmed(file, content, lines, reason, error.lineno)
    except (ValueError, RecursionError, MemoryError) as error:
        reason = f"not readable as Python: {str(error) or type(error).__name__}"
        return _skimmed(file, content, lines, reason, None)
    return FactReader(file, visit(tree)).facts(lines)


def _tree(content: bytes) -> ast.Module:
    try:
        return _parsed(content)
    except SyntaxError:
        older = in_older_words(content)
        if older == content:
            raise
        try:
            return _parsed(older)
        except SyntaxError:
            pass
        raise


def _parsed(content: bytes) -> ast.Module:
    try:
        return ast.parse(content)
    except SystemError:
        # CPython before 3.11.8 and 3.12.2 miscounts the depth of a tree when what is collected
        # meanwhile makes another one (gh-106905); the second time nothing is left to collect.
        return ast.parse(content)


def _skimmed(file: str, content: bytes, lines: int, reason: str, line: int | None) -> ModuleFacts:
    binary = b"\0" in content[:4096]
    skipped = Skipped(
        what=file,
        reason="it is binary, not Python source" if binary else reason,
        origin=Origin(file=file, line=line or None),
    )
    imports = () if binary else tuple(skim(file, content))
    texts = () if binary else tuple(skim_texts(file, content))
    return ModuleFacts(file=file, lines=lines, imports=imports, texts=texts, skipped=skipped)
