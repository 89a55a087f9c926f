"""Says what constants, and names for them, stand for in the source of a handler."""

import ast
import types

NUMBERS = {"int": "integer", "float": "number", "Decimal": "number"}
# What gives a number or text of the same value, and what keeps one within bounds.
ALIKE, BOUNDS = {*NUMBERS, "str"}, {"min", "max"}
# A number that a field is compared with leads to other code from there on; ids and times do not.
LARGE, NUMBERED = 1_000_000, 9
# How long the texts are at most that are made because a length is compared.
LONGEST = 5_000


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
        """Give a constant, a product of some, or what a name stands for."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            parts = [self.value(one) for one in (node.left, node.right)]
            within = all(type(one) is int and abs(one) < LARGE for one in parts)
            return parts[0] * parts[1] if within else None
        return self.stands_for(node)

    def lengths(self, node):
        """Give texts as long as the numbers that an expression stands for."""
        return ["x" * one for one in self.numbers(node) if 0 < one <= LONGEST]

    def stands_for(self, node):
        """Give what a name stands for, or an attribute of a module; nothing else is looked at."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        owner = self.stands_for(node.value) if isinstance(node, ast.Attribute) else None
        # what stands for another object says that it is of its class
        module = issubclass(type(owner), types.ModuleType)
        return vars(owner).get(node.attr) if module else None

    def loop(self, target, rows):
        """Remember what the names of a loop stand for, one after the other."""
        if isinstance(target, ast.Name):
            self.names[target.id] = rows
        for place, one in enumerate(getattr(target, "elts", ())):
            told = (row for row in rows if isinstance(row, tuple) and len(row) > place)
            if isinstance(one, ast.Name):
                self.names[one.id] = [row[place] for row in told]


def wrapped(node):
    """Give what is awaited, taken where it is there, or made a number or text of; or nothing."""
    if isinstance(node, ast.Await):
        return node.value
    if isinstance(node, ast.BoolOp):
        return node.values[0]
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ALIKE | BOUNDS:
        return next((one for one in node.args if not isinstance(one, ast.Constant)), None)
    return None


def measured(node):
    """Give the expression whose length another tells, or nothing."""
    called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len"
    return node.args[0] if called and node.args else None
