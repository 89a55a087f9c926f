"""Says of which type and with which values a field is, by what the source hands it to."""

import ast

from jettison.verify.inside import constants

LISTS = {"sum", "max", "min", "mean", "median"}
# the types of Python that JSON has others for
TYPES = {"int": "integer", "float": "number", "bool": "boolean", "list": "array", "str": "string"}
# what takes the name of a time zone, and two of different offsets
ZONED, ZONES = {"ZoneInfo", "timezone", "gettz"}, ["Europe/Berlin", "Asia/Tokyo"]
# what chooses among what a client accepts, and the header that says what
CHOOSES, ACCEPTS = {"best_match", "best", "match"}, "accept_"
HEADER = "header "


class Hints:
    """Looks at calls and loops; ``field``, ``kind``, ``note`` and ``compared`` are a reader's."""

    def hinted(self, node, name):
        """Take what a call of ``name`` tells of the fields that it is given."""
        first = node.args[0] if node.args else None
        numbers = constants.NUMBERS
        for kinds, found in ((numbers, numbers.get(name)), (LISTS, "array")):
            if name in kinds and len(node.args) == 1:
                self.typed(first, found)
        if name == "isinstance" and len(node.args) > 1:
            named = {getattr(one, "id", "") for one in ast.walk(node.args[1])}
            kinds = [kind for python, kind in TYPES.items() if python in named]
            for kind in kinds[:1]:
                self.typed(first, kind)
        if name in ZONED and (field := self.field(first)):
            self.choose(field, ZONES)
        owner = getattr(getattr(node.func, "value", None), "attr", "")
        if name in CHOOSES and owner.startswith(ACCEPTS):
            kind = owner.removeprefix(ACCEPTS).removesuffix("s").title()
            self.choose(f"{HEADER}Accept-{kind}", self.texts(first))

    def choose(self, field, texts):
        """Write down values of a field."""
        known = self.compared.setdefault(field, [])
        known += [one for one in texts if one not in known]

    def paired(self, target, iterated):
        """Remember the name of a loop through texts, or the keys of a part of the request."""
        names = getattr(target, "elts", [target])
        texts = self.texts(iterated) if isinstance(iterated, (ast.Tuple, ast.List)) else []
        if texts and isinstance(target, ast.Name):
            self.names[target.id] = texts
        function = getattr(iterated, "func", None)
        place = self.kind(getattr(function, "value", None) if function else iterated)
        walks = function is None or getattr(function, "attr", "") in ("items", "keys")
        if place and walks and isinstance(names[0], ast.Name):
            self.keys[names[0].id] = place

    def keyed(self, node):
        """See the keys of a part of the request that a loop takes out of all."""
        place = self.keys.get(getattr(node.left, "id", ""))
        if place and isinstance(node.ops[0], (ast.In, ast.NotIn, ast.Eq)):
            for text in self.texts(node.comparators[0]):
                self.met.setdefault(place, {}).setdefault(text, (None, False))

    def each(self, owner, key):
        """See the fields that are asked for by the name of a loop through their names."""
        for text in self.texts(key) if isinstance(key, ast.Name) else ():
            self.note(owner, text)

    def typed(self, node, kind):
        """Write down of which type a field is."""
        owner, key = None, None
        if isinstance(node, ast.Subscript):
            owner, key = node.value, node.slice
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in constants.GETTERS:
            owner, key = node.func.value, (node.args or [None])[0]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.note(owner, key.value, kind)
        name = self.fields.get(node.id) if isinstance(node, ast.Name) else None
        for fields in self.met.values() if name else ():
            if fields.get(name, (kind,))[0] is None:
                fields[name] = (kind, fields[name][1])


def kind_asked(call):
    """Give the type that a default or ``type=`` names."""
    for word in call.keywords:
        if word.arg == "type" and isinstance(word.value, ast.Name):
            return constants.NUMBERS.get(word.value.id)
    default = call.args[1] if len(call.args) > 1 else None
    value = getattr(default, "value", None)
    for python, kind in ((bool, "boolean"), (int, "integer"), (float, "number")):
        if isinstance(value, python):
            return kind
    return "array" if isinstance(default, ast.List) else None
