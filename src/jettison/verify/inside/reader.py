"""Reads the source of a handler: fields by where they travel, and what they are compared with."""

import ast
import functools
import inspect
import types

from jettison.verify.inside import constants, hints, models, parts

# How far fields are followed into functions that they are handed to, and into which.
DEEP, FUNCTIONS = 3, (types.FunctionType, type(functools.lru_cache(len)))


KNOWING = (hints.Documents, hints.Hints, models.Models, parts.Parts)


class Reader(*KNOWING, constants.Constants, ast.NodeVisitor):
    """Collects fields by where they travel: ``json``, ``form``, ``files``, ``query``, ``raw``.

    ``read_of`` gives the syntax of a function that fields are handed to, or nothing.
    """

    def __init__(self, function, names, read_of, depth=0):
        super().__init__(names)
        given = function.args
        named = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        named = [one for one in named if one not in ("self", "cls")]
        self.requests = parts.REQUESTS | set(named[:1])
        self.known = {}
        self.met = {}
        self.fields = {name: name for name in named}
        self.read_of = read_of
        self.compared = {}
        self.sizes = {}
        self.schemas = {}
        self.whole = []
        self.keys = {}
        self.gives = {}
        self.given = None
        self.depth = depth

    def note(self, node, field="", kind=None, needed=False):
        """Write down that a field is read; a better known type stays."""
        place = self.kind(node)
        if place is None:
            return
        fields = self.met.setdefault(place, {})
        if field:
            before = fields.get(field, (None, False))
            fields[field] = (kind or before[0], needed or before[1])

    def visit_Assign(self, node):
        """Remember the names of parts of the request."""
        self.visit(node.value)
        for target in node.targets:
            self.assign(target, node.value)

    def assign(self, target, value):
        """Remember what a name stands for, or each of several."""
        inner = getattr(target, "elts", None)
        if inner is not None and len(inner) == len(getattr(value, "elts", ())):
            for one, other in zip(inner, value.elts, strict=True):
                self.assign(one, other)
            return
        if not isinstance(target, ast.Name):
            return
        about, field, upload = self.kind(value), self.field(value), self.upload(value)
        if about:
            self.known[target.id] = about
        if field:
            self.fields[target.id] = field
        if upload is not None:
            self.fields.setdefault(target.id, upload)
        if isinstance(value, (ast.Dict, ast.List, ast.Tuple, ast.Set)):
            self.names[target.id] = self.texts(value)
        elif type(number := self.value(value)) in (int, float):
            self.names[target.id] = number
        if model := self.model(getattr(value, "func", None)):
            self.names[target.id] = model

    def visit_Attribute(self, node):
        """See a part of the request that is used as a whole, and a field that is a file."""
        self.note(node)
        self.binary(node.attr)
        self.generic_visit(node)
        field = self.field(node.value) if node.attr in parts.OF_FILES else None
        if field in self.met.get("form", {}):
            self.met.setdefault("files", {})[field] = self.met["form"][field]

    def visit_Constant(self, node):
        """See the name under which a message of a WebSocket holds bytes."""
        self.binary(node.value)

    def visit_Compare(self, node):
        """See a field that is looked for."""
        text = node.left.value if isinstance(node.left, ast.Constant) else None
        if isinstance(text, str) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self.note(node.comparators[0], text, needed=True)
        self.keyed(node)
        one = node.left
        for other in node.comparators:
            self.compare(one, other)
            self.compare(other, one)
            one = other
        self.generic_visit(node)

    def visit_BinOp(self, node):
        """See fields that are computed with, as no text can be but added and formatted."""
        if isinstance(node.op, (ast.Mult, ast.Sub, ast.Div, ast.FloorDiv, ast.Pow)):
            for one in (node.left, node.right):
                if constants.wrapped(one) is None:
                    self.typed(one, "number")
        self.generic_visit(node)

    def visit_Match(self, node):
        """See the texts that a field is matched with."""
        for case in node.cases:
            for one in ast.walk(case.pattern):
                self.compare(node.subject, getattr(one, "value", None))
        self.generic_visit(node)

    def compare(self, node, other):
        """Write down the texts that a field is compared with, and the numbers beside others."""
        self.sized(node, other)
        length = self.field(constants.measured(node))
        field, numbers = length or self.field(node), () if length else self.numbers(other)
        if (
            isinstance(node, ast.Attribute)
            and node.attr == parts.PART
            and self.kind(node.value) == "files"
        ):
            for text in self.texts(other):
                self.note(node.value, text, needed=True)
        if self.message(node):
            self.whole += self.texts(other)
        if field:
            found = self.lengths(other) if length else (*self.texts(other), *numbers)
            add(self.compared, field, [one for one in found if one != ""])
        if numbers:
            self.typed(node, "integer")

    def visit_Subscript(self, node):
        """See a field that has to be there."""
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            self.note(node.value, node.slice.value, needed=True)
        self.compare(node.slice, node.value)
        self.each(node.value, node.slice)
        self.cut(node)
        self.generic_visit(node)

    def cut(self, node):
        """See how much of a field is taken: one more shows it."""
        field, most = self.field(node.value), getattr(node.slice, "upper", None)
        if field and most is not None:
            add(self.compared, field, self.lengths(most)[-1:])

    def visit_Call(self, node):
        """See a field that may be there, and what is made of one."""
        self.note(node)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = node.args[0] if node.args else None
        text = first.value if isinstance(first, ast.Constant) else None
        if (
            isinstance(node.func, ast.Attribute)
            and name in constants.GETTERS
            and isinstance(text, str)
        ):
            self.note(node.func.value, text, hints.kind_asked(node))
        elif (
            isinstance(node.func, ast.Attribute) and name in constants.GETTERS and first is not None
        ):
            self.compare(first, node.func.value)
            self.each(node.func.value, first)
        for word in node.keywords if name == "WebSocketResponse" else ():
            if word.arg == "protocols":
                self.compared[parts.FROM_HEADERS["subprotocols"]] = self.texts(word.value)
        self.follow(node)
        self.modelled(node)
        self.begins(node, name)
        for one in node.args if name in constants.BOUNDS else ():
            for other in node.args:
                self.compare(one, other)
        self.hinted(node, name)
        self.generic_visit(node)

    def visit_AsyncFor(self, node):
        """Remember the name of each part of a body, or of each message."""
        kind = self.kind(node.iter)
        if isinstance(node.target, ast.Name) and (kind == "files" or self.receives):
            self.known[node.target.id] = kind or "raw"
        self.generic_visit(node)

    def visit_For(self, node):
        """See a field that is walked through."""
        self.typed(node.iter, "array")
        self.walked(node.target, node.iter)
        rows = self.stands_for(node.iter)
        if isinstance(rows, (list, tuple)):
            self.loop(node.target, rows)
        self.generic_visit(node)

    def visit_comprehension(self, node):
        """See a field that a comprehension walks through."""
        self.typed(node.iter, "array")
        self.generic_visit(node)

    def follow(self, node):
        """Read an own function of the application that the request, parts or fields are handed to.

        It may ask its framework for the request, too.
        """
        function = self.stands_for(node.func)
        if self.depth >= DEEP or type(function) not in FUNCTIONS:
            return
        function = inspect.unwrap(function)
        given = [*enumerate(node.args), *((word.arg, word.value) for word in node.keywords)]
        fields, known = (
            {place: of(one) for place, one in given} for of in (self.upload, self.kind)
        )
        code = getattr(function, "__code__", None)
        asks = parts.REQUESTS.intersection(code.co_names if code else ())
        asked = [place for place, one in given if getattr(one, "id", "") in parts.REQUESTS]
        handed = asks or asked or any((*fields.values(), *known.values()))
        tree = self.read_of(function) if handed else None
        if tree is None:
            return
        places = dict(enumerate(one.arg for one in (*tree.args.posonlyargs, *tree.args.args)))
        inner = Reader(tree, dict(function.__globals__), self.read_of, self.depth + 1)
        inner.requests = {*asks, *(places.get(place, place) for place in asked)}
        inner.fields, inner.known = (
            {places.get(place, place): one for place, one in found.items() if one}
            for found in (fields, known)
        )
        inner.receives, inner.whole = self.receives, self.whole
        inner.visit(tree)
        self.gives[id(node)] = inner.given
        self.learn(inner)
        for place, found in inner.met.items():
            own = self.met.setdefault(place, {})
            for field, (kind, needed) in found.items():
                before = own.get(field, (None, False))
                own[field] = (kind or before[0], needed or before[1])

    def learn(self, inner):
        """Take over what another reader found of fields."""
        self.schemas.update(inner.schemas)
        for mine, other in ((self.compared, inner.compared), (self.sizes, inner.sizes)):
            for field, found in other.items():
                add(mine, field, found)

    def visit_Return(self, node):
        """Remember which part of the request a function gives."""
        self.generic_visit(node)
        self.given = self.given or (self.kind(node.value) if node.value else None)


def add(known, field, values):
    """Write down values of a field that are not known yet."""
    own = known.setdefault(field, [])
    own += [one for one in values if one not in own]
