"""Says what a field is by what the source does with it: types, values, keys of uploads, sizes."""

import ast
import enum
from datetime import datetime

from jettison.verify.inside import constants

# what is sent in the place of a number and a text of which nothing else is known
NUMBER, TEXT = "1", "hello"

LISTS = {"sum", "max", "min", "mean", "median"}
# the types of Python that JSON has others for
TYPES = {"int": "integer", "float": "number", "bool": "boolean", "list": "array", "str": "string"}
# what takes the name of a time zone, and two of different offsets
ZONED, ZONES = {"ZoneInfo", "timezone", "gettz"}, ["Europe/Berlin", "Asia/Tokyo"]
# what reads a time, of which form by whose method it is, and a form that has a name
READS_TIME = {"date": "date", "datetime": "date-time", "time": "time"}
OF_DAYS, MOMENT = "%Y-%m-%d", datetime(2024, 5, 17, 9, 30)
# what compares a text with a pattern, and texts that many do not fit
MATCHES, UNFIT = {"fullmatch", "match"}, [TEXT.upper(), f"{TEXT} {TEXT}"]
# what chooses among what a client accepts, and the header that says what
CHOOSES, ACCEPTS = {"best_match", "best", "match"}, "accept_"
# how a field is named that is a header
HEADER = "header "
# headers that clients send anyway
SENT = (
    "accept", "authorization", "content-", "cookie", "host", "if-", "origin", "range", "referer",
    "sec-websocket", "user-agent", "x-csrf", "x-forwarded", "x-xsrf",
)  # fmt: skip
# how a place is named that is a part of an upload, and what stands for each row or element
DOCUMENT, TABLE, EACH = "document ", "table ", "[]"
# how the rows are named that a field of a JSON body holds
ROWS = "rows "
# what reads a document of keys and values, and a table with names of columns
READS = {"load": DOCUMENT, "loads": DOCUMENT, "safe_load": DOCUMENT, "DictReader": TABLE}
# what gives the content of a file, or of another content, and what content is wrapped into
CONTENT = {"read", "decode", "getvalue", "splitlines", "strip", "get_data", "readlines", "body"}
PARTS = {"file", "stream", "body", "value"}
WRAPPERS = {"StringIO", "BytesIO", "TextIOWrapper", "iterdecode", "str", "bytes"}
# what gives the same elements
ALIKE = {"list", "tuple", "sorted", "reversed", "enumerate", "iter"}
# attributes that tell how large a file is, or the whole body
OF_BODY = "content_length"
SIZES = {"size", OF_BODY}


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
            self.binary("bytes" if "bytes" in named else "")
            kinds = [kind for python, kind in TYPES.items() if python in named]
            for kind in kinds[:1]:
                self.typed(first, kind)
        if name in MATCHES:
            for field in filter(None, map(self.field, node.args)):
                self.choose(field, UNFIT)
        if name in ZONED and (field := self.field(first)):
            self.choose(field, ZONES)
        owner = getattr(getattr(node.func, "value", None), "attr", "")
        self.timed(node, name)
        if isinstance(found := self.stands_for(node.func), enum.EnumMeta):
            self.choose(self.field(first), [one.value for one in found])
        if name in CHOOSES and owner.startswith(ACCEPTS):
            kind = owner.removeprefix(ACCEPTS).removesuffix("s").title()
            self.choose(f"{HEADER}Accept-{kind}", self.texts(first))

    def timed(self, node, name):
        """Take of which form the time is that a call reads."""
        function, first = node.func, (node.args or [None])[0]
        owner = getattr(function, "value", None)
        owner = getattr(owner, "attr", getattr(owner, "id", ""))
        form = getattr(node.args[1], "value", None) if len(node.args) > 1 else None
        if name == "fromisoformat" and owner in READS_TIME:
            self.typed(first, READS_TIME[owner])
        elif name == "strptime" and form == OF_DAYS:
            self.typed(first, "date")
        elif name == "strptime" and isinstance(form, str) and (field := self.field(first)):
            self.choose(field, [MOMENT.strftime(form)])

    def headed(self):
        """Give headers a value that are read and compared with nothing that is known."""
        for name, (kind, _) in self.met.get("headers", {}).items():
            field = f"{HEADER}{name}"
            if not (self.compared.get(field) or name.lower().startswith(SENT)):
                self.choose(field, [NUMBER if kind in ("integer", "number") else TEXT])

    def choose(self, field, texts):
        """Write down values of a field, if it is one."""
        if not field:
            return
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
        node = constants.wrapped(node) or node
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


class Documents:
    """Follows the content of uploads; ``field``, ``kind`` and ``note`` are a reader's."""

    def visit(self, node):
        """Read what a comprehension walks through before what it makes of it."""
        for one in getattr(node, "generators", ()):
            self.walked(one.target, one.iter)
        return super().visit(node)

    def upload(self, node):
        """Give the name of the upload that an expression is the content of, or nothing.

        It is empty where the whole body is one.
        """
        if "raw" in (self.kind(node), self.kind(getattr(node, "func", None))):
            return ""
        if isinstance(node, ast.Await):
            return self.upload(node.value)
        if isinstance(node, ast.Attribute) and node.attr in PARTS:
            return self.upload(node.value)
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in WRAPPERS and node.args:
                return self.upload(node.args[0])
            if name in CONTENT and isinstance(node.func, ast.Attribute):
                return self.upload(node.func.value)
        return self.field(node)

    def part(self, node):
        """Give the place in an upload that an expression stands for, or nothing."""
        if isinstance(node, ast.Subscript):
            return self.inner(self.kind(node.value), node.slice)
        if not isinstance(node, ast.Call):
            return None
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = node.args[0] if node.args else None
        if isinstance(node.func, ast.Attribute) and name in constants.GETTERS:
            return self.inner(self.kind(node.func.value), first)
        if first is not None and name in ALIKE:
            return self.part_of(first)
        kind = READS.get(name) if first is not None else None
        upload = self.upload(first) if kind else None
        return None if upload is None else f"{kind}{upload}"

    def part_of(self, node):
        """Give the place in an upload that an expression or name stands for, or nothing."""
        found = self.kind(node)
        return found if found and found.startswith((DOCUMENT, TABLE)) else None

    def inner(self, place, key):
        """Give the place of a key or element within another, or nothing."""
        if not (place and place.startswith((DOCUMENT, TABLE))):
            return None
        value = getattr(key, "value", None)
        if isinstance(value, str):
            return f"{place}.{value}"
        return f"{place}{EACH}" if isinstance(key, ast.Constant) else None

    def walked(self, target, iterated):
        """Remember what the name of a loop stands for that goes through a part of an upload."""
        place = self.part_of(iterated)
        self.paired(target, iterated)
        called = getattr(getattr(iterated, "func", None), "id", "")
        if called == "enumerate" and isinstance(target, ast.Tuple):
            target = target.elts[-1]
        field = self.field(iterated)
        if not place and field in self.met.get("json", {}):
            place = f"{ROWS}{field}"
        if place and isinstance(target, ast.Name):
            self.known[target.id] = f"{place}{EACH}"
            self.met.setdefault(f"{place}{EACH}", {})

    def size(self, node):
        """Give the name of the upload whose size an expression tells; empty of the whole body."""
        measured = constants.measured(node)
        if measured is not None:
            return self.upload(measured)
        if not isinstance(node, ast.Attribute) or node.attr not in SIZES:
            return None
        whole = node.attr == OF_BODY and self.of_request(node.value)
        return "" if whole else self.field(node.value)

    def sized(self, node, other):
        """Write down the numbers of bytes that a size is compared with."""
        upload = self.size(node)
        most = constants.whole(self.value(other)) if upload is not None else None
        if most and most not in self.sizes.setdefault(upload, []):
            self.sizes[upload].append(most)

    def uploads(self, schema):
        """Describe by its name each upload of which keys or columns are read."""
        found = {}
        for place in self.met:
            kind, _, rest = place.partition(" ")
            upload = rest.partition(".")[0].removesuffix(EACH)
            if f"{kind} " in (DOCUMENT, TABLE) and upload not in found:
                found[upload] = (kind, self.described(f"{kind} {upload}", schema))
        return found

    def described(self, place, schema):
        """Describe a place in an upload with all that is read within it."""
        if place + EACH in self.met:
            return {"type": "array", "items": self.described(place + EACH, schema)}
        found = schema(self.met.get(place, {}))
        for name in found["properties"]:
            inner = f"{place}.{name}"
            below = [one for one in self.met if one.startswith((f"{inner}.", inner + EACH))]
            if below or self.met.get(inner):
                found["properties"][name] = self.described(inner, schema)
        return found
