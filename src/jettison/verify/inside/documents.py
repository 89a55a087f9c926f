"""Says which keys a handler reads of uploaded documents and tables, and how large they may be."""

import ast

from jettison.verify.inside import constants

# how a place is named that is a part of an upload, and what stands for each row or element
DOCUMENT, TABLE, EACH = "document ", "table ", "[]"
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
