"""Comparisons that mean the same in every program: versions, environments, whether tests run."""

from __future__ import annotations

import ast
import re

_TEST_RUN = re.compile(r"tests?|pytest|unittest|PYTEST_\w+|(\w+_)?TEST(S|ING)?")
_DEVELOPMENT_VALUES = frozenset(
    {"dev", "develop", "development", "local", "test", "testing", "tests", "debug", "ci", "docs"}
)
_PRODUCTION_VALUES = frozenset({"prod", "production", "live", "staging", "stage", "release"})


def is_development_value(word: str) -> bool:
    """Whether a value is the name of an environment for development: ``Development``, ``test``."""
    return word.lower() in _DEVELOPMENT_VALUES


def named_production(values: frozenset[str]) -> bool | None:
    """Whether values are the names of production, or of development alone; None for others."""
    if values & _PRODUCTION_VALUES:
        return True
    if values and values <= _DEVELOPMENT_VALUES:
        return False
    return None


def last_name(node: ast.expr) -> str:
    """The name itself or the last part of a dotted one; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def asks_for_tests(left: ast.expr, right: ast.expr) -> bool:
    """``"pytest" in sys.modules``, ``"test" in sys.argv``, ``"PYTEST_VERSION" in os.environ``."""
    match left, right:
        case ast.Constant(value=str(word)), ast.Attribute(attr="modules" | "argv" | "environ"):
            return _TEST_RUN.fullmatch(word) is not None
        case _:
            return False


def is_version(node: ast.expr) -> bool:
    """Whether an expression asks for the version of Python."""
    return any(isinstance(n, ast.Attribute) and n.attr == "version_info" for n in ast.walk(node))


def version_holds(op: ast.cmpop, right: ast.expr) -> bool | None:
    """Python 3 runs the code; a comparison with a minor version is left open."""
    numbers = [n.value for n in ast.walk(right) if isinstance(n, ast.Constant)]
    match numbers:
        case [2, *_]:
            return isinstance(op, ast.Gt | ast.GtE | ast.NotEq)
        case [3]:
            return isinstance(op, ast.GtE | ast.Eq)
        case _:
            return None
