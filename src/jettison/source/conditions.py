"""Conditions that choose between environments, and their value in production."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

from jettison.source import Switch
from jettison.values import python_expression

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
_TEST_NAME = re.compile(
    r"(\w+_)?(tests?|testing|pytest)(_(mode|enabled?|env|environment|active|flag|runs?|running))?",
    re.IGNORECASE,
)
_PRODUCTION_NAME = re.compile(r"(^|_)(prod|production|is_prod|live)(_|$)", re.IGNORECASE)
_FALSE_WORDS = frozenset({"", "0", "false", "no", "off", "n", "f", "none"})
_EQUAL = ast.Eq | ast.In | ast.Is
_UNEQUAL = ast.NotEq | ast.NotIn
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

    ``switches`` are the assignments of names like ``DEBUG`` in the code that was reached. Off is
    only what nothing outside can turn on: what the code itself assigns, and what asks whether tests
    run. A variable, a setting that nothing assigns and an option of the command leave both sides
    open, and so does code that says that this is not production: a deployment sets its own values.
    ``applications`` are those that reached settings install; one that is not among them is not
    installed when it speaks of development or when settings for development install it
    (``development_applications``). ``configuration`` is the class of settings that the image names.
    """

    def __init__(
        self,
        switches: Mapping[str, Switch],
        applications: Collection[str] = (),
        development_applications: Collection[str] = (),
        configuration: str = "",
    ) -> None:
        self._switches = switches
        self._applications = applications
        self._development_applications = development_applications
        self._configuration = configuration

    def holds(self, condition: str) -> bool | None:
        """Whether a condition is true in production."""
        if not condition:
            return True
        try:
            return _truth(self._value(python_expression(condition).body, _DEPTH))
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
                negated = _truth(self._value(operand, depth - 1))
                return None if negated is None else not negated
            case ast.Compare(ops=[op], comparators=[right], left=left):
                return self._compare(left, op, right, depth - 1)
            case _:
                return self._named(node, depth)

    def _named(self, node: ast.expr, depth: int) -> object:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self._name(name, depth - 1)
            case ast.Subscript(value=source, slice=ast.Constant(value=str(name))):
                read = last_name(source) == "environ"
                return _of_variable(name) if read else self._name(name, depth - 1)
            case ast.Call(func=ast.Attribute(attr="is_installed"), args=[name]):
                return self._installs(name)
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]):
                return self._name(name, depth - 1)
            case ast.Call():
                return self._call(node, depth - 1)
            case _:
                return None

    def _junction(self, node: ast.BoolOp, depth: int) -> object:
        values = [self._value(each, depth) for each in node.values]
        truths = [_truth(each) for each in values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in truths:
            return decisive
        return None if None in truths else not decisive

    def _name(self, name: str, depth: int) -> object:
        switch = self._switches.get(name)
        if switch is not None:
            value = self._value(python_expression(switch.expression).body, depth)
            if value is not None:
                return _unless_development(name, value)
        if _TEST_NAME.fullmatch(name):
            return False
        return {"TYPE_CHECKING": False, "platform": "linux", "system": "Linux"}.get(name)

    def _call(self, node: ast.Call, depth: int) -> object:
        """``env.bool("DEBUG", default=False)``, ``os.environ.get("X", "")``, ``text.lower()``."""
        if node.args and isinstance(node.args[0], ast.Constant):
            name = node.args[0].value
            return _of_variable(name) if isinstance(name, str) else None
        match node.func:
            case ast.Attribute(attr="lower" | "strip" | "casefold", value=value):
                inner = self._value(value, depth)
                return inner.lower() if isinstance(inner, str) else inner
            case ast.Attribute(attr="system"):
                return "Linux"
            case ast.Name(id="bool" | "int" | "str" | "strtobool") if node.args:
                return self._value(node.args[0], depth)
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return False if _TEST_NAME.fullmatch(name) and not node.args else None
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

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr, depth: int) -> object:
        if is_version(left):
            return version_holds(op, right)
        if isinstance(op, ast.In | ast.NotIn) and asks_for_tests(left, right):
            return isinstance(op, ast.NotIn)
        if isinstance(op, ast.In | ast.NotIn) and last_name(right) == "INSTALLED_APPS":
            found: object = self._installs(left)
        else:
            member = isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
            values = self._choices(right, member=member)
            found = None if values is None else self._is_among(left, values, depth)
        if found is None or not isinstance(op, _EQUAL | _UNEQUAL):
            return None
        return found if isinstance(op, _EQUAL) else not found

    def _is_among(self, node: ast.expr, values: frozenset[str], depth: int) -> object:
        """Whether an expression has one of these values; open where only development says so."""
        if last_name(node) == "DJANGO_CONFIGURATION":
            return self._configuration.lower() in values
        value = self._value(node, depth)
        if value is None or value is True:
            return None
        found = str(value).lower() in values
        expected = named_production(values)
        return found if expected in (None, found) else None

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


def _unless_development(name: str, value: object) -> object:
    """A value, left open where it says that this is not production."""
    truth = _truth(value)
    says_development = truth is True and _DEVELOPMENT_NAME.fullmatch(name)
    says_no_production = truth is False and _PRODUCTION_NAME.search(name)
    return None if says_development or says_no_production else value


def _of_variable(name: str) -> object:
    """Whoever starts the container may set a variable; those of pytest are pytest's to set."""
    return False if name.startswith("PYTEST_") else None


def _word(text: str) -> object:
    return False if text.strip().lower() in _FALSE_WORDS else text


def _truth(value: object) -> bool | None:
    if value is None:
        return None
    return bool(_word(value)) if isinstance(value, str) else bool(value)
