"""Which environment variables a source reads, of what kind, and which errors name. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.source.conditions import last_name
from jettison.values import python_tree, replace
from jettison.verify.request import UNSET_FIELD, Credentials

_LONGEST = 1 << 20
# Django does not start with an empty one (docs.djangoproject.com, SECRET_KEY).
_NEVER_EMPTY = re.compile(r"(^|_)SECRET_KEY$")
_NAME = re.compile(r"[A-Za-z_]\w{0,80}")
_SETTINGS, _DEFAULT, _FACTORY = "Settings", "default", "default_factory"
_ALIASES = ("validation_alias", "alias", "env")
_CASTS = ("int", "float", "bool", "list", "json")
_LISTS = ("list", "List", "tuple", "Tuple", "set", "Set", "frozenset", "Sequence")
# Gives None for a variable that is not set; the functions of libraries for settings fail.
_GIVE_NOTHING = ("get", "getenv", "get_env")
_ONE_OF = ("Literal", "Optional", "Annotated")
_NOTHING = re.compile(r"\b(?:None|Optional|Any)\b")
# The second is how uv begins, whose releases differ, the third how Django's system checks do.
_ERROR = re.compile(
    r"[\w.]*(?:Error|Exception|NotFound|Warning: cannot|Failure)\b|(?:error:|\u00d7) Failed to\b"
    r"|[\w.?]+: \([\w.]+\.E\d+\) "
)
_ERRORS_KEPT = 20
# How Python says that os.environ has no such name, and what libraries say of variables.
_NO_KEY = re.compile(rf"^(?:KeyError: '|{UNSET_FIELD})([A-Z][A-Z0-9_]{{2,}})(?:'|$)")
_OF_VARIABLES = re.compile(
    r"(?i)environ|variable|env ?var|setting|\bset\b|missing|required|not found"
)
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# How pydantic says that no variable sets a field of settings, in its releases 2 and 1.
_UNSET = re.compile(r"^([A-Za-z_]\w*)\n +[Ff]ield required (?=[\[(]type=)", re.MULTILINE)
_UNFIT = re.compile(r"^([A-Za-z_]\w*)\n +(?=\S.*\[(?:type|input_value)=)", re.MULTILINE)
# How it says that what a class of settings checks by itself fails.
_OF_ALL = re.compile(r"(\d validation errors? for \w+)\n +(?=\S.*\[type=)")
UNFIT_FIELD = "ValidationError: unfit value for "
"""How a line of errors begins that names a field of settings whose value does not fit."""


class Variable(Struct, frozen=True, kw_only=True):
    """A variable that a source reads.

    ``required`` tells that it has no default, or an empty one that a message of the source speaks
    of, ``certain`` that nothing else will do either, ``fails`` that what reads it fails without it,
    unless it finds it in a file;
    ``kind`` is ``int``, ``float``, ``bool``, ``list``, ``dict`` or nothing for text, ``choice`` one
    of a few values that are allowed. ``empty`` tells that it has a default without anything in it.
    """

    name: str
    required: bool = True
    certain: bool = False
    fails: bool = False
    kind: str = ""
    choice: str = ""
    empty: bool = False


def variables_of(text: str) -> tuple[Variable, ...]:
    """Find the variables that a source reads, the kind before the mere name."""
    # few sources read any, and parsing is what takes time
    if len(text) > _LONGEST or not _reading().search(text):
        return ()
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    choices = dict(_enumerations(tree))
    found = (one for node in ast.walk(tree) for one in _read(node, choices))
    named = tuple(one for one in found if _NAME.fullmatch(one.name))
    if any(one.empty for one in named):
        told = _told(tree)
        meant = {v.name for v in named if v.empty and _NEVER_EMPTY.search(v.name)}
        named = tuple(
            replace(v, required=v.required or (v.empty and v.name in told | meant)) for v in named
        )
    return named


def _told(tree: ast.Module) -> frozenset[str]:
    """The words of texts that people read."""
    values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = (value for value in values if isinstance(value, str) and " " in value)
    return frozenset(word for text in texts for word in _NAME.findall(text))


@cache
def _reading() -> re.Pattern[str]:
    """What a source holds that reads variables."""
    names = {"environ", "getenv", *table(Calls).environment.methods}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b|{_SETTINGS}\b")


def _enumerations(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The first value of each enumeration of texts."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name, bases=bases) if any("Enum" in _last(b) for b in bases):
                values = (
                    one.value.value
                    for one in node.body
                    if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)
                )
                yield name, str(next(values, ""))


def _read(node: ast.AST, choices: dict[str, str]) -> Iterator[Variable]:
    match node:
        case ast.Call(func=ast.Name(id=kind), args=[inner]) if kind in _CASTS:
            for one in _read(inner, choices):
                yield replace(one, kind=kind)
        case (
            ast.ListComp(elt=ast.Call(func=ast.Name(id=kind)), generators=[each])
            | ast.SetComp(elt=ast.Call(func=ast.Name(id=kind)), generators=[each])
            | ast.GeneratorExp(elt=ast.Call(func=ast.Name(id=kind)), generators=[each])
        ) if kind in _CASTS:
            yield from _split(each.iter, kind, choices)
        case ast.Call(func=ast.Name(id="map"), args=[ast.Name(id=kind), inner]) if kind in _CASTS:
            yield from _split(inner, kind, choices)
        case ast.Subscript(value=value, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            if _last(value) == "environ":
                yield Variable(name=name, certain=True)
        case ast.Call(func=called, args=[ast.Constant(value=str(name)), *more], keywords=keywords):
            if _reads(called):
                options = {one.arg: one.value for one in keywords}
                kind = _last(options["cast"]) if "cast" in options else _last(called)
                default = more[0] if more else options.get(_DEFAULT)
                yield Variable(
                    name=name,
                    required=default is None,
                    fails=default is None and last_name(called) not in _GIVE_NOTHING,
                    kind=kind if kind in _CASTS else "",
                    empty=isinstance(default, ast.Constant) and default.value in ("", None),
                )
        case ast.ClassDef(bases=bases) if any(_last(base).endswith(_SETTINGS) for base in bases):
            yield from _of_settings(node, choices)


def _split(node: ast.expr, kind: str, choices: dict[str, str]) -> Iterator[Variable]:
    """Give the variable that is split into parts, each of a kind."""
    match node:
        case ast.Call(func=ast.Attribute(attr="split", value=inner)):
            for one in _read(inner, choices):
                yield replace(one, kind=kind)


def _reads(called: ast.expr) -> bool:
    """Whether a function gives the value of the variable that its argument names."""
    known = table(Calls).environment
    match called:
        case ast.Name(id=name):
            return name in {"getenv", *known.methods}
        case ast.Attribute(attr="getenv"):
            return True
        case ast.Attribute(attr="get", value=value):
            return _last(value) == "environ"
        case ast.Attribute(value=ast.Name(id=name)):
            return name in known.methods and name != "environ"
        case _:
            return False


def _of_settings(node: ast.ClassDef, choices: dict[str, str]) -> Iterator[Variable]:
    """The fields of a class of settings.

    Source: docs.pydantic.dev, "Settings management": the name of a field behind ``env_prefix``, or
    its alias, in any case of letters. A default has to be of the type, too.
    """
    prefix = _prefix(node)
    for field in node.body:
        match field:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                options = _options(value)
                needed = _DEFAULT not in options or _lacks(kind, options[_DEFAULT])
                name = (_alias(options) or prefix + name).upper()
                yield Variable(
                    name=name,
                    required=needed,
                    certain=needed,
                    kind=_kind(kind),
                    choice=_choice(kind, choices),
                )


def _lacks(annotation: ast.expr, default: ast.expr) -> bool:
    """Whether a default is what a variable gives, None without it, where None is not allowed."""
    reads = any(one.required for one in _read(default, {}))
    return reads and not _NOTHING.search(ast.unparse(annotation))


def _prefix(node: ast.ClassDef) -> str:
    for inner in ast.walk(node):
        match inner:
            case ast.keyword(arg="env_prefix", value=ast.Constant(value=str(prefix))):
                return prefix
            case ast.Assign(
                targets=[ast.Name(id="env_prefix")], value=ast.Constant(value=str(prefix))
            ):
                return prefix
    return ""


def _options(value: ast.expr | None) -> dict[str, ast.expr]:
    """What is said of a field beside its type; ``default`` is in it where it has one."""
    match value:
        case None:
            return {}
        case ast.Call(func=called, args=args, keywords=keywords) if _last(called) == "Field":
            found = {one.arg: one.value for one in keywords if one.arg}
            first = args[0] if args else found.pop(_DEFAULT, found.pop(_FACTORY, None))
            dots = isinstance(first, ast.Constant) and first.value is ...
            return found if first is None or dots else {**found, _DEFAULT: first}
        case _:
            return {_DEFAULT: value}


def _alias(options: dict[str, ast.expr]) -> str:
    values = (options.get(name) for name in _ALIASES)
    return next((str(one.value) for one in values if isinstance(one, ast.Constant)), "")


def _kind(annotation: ast.expr) -> str:
    match annotation:
        case ast.Subscript(value=value, slice=inner) if _last(value) in _ONE_OF:
            return _kind(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        case ast.BinOp(left=left):
            return _kind(left)
    name = _last(annotation)
    return "list" if name in _LISTS else name.lower() if name.lower() in (*_CASTS, "dict") else ""


def _choice(annotation: ast.expr, choices: dict[str, str]) -> str:
    for inner in ast.walk(annotation):
        match inner:
            case ast.Subscript(value=value, slice=values) if _last(value) == "Literal":
                first = values.elts[0] if isinstance(values, ast.Tuple) else values
                return str(first.value) if isinstance(first, ast.Constant) else ""
            case ast.Name(id=name) if name in choices:
                return choices[name]
    return ""


def _last(node: ast.expr) -> str:
    """The last part of a name, also of one with arguments in brackets."""
    match node:
        case ast.Subscript(value=value):
            return _last(value)
        case _:
            return last_name(node)


_FIRST = re.compile(r"admin|superuser|first_user|initial_user|default_user", re.I)
_USER = re.compile(r"^(?P<whose>.+?)_?(?P<what>USERNAME|USER_NAME|EMAIL|LOGIN|USER|NAME)$", re.I)
_PASSWORD = re.compile(r"^(?P<whose>.+?)_?(PASSWORD|PASSWD|PASS)$", re.I)
# of the database, not of the application
_OTHER = re.compile(r"postgres|mysql|mariadb|mongo|redis|rabbit|pgadmin|minio|smtp|^db_", re.I)
_BEST = ("username", "user_name", "login", "user", "name", "email")


def account_of(variables: Mapping[str, str]) -> Credentials | None:
    """Read names such as ``ADMIN_USERNAME`` and ``ADMIN_PASSWORD``, or ``FIRST_SUPERUSER``."""
    for name, value in variables.items():
        found = _PASSWORD.match(name)
        if found and value and _FIRST.search(name) and not _OTHER.search(name):
            who = _who(found["whose"], variables)
            if who:
                return Credentials(username=who, password=value)
    return None


def _who(whose: str, variables: Mapping[str, str]) -> str:
    named = {whose.lower(): "username"}
    fitting: dict[str, str] = {}
    for name, value in variables.items():
        found = _USER.match(name)
        if name.lower() in named:
            fitting["username"] = value
        elif found and found["whose"].lower() == whose.lower():
            fitting[found["what"].lower()] = value
    return next((fitting[kind] for kind in _BEST if fitting.get(kind)), "")


def errors_of(logs: str) -> tuple[str, ...]:
    """Give the lines that name an exception, each once; fields of settings without a value too."""
    logs = _OF_ALL.sub(r"\1: ", logs)
    logs = _UNFIT.sub(rf"{UNFIT_FIELD}\1: ", _UNSET.sub(rf"{UNSET_FIELD}\1\n", logs))
    found = map(str.strip, logs.splitlines())
    kept = dict.fromkeys(line[:300] for line in found if _ERROR.match(line))
    return tuple(kept)[-_ERRORS_KEPT:]


def named_in(errors: Iterable[str]) -> frozenset[str]:
    """Give the variables that errors name as lacking, whoever reads them."""
    lines = tuple(errors)
    keys = (found[1] for line in lines if (found := _NO_KEY.match(line)))
    spoken = (line for line in lines if _OF_VARIABLES.search(line))
    return frozenset((*keys, *(name for line in spoken for name in _VARIABLE.findall(line))))
