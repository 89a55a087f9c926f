"""Says what constants, and names for them, stand for in the source of a handler."""

import ast
import operator
import os
import types

NUMBERS = {"int": "integer", "float": "number", "Decimal": "number"}
# what gives the value under a key, or another one
GETTERS = {"get", "getlist", "getall", "getone", "pop", "get_all", "get_list"}
# What gives a number or text of the same value, and what keeps one within bounds.
ALIKE, BOUNDS = {*NUMBERS, "str"}, {"min", "max"}
# A number that a field is compared with leads to other code from there on; ids and times do not.
LARGE, NUMBERED = 1_000_000, 9
PLAIN = (int, float, str, list, tuple, set, frozenset, dict)
# What frameworks give only while there is a request: the application, whose settings are known.
CURRENT = {}
ASKS_ENVIRONMENT = ("os.environ", "os.environ.get", "os.getenv", "environ.get", "getenv")
# How long the texts are at most that are made because a length is compared.
LONGEST = 5_000
# How many bytes of an upload are sent at most, and what computes a number of them.
LARGEST = 11 << 20
COMPUTES = {
    ast.Mult: operator.mul, ast.Add: operator.add, ast.Sub: operator.sub,
    ast.LShift: operator.lshift, ast.Pow: operator.pow,
}  # fmt: skip


class Constants:
    """Knows what the names of a function stand for."""

    def __init__(self, names):
        self.names = names

    def texts(self, node):
        """Give the texts of a constant, a collection, or a name for one."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            found = self.stands_for(node)
            found = found if isinstance(found, (dict, list, tuple, set, frozenset)) else ()
            # a member of an enumeration is a text that is written otherwise
            return [str.__str__(one) for one in sorted(found, key=str) if isinstance(one, str)]
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        inner = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", ())
        return [text for one in inner if isinstance(one, ast.Constant) for text in self.texts(one)]

    def numbers(self, node):
        """Give the whole numbers that a constant or a name stands for, and those beside them."""
        found = self.value(node)
        found = found if isinstance(found, (list, tuple)) else [found]
        known = [one for one in found[:NUMBERED] if type(one) in (int, float) and abs(one) < LARGE]
        whole = [int(one) for one in known if one == int(one)]
        beside = dict.fromkeys(one + more for one in whole for more in (-1, 0, 1))
        return list(beside)[:NUMBERED]

    def value(self, node):
        """Give a constant, what is computed of some, or what a name or variable stands for."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in COMPUTES:
            parts = [self.value(one) for one in (node.left, node.right)]
            # shifts and powers of more would have no end
            most = LARGE if isinstance(node.op, (ast.Mult, ast.Add, ast.Sub)) else 32
            within = all(type(one) is int and 0 <= one < LARGE for one in parts)
            return COMPUTES[type(node.op)](*parts) if within and parts[1] < most else None
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in NUMBERS and node.args:
            return number(self.value(node.args[0]))
        found = environment(node)
        return self.stands_for(node) if found is None else found

    def lengths(self, node):
        """Give texts as long as the numbers that an expression stands for."""
        return ["x" * one for one in self.numbers(node) if 0 < one <= LONGEST]

    def stands_for(self, node):
        """Give what a name stands for, an attribute or a key of that; nothing else is looked at."""
        if isinstance(node, ast.Name):
            return CURRENT.get(node.id, self.names.get(node.id))
        if isinstance(node, ast.Attribute):
            if node.attr == "app" and getattr(node.value, "id", "") in ("request", "req"):
                return CURRENT.get("current_app")
            owner = self.stands_for(node.value)
            return None if owner is None else held(owner, node.attr)
        asked = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get"
        if not (isinstance(node, ast.Subscript) or (asked and node.args)):
            return None
        owner = self.stands_for(node.func.value if asked else node.value)
        key = getattr(node.args[0] if asked else node.slice, "value", None)
        if owner is None or not isinstance(key, str):
            return None
        found = dict.get(owner, key) if isinstance(owner, dict) else held(owner, key)
        return found if type(found) in PLAIN else None

    def loop(self, target, rows):
        """Remember what the names of a loop stand for, one after the other."""
        if isinstance(target, ast.Name):
            self.names[target.id] = rows
        for place, one in enumerate(getattr(target, "elts", ())):
            told = (row for row in rows if isinstance(row, tuple) and len(row) > place)
            if isinstance(one, ast.Name):
                self.names[one.id] = [row[place] for row in told]


def held(owner, name):
    """Give what an object or its class holds under a name, without running any code of it."""
    kind = type(owner)
    if issubclass(kind, types.ModuleType):
        return vars(owner).get(name)
    try:
        own = dict(object.__getattribute__(owner, "__dict__"))
    except (AttributeError, TypeError, ValueError):
        own = {}
    # applications of aiohttp, and the state of Starlette's, keep what is put into them there
    state = own.get("_state")
    own = {**state, **own} if isinstance(state, dict) else own
    places = [own, *(vars(one) for one in (owner if issubclass(kind, type) else kind).__mro__)]
    found = next((one[name] for one in places if name in one), None)
    # as settings of Django are
    if found is None and own.get("_wrapped") is not None:
        return held(own["_wrapped"], name)
    return found if type(found) in PLAIN or isinstance(found, dict) else None


def number(value):
    """Give the number that a text holds, or that a value is, or nothing."""
    try:
        return int(value) if type(value) in (int, str) else None
    except ValueError:
        return None


def whole(value):
    """Give a number of bytes that may be sent, or nothing."""
    fits = type(value) in (int, float) and 0 < value <= LARGEST
    return int(value) if fits else None


def environment(node):
    """Give what a variable of the environment holds, or its default, where an expression asks."""
    if not isinstance(node, (ast.Call, ast.Subscript)):
        return None
    asked = [node.slice] if isinstance(node, ast.Subscript) else node.args
    values = [getattr(one, "value", None) for one in asked]
    place = ast.unparse(node.value if isinstance(node, ast.Subscript) else node.func)
    if place not in ASKS_ENVIRONMENT or not (values and isinstance(values[0], str)):
        return None
    return os.environ.get(values[0], values[1] if len(values) > 1 else None)


def wrapped(node):
    """Give what is awaited, taken under a condition, or made a number or text of; or nothing."""
    if isinstance(node, ast.Await):
        return node.value
    if isinstance(node, ast.BoolOp):
        return node.values[0]
    if isinstance(node, ast.IfExp):
        return node.body
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ALIKE | BOUNDS:
        return next((one for one in node.args if not isinstance(one, ast.Constant)), None)
    return None


def measured(node):
    """Give the expression whose length another tells, or nothing."""
    called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len"
    return node.args[0] if called and node.args else None
