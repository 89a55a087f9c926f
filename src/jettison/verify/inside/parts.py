"""Says which part of a request or message, and which field of it, an expression is."""

import ast
import json

from jettison.verify.inside import constants

# what attributes and methods of the requests of frameworks give
KINDS = {
    "json": "json", "get_json": "json", "json_body": "json", "media": "json", "get_media": "json",
    "data": "json", "form": "form", "forms": "form", "POST": "form", "post": "form",
    "values": "form", "files": "files", "FILES": "files", "args": "query", "query": "query",
    "query_params": "query", "GET": "query", "params": "query", "query_args": "query",
    "cookies": "cookies", "COOKIES": "cookies", "headers": "headers", "multipart": "files",
    "match_info": "path", "path_params": "path",
}  # fmt: skip
# what a part of a multipart body has, and what the value of a field has that is a file
PART, OF_FILES = "name", {"filename", "file"}
RAW = {"body", "get_data", "read", "stream", "bounded_stream"}  # the body as it came
SAME = {"to_dict", "copy", "multi_items", "items", "dict"}
REQUESTS = {"request", "req"}
# how a field is named that is a header, or a cookie in one, and what servers make of one
HEADER = "header "
COOKIE = f"{HEADER}Cookie: "
FROM_HEADERS = {"subprotocols": f"{HEADER}Sec-WebSocket-Protocol"}
# methods that give parts of a text, of which one is taken
CUTS = {"split", "rsplit", "partition", "rpartition"}
# methods that give a text in another form
FORMS = {"lower", "upper", "strip", "rstrip", "casefold", "title", "decode", "encode"}
METHOD = "WEBSOCKET"
# what gives a message, or each of them, as it is or read as JSON
RECEIVES = {"receive": "raw", "receive_text": "raw", "receive_str": "raw", "iter_text": "raw"}
RECEIVES.update(receive_bytes="raw", iter_bytes="raw", receive_json="json", iter_json="json")
# methods of classes that are handed one as their last parameter
HANDED = {"on_message": "raw", "on_receive": "raw", "receive_json": "json", "receive": "raw"}
SAMPLES = {"integer": 1, "number": 1.5, "boolean": True, "array": [1], "object": {}}
# what a client says that is not understood, and how much it says at most, as each takes time
UNKNOWN, MOST = "hello", 8
# An address that refuses at once: how long a name is looked for depends on the C library.
NOWHERE = "127.0.0.1:9/hello"
# what shows that a handler takes bytes, and how a line begins that is sent as bytes
OF_BYTES, AS_BYTES = {"BINARY", "bytes", "receive_bytes", "iter_bytes"}, "\0"


class Parts:
    """Knows the request, messages, and what is taken of them.

    ``known``, ``fields`` and ``texts`` are a reader's.
    """

    receives = False

    def of_request(self, node):
        """Tell whether an expression is the request itself."""
        if isinstance(node, ast.Name):
            return node.id in self.requests
        return isinstance(node, ast.Attribute) and node.attr in REQUESTS

    def kind(self, node):
        """Give which part of the request an expression is, or nothing."""
        if isinstance(node, ast.Await):
            return self.kind(node.value)
        if isinstance(node, ast.BoolOp):
            return self.kind(node.values[0])
        if isinstance(node, ast.IfExp):
            return self.kind(node.body) or self.kind(node.orelse)
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        found = self.called(node) if isinstance(node, ast.Call) else None
        return found or self.gives.get(id(node)) or self.part(node)

    def attribute(self, node):
        """Give which part of the request an attribute is."""
        named = getattr(node.value, "id", getattr(node.value, "attr", ""))
        if self.holds(node, "data") or (node.attr in RAW and named in REQUESTS):
            return "raw"
        return KINDS.get(node.attr) if self.of_request(node.value) else None

    def called(self, node):
        """Give which part of the request a call gives."""
        function = node.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        if isinstance(function, ast.Attribute):
            if found := self.received(name, function.value):
                return found
            if name in KINDS and self.of_request(function.value):
                return KINDS[name]
            # the next part of a body in parts
            if name in SAME or (name == "next" and self.kind(function.value) == "files"):
                return self.kind(function.value)
        inner = node.args[0] if node.args else None
        if name in ("load", "loads", "dict") and inner is not None:
            about = self.kind(inner)
            text = {one.id for one in ast.walk(inner) if isinstance(one, ast.Name)}
            if self.upload(inner) in self.met.get("files", ()):
                return None
            read = name != "dict" and (text & self.requests or about == "raw")
            return "json" if read else about
        return None

    def field(self, node):
        """Give the name of the field or parameter that an expression is, or nothing."""
        inner = constants.wrapped(node)
        if inner is not None:
            return self.field(inner)
        if isinstance(node, ast.Name):
            return self.fields.get(node.id)
        if isinstance(node, ast.Attribute):
            # of a model that is given as a parameter
            return (
                node.attr if isinstance(node.value, ast.Name) and self.field(node.value) else None
            )
        owner, key = getattr(node, "value", None), getattr(node, "slice", None)
        if isinstance(node, ast.Subscript) and getattr(owner, "func", None):
            function = owner.func
            if isinstance(function, ast.Attribute) and function.attr in CUTS:
                return self.field(function.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if node.func.attr in FORMS and not node.args:
                return self.field(owner)
            key = node.args[0] if node.func.attr in constants.GETTERS and node.args else None
        return self.named(self.kind(owner), getattr(key, "value", None))

    def named(self, kind, text):
        """Give the name of a field by the part of the request and its key there, or nothing."""
        if text in FROM_HEADERS:
            return FROM_HEADERS[text]
        if not (kind and isinstance(text, str)):
            return None
        return {"headers": HEADER, "cookies": COOKIE}.get(kind, "") + text

    def received(self, name, owner):
        """Give of which kind a message is that a call gives, or nothing."""
        if self.holds(ast.Attribute(value=owner, attr=name), "json"):
            return name
        return RECEIVES.get(name) if self.receives else None

    def holds(self, node, name):
        """Tell whether an attribute of this name is what a message of aiohttp holds."""
        return self.receives and node.attr == name and self.kind(node.value) == "raw"

    def message(self, node):
        """Tell whether an expression is a whole message, or one in another form."""
        while isinstance(node, ast.Call) and getattr(node.func, "attr", "") in FORMS:
            node = node.func.value
        return self.receives and self.kind(node) == "raw"

    def begins(self, node, name):
        """Write down how a message or a field begins that a handler looks for."""
        owner = getattr(node.func, "value", None)
        if name != "startswith" or not node.args:
            return
        known = self.texts(node.args[0])
        texts = [f"{one}{NOWHERE if one.endswith('://') else UNKNOWN}" for one in known]
        field = self.field(owner)
        if self.message(owner):
            self.whole += texts
        elif field:
            self.choose(field, texts)

    def binary(self, word):
        """Write down that a handler takes bytes, where a word says so."""
        if self.receives and isinstance(word, str) and word in OF_BYTES:
            self.whole.append(f"{AS_BYTES}{UNKNOWN}")


def handed(handler):
    """Give the method of a class that messages are handed to, and of which kind they are."""
    for name, kind in HANDED.items():
        one = getattr(handler, name, None)
        if one is not None:
            return one, kind
    return None, None


def is_long(known):
    """Tell whether the only known value of a field is one that a length made."""
    return len(known) == 1 and isinstance(known[0], str) and {*known[0]} == {"x"}


def said(read):
    """Give what a client says, in lines; nothing where the handler shows nothing of it.

    What is not understood, and what a message is compared with as a whole, comes after the others:
    it may end the conversation. Where it does not, the first is said again, as it may count.
    Bytes alone show nothing of texts.
    """
    fields = {name: kind for name, (kind, _) in read.met.get("json", {}).items() if name}
    usual = {name: SAMPLES.get(kind, UNKNOWN) for name, kind in fields.items()}
    lines = [usual] if usual else []
    compared = {name: read.compared.get(name, ()) for name in fields}
    # what is only cut may be as long as that beside any other value
    cut = {name: known[0] for name, known in compared.items() if is_long(known)}
    for name in fields:
        lines += [{**usual, **cut, name: one} for one in compared[name]]
    texts = [one for one in dict.fromkeys(read.whole) if one and "\n" not in one]
    packed = [one for one in texts if one.startswith(AS_BYTES)]
    texts = [one for one in texts if one not in packed]
    lines = [json.dumps(one) for one in lines][: MOST - len(texts[: MOST // 2])]
    if not (lines or texts):
        return packed
    return [*lines, *packed, UNKNOWN, *(texts[: MOST // 2] or lines[:1])]
