"""Conditions that choose between environments, and their value in production."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

from jettison.project.source.comparisons import (
    asks_for_tests,
    is_version,
    last_name,
    version_holds,
)
from jettison.project.source.facts import Switch

_SPEAKS = re.compile(
    r"debug|develop|\bdev\b|_dev\b|\bdev_|^test|testing|is_test|production|\bprod\b|staging|"
    r"^env|environment|_env\b|\benv_|profil|platform|version_info|installed_apps|is_installed|"
    r"toolbar|^local$|"
    r"is_local|python_version|silk|reload|coverage|profile|pytest",
    re.IGNORECASE,
)
_DEVELOPMENT_NAME = re.compile(
    r"(\w+_)?(debug(ging|ger|py)?|dev|devel|develop(ment)?|tests?|testing|pytest|local|reload|"
    r"toolbar|ci|coverage|lint)"
    r"(_(mode|enabled?|env|environment|server|toolbar|on|active|flag|runs?|running|version))?",
    re.IGNORECASE,
)
_PRODUCTION_NAME = re.compile(r"(^|_)(prod|production|is_prod|live)(_|$)", re.IGNORECASE)
_DEVELOPMENT_VALUES = frozenset(
    {"dev", "develop", "development", "local", "test", "testing", "tests", "debug", "ci", "docs"}
)
_PRODUCTION_VALUES = frozenset({"prod", "production", "live", "staging", "stage", "release"})
_FALSE_WORDS = frozenset({"", "0", "false", "no", "off", "n", "f", "none"})
_DEPTH = 6
_LONGEST = 40
"""Characters; longer constants are not the name of an environment."""


def names_environment(word: str) -> bool:
    """Whether a name speaks of an environment: ``DEBUG``, ``is_production``."""
    return _SPEAKS.search(word) is not None


def speaks_of_environment(test: ast.expr) -> bool:
    """Whether an ``if`` chooses between environments rather than between values of the program."""
    for node in ast.walk(test):
        word = ""
        if isinstance(node, ast.Name):
            word = node.id
        elif isinstance(node, ast.Attribute):
            word = node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            word = node.value
        if word and len(word) < _LONGEST and _SPEAKS.search(word):
            return True
    return False


class Production:
    """Evaluates expressions at their production values; three-valued: None is unknown.

    ``environment`` holds the variables that the image or its compose service sets; ``switches``
    the assignments of names like ``DEBUG`` in the code that was reached. A name that speaks of
    development and is set nowhere counts as off. ``applications`` are those that reached settings
    install; one that is not among them is not installed when it speaks of development or when
    settings for development install it (``development_applications``).
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        switches: Mapping[str, Switch],
        applications: Collection[str] = (),
        development_applications: Collection[str] = (),
    ) -> None:
        self._environment = environment
        self._switches = switches
        self._applications = applications
        self._development_applications = development_applications

    def holds(self, condition: str) -> bool | None:
        """Whether a condition is true in production."""
        if not condition:
            return True
        try:
            return _truth(self._value(ast.parse(condition, mode="eval").body, _DEPTH))
        except (SyntaxError, ValueError, RecursionError):
            return None

    def _value(self, node: ast.expr, depth: int) -> object:
        if depth == 0:
            return None
        match node:
            case ast.Constant(value=value):
                return value
            case ast.BoolOp():
                return self._junction(node, depth - 1)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                truth = _truth(self._value(operand, depth - 1))
                return None if truth is None else not truth
            case ast.Compare(ops=[op], comparators=[right], left=left):
                return self._compare(left, op, right, depth - 1)
            case _:
                return self._named(node, depth)

    def _named(self, node: ast.expr, depth: int) -> object:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self._name(name, depth - 1)
            case ast.Subscript(slice=ast.Constant(value=str(name))):
                return self._name(name, depth - 1)
            case ast.Call(func=ast.Attribute(attr="is_installed"), args=[name]):
                return self._installs(name)
            case ast.Call(
                func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), default]
            ):
                value = self._name(name, depth - 1)
                unset = value is None and name not in self._switches
                return self._value(default, depth - 1) if unset else value
            case ast.Call():
                return self._call(node, depth - 1)
            case _:
                return None

    def _junction(self, node: ast.BoolOp, depth: int) -> object:
        truths = [_truth(self._value(each, depth)) for each in node.values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    def _name(self, name: str, depth: int) -> object:
        if name in self._environment:
            return _word(self._environment[name])
        switch = self._switches.get(name)
        if switch is not None:
            value = self._value(ast.parse(switch.expression, mode="eval").body, depth)
            if value is not None:
                return value
        if _PRODUCTION_NAME.search(name):
            return True
        if _DEVELOPMENT_NAME.fullmatch(name):
            return False
        return {"TYPE_CHECKING": False, "platform": "linux", "system": "Linux"}.get(name)

    def _call(self, node: ast.Call, depth: int) -> object:
        """``env.bool("DEBUG", default=False)``, ``os.environ.get("X", "")``, ``text.lower()``."""
        if node.args and isinstance(node.args[0], ast.Constant):
            return self._variable(node, depth)
        match node.func:
            case ast.Attribute(attr="lower" | "strip" | "casefold", value=value):
                inner = self._value(value, depth)
                return inner.lower() if isinstance(inner, str) else inner
            case ast.Attribute(attr="system"):
                return "Linux"
            case ast.Name(id="bool" | "int" | "str" | "strtobool") if node.args:
                return self._value(node.args[0], depth)
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return False if _DEVELOPMENT_NAME.fullmatch(name) and not node.args else None
            case _:
                return None

    def _installs(self, name: ast.expr) -> bool | None:
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return None
        if not self._applications:
            return None
        if any(f"{each}.".startswith(f"{name.value}.") for each in self._applications):
            return True
        for_development = name.value in self._development_applications
        return False if for_development or names_environment(name.value) else None

    def _variable(self, node: ast.Call, depth: int) -> object:
        name = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if isinstance(name, str) and name in self._environment:
            return _word(self._environment[name])
        if not isinstance(name, str) or not names_environment(name):
            return None  # a feature that the deployment may switch on
        default = next((k.value for k in node.keywords if k.arg == "default"), None)
        if default is None and len(node.args) > 1:
            default = node.args[1]
        if default is not None:
            value = self._value(default, depth)
            return _word(value) if isinstance(value, str) else value
        return False if _DEVELOPMENT_NAME.fullmatch(name) else None

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr, depth: int) -> bool | None:
        if is_version(left):
            return version_holds(op, right)
        if asks_for_tests(left, right) and isinstance(op, ast.In | ast.NotIn):
            return isinstance(op, ast.NotIn)
        if isinstance(op, ast.In | ast.NotIn) and last_name(right) == "INSTALLED_APPS":
            installed = self._installs(left)
            return installed if isinstance(op, ast.In) or installed is None else not installed
        values = self._choices(
            right, member=isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
        )
        if values is None:
            return None
        value = self._value(left, depth)
        if value is None or value is True:
            found = _named_production(values)
        else:
            found = str(value).lower() in values
        if found is None or not isinstance(op, ast.Eq | ast.In | ast.Is | ast.NotEq | ast.NotIn):
            return None
        return found if isinstance(op, ast.Eq | ast.In | ast.Is) else not found

    def _choices(self, node: ast.expr, *, member: bool) -> frozenset[str] | None:
        match node:
            case ast.Constant(value=value):
                return frozenset({str(value).lower()})
            case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                constants = [e.value for e in elts if isinstance(e, ast.Constant)]
                return frozenset(str(c).lower() for c in constants)
            case ast.Attribute(attr=name) if member:  # of an enumeration: Environment.LOCAL
                return frozenset({name.lower()})
            case _:
                return None


def _named_production(values: frozenset[str]) -> bool | None:
    if values & _PRODUCTION_VALUES:
        return True
    if values and values <= _DEVELOPMENT_VALUES:
        return False
    return None


def _word(text: str) -> object:
    return False if text.strip().lower() in _FALSE_WORDS else text


def _truth(value: object) -> bool | None:
    if value is None:
        return None
    return bool(_word(value)) if isinstance(value, str) else bool(value)
